import type { Seq } from '../base/units.js';
import { EndCause, type Lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';

export interface SpanVisitor {
  /** Called for every end, before the opening of the same event. */
  closed?(span: number, seq: Seq): void;
  opened?(span: number, seq: Seq): void;
  /** Called once an event has had all its effects. */
  after?(seq: Seq): void;
}

/**
 * Goes through the events in order and tells of each lifespan that ends or begins: the ends that have an event of their
 * own, those at the begin of an epoch, and those that only a later allocation over them implies.
 */
export function walkSpans(trace: Trace, spans: Lifespans, visitor: SpanVisitor): void {
  const silent = silentEnds(spans);
  let next = 0;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    for (let span = silent[next]; span !== undefined && spans.endSeq[span] === seq; span = silent[++next]) {
      visitor.closed?.(span, seq);
    }
    const closed = spans.closedBy[seq] ?? -1;
    if (closed >= 0) visitor.closed?.(closed, seq);
    const opened = spans.openedBy[seq] ?? -1;
    if (opened >= 0) visitor.opened?.(opened, seq);
    visitor.after?.(seq);
  }
}

/** The spans that no event of their own closes, by the event at which they are over. Few in a sound trace. */
function silentEnds(spans: Lifespans): Int32Array {
  const found: number[] = [];
  for (let span = 0; span < spans.count; span++) {
    const cause = spans.endCause[span];
    if (cause === EndCause.epoch || cause === EndCause.implied) found.push(span);
  }
  return Int32Array.from(found).sort((a, b) => (spans.endSeq[a] ?? 0) - (spans.endSeq[b] ?? 0));
}
