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
  const { closedBy, startSeq, endSeq, count } = spans;
  const silent = silentEnds(spans);
  const closes = visitor.closed?.bind(visitor);
  const opens = visitor.opened?.bind(visitor);
  const after = visitor.after?.bind(visitor);
  let next = 0;
  // Lifespans are numbered as they begin.
  let opening = 0;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    for (let span = silent[next]; span !== undefined && endSeq[span] === seq; span = silent[++next]) {
      closes?.(span, seq);
    }
    const closed = closedBy[seq] as number;
    if (closed >= 0) closes?.(closed, seq);
    if (opening < count && startSeq[opening] === seq) opens?.(opening++, seq);
    after?.(seq);
  }
}

/** Figures that are made on a walk. */
export interface SpanCounter<T> {
  readonly visitor: SpanVisitor;
  /** When the walk is over. */
  result(): T;
}

/** The figures of one counter. */
export function countSpans<T>(trace: Trace, spans: Lifespans, counter: SpanCounter<T>): T {
  walkSpans(trace, spans, counter.visitor);
  return counter.result();
}

/** Several visitors in one pass. */
export function together(visitors: readonly SpanVisitor[]): SpanVisitor {
  const closes = visitors.flatMap((visitor) => visitor.closed?.bind(visitor) ?? []);
  const opens = visitors.flatMap((visitor) => visitor.opened?.bind(visitor) ?? []);
  return {
    closed: (span, seq) => {
      for (let i = 0; i < closes.length; i++) closes[i]?.(span, seq);
    },
    opened: (span, seq) => {
      for (let i = 0; i < opens.length; i++) opens[i]?.(span, seq);
    },
  };
}

/** The spans that no event of their own closes, by the event at which they are over. Few in a sound trace. */
function silentEnds(spans: Lifespans): Int32Array {
  const found: number[] = [];
  const { endCause, count } = spans;
  for (let span = 0; span < count; span++) {
    const cause = endCause[span];
    if (cause === EndCause.epoch || cause === EndCause.implied) found.push(span);
  }
  return Int32Array.from(found).sort((a, b) => (spans.endSeq[a] ?? 0) - (spans.endSeq[b] ?? 0));
}
