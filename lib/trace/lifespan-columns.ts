import { type Numbers, numbersOfKind } from './column.js';
import { EventKind, type Trace } from './trace.js';

/** How an allocation ended; codes of `Lifespans.endCause`, in the order of {@link END_CAUSES}. */
export const EndCause = { alive: 0, free: 1, sweep: 2, realloc: 3, epoch: 4, implied: 5 } as const;
/**
 * `epoch`: the heap began anew. `implied`: a later allocation lies over it, so its end was not seen (an event is missing).
 */
export const END_CAUSES = ['alive', 'free', 'sweep', 'realloc', 'epoch', 'implied'] as const;

/** What contradicts the order of a sound heap. */
export type FindingKind =
  | 'unknown-free'
  | 'double-free'
  | 'overlap'
  | 'alloc-over-live'
  | 'zero-size'
  | 'unknown-realloc';

/** What a scan fills: a row for each event that allocates. */
export interface LifespanColumns {
  readonly startSeq: Int32Array;
  readonly endSeq: Int32Array;
  readonly endCause: Uint8Array;
  readonly address: Numbers;
  readonly sizeBytes: Numbers;
  readonly closedBy: Int32Array;
}

/** Room for all lifespans of a trace: no more, for a trace may be large. */
export function lifespanColumns({ eventCount, events }: Trace): LifespanColumns {
  let count = 0;
  for (let seq = 0; seq < eventCount; seq++) {
    const kind = events.kind[seq];
    if (kind === EventKind.alloc || kind === EventKind.realloc || kind === EventKind.existing) count++;
  }
  return {
    startSeq: new Int32Array(count),
    endSeq: new Int32Array(count),
    endCause: new Uint8Array(count),
    address: numbersOfKind(events.address, count),
    sizeBytes: numbersOfKind(events.sizeBytes, count),
    closedBy: new Int32Array(eventCount).fill(-1),
  };
}

/** By event: the lifespan that it opened, or -1. They were opened in their order. */
export function openedByEvent(startSeq: Int32Array, count: number, eventCount: number): Int32Array {
  const openedBy = new Int32Array(eventCount).fill(-1);
  for (let span = 0; span < count; span++) openedBy[startSeq[span] as number] = span;
  return openedBy;
}
