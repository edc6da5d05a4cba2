import type { Seq } from '../base/units.js';

/** The events of a trace from one moment to a later one. */
export interface EventRange {
  /** The first moment lies right after this event, -1 for the begin of the trace: what happens at this event is not in the range. */
  readonly afterSeq: Seq;
  /** The second moment lies right after this event, which is the last of the range. */
  readonly throughSeq: Seq;
}

/** Whether something that happened at an event lies in a range. */
export function inRange({ afterSeq, throughSeq }: EventRange, seq: Seq): boolean {
  return seq > afterSeq && seq <= throughSeq;
}
