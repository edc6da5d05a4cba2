import type { TraceRecord } from '../trace/heap-event.js';

/** Object graphs that a buffer keeps: each is larger than thousands of other records. */
export const MAX_GRAPHS = 32;

/** Drops the oldest object graph of a buffer where there are too many. */
export class GraphLimit {
  private drops: ((note: Extract<TraceRecord, { kind: 'note' }>) => void)[] = [];

  /** One more is kept; `drop` puts a note in its place. */
  add(drop: (note: Extract<TraceRecord, { kind: 'note' }>) => void): void {
    this.drops.push(drop);
    if (this.drops.length <= MAX_GRAPHS) return;
    const text = `who held which block is kept of the last ${MAX_GRAPHS} readings only`;
    this.drops.shift()?.({ kind: 'note', code: 'objects', text });
  }

  reset(): void {
    this.drops = [];
  }
}
