import type { HeapEvent } from '../../trace/heap-event.js';
import type { Bytes } from '../../units.js';
import { type HeapProblem, type HeapWalk, largestFree } from './heap-walk.js';

/**
 * Adds the largest free block before and after to events. The heap changes by calls only, so what is read at the entry of a call is
 * both what the call before it left and what this one finds: one reading an event, and none inside of a call. An event
 * is held back until the reading that follows it.
 */
export class LargestSampler {
  private held: HeapEvent | undefined;
  private current: Bytes | undefined;

  constructor(private readonly walk: () => Promise<HeapWalk | HeapProblem>) {}

  /** No call is under way: reads the heap. Returns the event that waited for it. */
  async sample(): Promise<HeapEvent[]> {
    const walk = await this.walk();
    this.current = 'problem' in walk ? undefined : largestFree(walk);
    const { held, current } = this;
    this.held = undefined;
    if (!held) return [];
    return [current === undefined ? held : { ...held, largestAfterBytes: current }];
  }

  /** An event that happened after the last reading. Returns the one before it, which got no reading of its own. */
  hold(event: HeapEvent): HeapEvent[] {
    const released = this.release();
    this.held = this.current === undefined ? event : { ...event, largestBeforeBytes: this.current };
    // A second event before the next reading found another heap.
    this.current = undefined;
    return released;
  }

  /** The event that waits, as it is. */
  release(): HeapEvent[] {
    const { held } = this;
    this.held = undefined;
    return held ? [held] : [];
  }
}
