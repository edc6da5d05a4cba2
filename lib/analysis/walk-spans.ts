import type { Bytes, Seq } from '../base/units.js';
import type { Numbers } from '../trace/column.js';
import type { Lifespans } from '../trace/lifespans.js';
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
  const { ended, startSeq, endSeq, count } = spans;
  const closes = visitor.closed?.bind(visitor);
  const opens = visitor.opened?.bind(visitor);
  const after = visitor.after?.bind(visitor);
  const endOf = (index: number) => (index < ended.length ? (endSeq[ended[index] as number] as number) : -1);
  let ending = 0;
  let nextEnd = endOf(0);
  // Lifespans are numbered as they begin.
  let opening = 0;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    for (; nextEnd === seq; nextEnd = endOf(++ending)) closes?.(ended[ending] as number, seq);
    if (opening < count && startSeq[opening] === seq) opens?.(opening++, seq);
    after?.(seq);
  }
}

/** Told of blocks by the event that made them, which knows their size and their stack. */
export interface BlockVisitor {
  closed(startSeq: Seq, sizeBytes: Bytes, seq: Seq): void;
  opened(startSeq: Seq, sizeBytes: Bytes, span: number): void;
}

/** The same, in the same order, without a look at events at which no block ends or begins: for figures of millions of events. */
export function walkBlocks(trace: Trace, spans: Lifespans, { closed, opened }: BlockVisitor): void {
  const { ended, startSeq, endSeq, count } = spans;
  const { events, eventCount } = trace;
  const sizeBytes: Numbers = events.sizeBytes;
  let opening = 0;
  for (let i = 0; i < ended.length; i++) {
    const span = ended[i] as number;
    const seq = endSeq[span] as number;
    // Those that end with the trace end after its last event.
    if (seq >= eventCount) break;
    for (; opening < count && (startSeq[opening] as number) < seq; opening++) {
      const start = startSeq[opening] as number;
      opened(start, sizeBytes[start] as number, opening);
    }
    const start = startSeq[span] as number;
    closed(start, sizeBytes[start] as number, seq);
  }
  for (; opening < count; opening++) {
    const start = startSeq[opening] as number;
    opened(start, sizeBytes[start] as number, opening);
  }
}

/** Figures that are made on a walk. */
export interface BlockCounter<T> {
  readonly visitor: BlockVisitor;
  /** When the walk is over. */
  result(): T;
}

/** The figures of one counter. */
export function countBlocks<T>(trace: Trace, spans: Lifespans, counter: BlockCounter<T>): T {
  walkBlocks(trace, spans, counter.visitor);
  return counter.result();
}
