import { type Numbers, numbersOfKind } from './column.js';
import { EventKind } from './trace.js';

/** How an allocation ended; codes of `Lifespans.endCause`, in the order of {@link END_CAUSES}. */
export const EndCause = { alive: 0, free: 1, sweep: 2, realloc: 3, epoch: 4, implied: 5 } as const;
/**
 * `epoch`: the heap began anew. `implied`: a later allocation lies over it, so its end was not seen (an event is missing).
 */
export const END_CAUSES = ['alive', 'free', 'sweep', 'realloc', 'epoch', 'implied'] as const;

/** What a scan fills: a row for each event that allocates. All else about a lifespan can be told from these and the events. */
export interface LifespanColumns {
  readonly startSeq: Int32Array;
  readonly endSeq: Int32Array;
  readonly endCause: Uint8Array;
  /** Those that ended, in the order of their ends. */
  readonly ended: Int32Array;
}

/** By the code of a kind: 1 for those that begin a lifespan. */
export const OPENS = Uint8Array.from({ length: 256 }, (_, kind) =>
  kind === EventKind.alloc || kind === EventKind.realloc || kind === EventKind.existing ? 1 : 0,
);

/** Room for `count` lifespans: no more, for a trace may be large. */
export function lifespanColumns(count: number): LifespanColumns {
  const column = () => new Int32Array(count);
  return { startSeq: column(), endSeq: column(), endCause: new Uint8Array(count), ended: column() };
}

/** By event: the lifespan that it opened, or -1. They were opened in their order. */
export function openedByEvent({ startSeq }: LifespanColumns, count: number, eventCount: number): Int32Array {
  const openedBy = new Int32Array(eventCount).fill(-1);
  for (let span = 0; span < count; span++) openedBy[startSeq[span] as number] = span;
  return openedBy;
}

/** By event: the lifespan that it ended itself, or -1. */
export function closedByEvent({ endSeq, endCause }: LifespanColumns, count: number, eventCount: number): Int32Array {
  const closedBy = new Int32Array(eventCount).fill(-1);
  for (let span = 0; span < count; span++) {
    const cause = endCause[span];
    if (cause === EndCause.free || cause === EndCause.sweep || cause === EndCause.realloc)
      closedBy[endSeq[span] as number] = span;
  }
  return closedBy;
}

/** By lifespan: what a column has for the event that opened it. */
export function atOpening({ startSeq }: LifespanColumns, count: number, ofEvent: Numbers): Numbers {
  const values: Numbers = numbersOfKind(ofEvent, count);
  for (let span = 0; span < count; span++) values[span] = ofEvent[startSeq[span] as number] as number;
  return values;
}
