/**
 * Hands items from callbacks to one async consumer, in order. `onFull` and `onDrained` let the producer pause, so that the
 * buffer stays bounded.
 */
export class AsyncQueue<T> {
  private items: T[] = [];
  private head = 0;
  private waiter: (() => void) | undefined;
  private over = false;
  private failure: unknown;
  private full = false;

  constructor(
    private readonly limit = 20_000,
    private readonly onFull: () => void = () => undefined,
    private readonly onDrained: () => void = () => undefined,
  ) {}

  push(item: T): void {
    this.items.push(item);
    if (!this.full && this.items.length - this.head > this.limit) {
      this.full = true;
      this.onFull();
    }
    this.wake();
  }

  /** No more items will come; with an error the consumer gets it after the items before it. */
  end(failure?: unknown): void {
    this.over = true;
    this.failure ??= failure;
    this.wake();
  }

  /** The items, until the end. @throws what `end` was given. */
  async *drain(): AsyncGenerator<T> {
    for (;;) {
      while (this.head < this.items.length) {
        const item = this.items[this.head++] as T;
        if (this.head >= 1024 && this.head * 2 > this.items.length) {
          this.items = this.items.slice(this.head);
          this.head = 0;
        }
        if (this.full && this.items.length - this.head < this.limit / 2) {
          this.full = false;
          this.onDrained();
        }
        yield item;
      }
      if (this.over) break;
      await new Promise<void>((resolve) => {
        this.waiter = resolve;
      });
    }
    if (this.failure !== undefined) throw this.failure;
  }

  private wake(): void {
    this.waiter?.();
    this.waiter = undefined;
  }
}
