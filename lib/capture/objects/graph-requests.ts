import type { Milliseconds } from '../../base/units.js';

/** The interrupt is asked for again so often: it does nothing while the target is halted at an event. */
const RETRY_MS: Milliseconds = 50;
/** A target whose reading has not begun by then, because a call is under way all the time, is left alone. */
const LIMIT_MS: Milliseconds = 10_000;

/**
 * Asks the engine of a running capture who holds which block at this moment: it halts the target, tells a record of kind `graph`, and lets the
 * target run on.
 */
export class GraphRequests {
  private interrupt: (() => void) | undefined;
  private answer: ((wasRead: boolean) => void) | undefined;
  private isReading = false;

  /** Resolves, when the graph's record was taken, to true; to false where no capture runs, or nothing could be read in time. */
  ask(limitMs: Milliseconds = LIMIT_MS): Promise<boolean> {
    if (!this.interrupt || this.answer) return Promise.resolve(false);
    return new Promise((resolve) => {
      const since = performance.now();
      const timer = setInterval(() => {
        // A large heap behind a slow debug port takes longer than a target is waited for.
        if (this.isReading) return;
        if (performance.now() - since > limitMs) this.end(false);
        else this.interrupt?.();
      }, RETRY_MS);
      this.answer = (wasRead) => {
        clearInterval(timer);
        resolve(wasRead);
      };
      this.interrupt?.();
    });
  }

  /** For an engine: whether a graph is to be read at the next halt. */
  get isOpen(): boolean {
    return this.answer !== undefined;
  }

  /** Whether a capture runs that can be asked. */
  get isConnected(): boolean {
    return this.interrupt !== undefined;
  }

  /** For an engine: how the running target is halted. */
  connect(interrupt: () => void): void {
    this.interrupt = interrupt;
  }

  /** For an engine: it is being read from here on, however long that takes. */
  begun(): void {
    this.isReading = true;
  }

  /** For an engine: it was read. */
  served(): void {
    this.end(true);
  }

  /** For an engine: no more will be read. */
  close(): void {
    this.interrupt = undefined;
    this.end(false);
  }

  private end(wasRead: boolean): void {
    const { answer } = this;
    this.answer = undefined;
    this.isReading = false;
    answer?.(wasRead);
  }
}
