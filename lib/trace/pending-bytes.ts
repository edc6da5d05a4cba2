/** Bytes that wait for more of their kind: appended at the end, used from the start, each copied a bounded number of times. */
export class PendingBytes {
  private buffer = new Uint8Array(0);
  private from = 0;
  private to = 0;

  get length(): number {
    return this.to - this.from;
  }

  /** What waits; valid until the next `append`. */
  view(): Uint8Array {
    return this.buffer.subarray(this.from, this.to);
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.to + bytes.length > this.buffer.length) this.makeRoom(bytes.length);
    this.buffer.set(bytes, this.to);
    this.to += bytes.length;
  }

  drop(count: number): void {
    this.from += count;
    if (this.from < this.to) return;
    this.from = 0;
    this.to = 0;
  }

  private makeRoom(more: number): void {
    const { length } = this;
    const old = this.view();
    // In place only where at least half of the buffer is free: else the same bytes would be moved again and again.
    if (length + more > this.buffer.length / 2) this.buffer = new Uint8Array(Math.max(4096, (length + more) * 2));
    this.buffer.set(old);
    this.from = 0;
    this.to = length;
  }
}
