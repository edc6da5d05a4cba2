import type { Bytes } from '../base/units.js';
import { ABSENT } from './address-map.js';

interface Queue {
  readonly spans: number[];
  head: number;
}

/** Pairs frees with allocations by size alone, oldest first: for sources that record no addresses. */
export class SizeMatcher {
  private readonly queues = new Map<Bytes, Queue>();

  push(sizeBytes: Bytes, span: number): void {
    const queue = this.queues.get(sizeBytes);
    if (queue) queue.spans.push(span);
    else this.queues.set(sizeBytes, { spans: [span], head: 0 });
  }

  /** The oldest live span of this size, or ABSENT. */
  take(sizeBytes: Bytes): number {
    const queue = this.queues.get(sizeBytes);
    const span = queue?.spans[queue.head];
    if (!queue || span === undefined) return ABSENT;
    queue.head++;
    if (queue.head > 1024 && queue.head * 2 > queue.spans.length) {
      queue.spans.splice(0, queue.head);
      queue.head = 0;
    }
    return span;
  }

  clear(): void {
    this.queues.clear();
  }
}
