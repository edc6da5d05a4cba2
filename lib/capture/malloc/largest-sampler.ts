import { type HeapProblem, type HeapWalk, largestFree } from '../../allocators/heap-walk.js';
import type { Bytes } from '../../base/units.js';
import type { HeapEvent, TraceRecord } from '../../trace/heap-event.js';

/**
 * Adds the largest free block before and after to events. The heap changes by calls only, so what is read at the entry of a call is
 * both what the call before it left and what this one finds: one reading an event, and none inside of a call. An event
 * is held back until the reading that follows it.
 */
export class LargestSampler {
  private held: HeldEvent | undefined;
  private current: Bytes | undefined;

  constructor(private readonly walk: () => Promise<HeapWalk | HeapProblem>) {}

  /** No call is under way: reads the heap, where that was not done at this stop. Returns the event that waited for it. */
  async sample(known?: HeapWalk | HeapProblem): Promise<TraceRecord[]> {
    const walk = known ?? (await this.walk());
    this.current = 'problem' in walk ? undefined : largestFree(walk);
    const { held, current } = this;
    if (held && current !== undefined) this.held = { ...held, event: { ...held.event, largestAfterBytes: current } };
    return this.release();
  }

  /** An event that happened after the last reading. Returns the one before it, which got no reading of its own. */
  hold(event: HeapEvent, behind: readonly TraceRecord[]): TraceRecord[] {
    const released = this.release();
    this.held = { event: this.current === undefined ? event : { ...event, largestBeforeBytes: this.current }, behind };
    // A second event before the next reading found another heap.
    this.current = undefined;
    return released;
  }

  /** The event that waits, as it is. */
  release(): TraceRecord[] {
    const { held } = this;
    this.held = undefined;
    return held ? [held.event, ...held.behind] : [];
  }
}

interface HeldEvent {
  readonly event: HeapEvent;
  /** What belongs to the event and follows it. */
  readonly behind: readonly TraceRecord[];
}
