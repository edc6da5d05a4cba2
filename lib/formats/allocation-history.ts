import { type Bytes, formatAddress } from '../base/units.js';
import { END_CAUSES, EndCause, type Lifespans, lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { TextBuffer } from './export/text-buffer.js';
import { type BlockNumbers, blockNumbers } from './history-blocks.js';
import { type HistoryDoubts, historyDoubts } from './history-doubts.js';
import { type HistoryFrame, HistoryFrames } from './history-frames.js';
import { HistoryWriter, isEndedByEvent } from './history-writer.js';

export type { HistoryFrame } from './history-frames.js';

const OPEN = Uint8Array.of('['.charCodeAt(0));
const CLOSE = '}'.charCodeAt(0);
const BETWEEN = new TextEncoder().encode(',\n');

/** One record of allocation_history.json. `address`, `bytes` and `doubts` are additions that other readers leave out. */
export interface HistoryRecord {
  readonly start_block: number;
  readonly size: number;
  readonly start_trace: readonly HistoryFrame[];
  readonly start_time: number;
  /** Empty text for what is alive at the end. */
  readonly end_trace: readonly HistoryFrame[] | '';
  readonly end_time: number;
  /** Absent on what is alive at the end. `epoch` and `implied` are additions (docs/formats.md). */
  readonly end_cause?: string;
  readonly address?: string;
  readonly bytes?: number;
  /** On the first record, about the whole file. */
  readonly doubts?: HistoryDoubts;
}

/**
 * allocation_history.json (the schema of CircuitPython's viewer) in pieces of UTF-8, so that no size of trace is held as
 * one text. Closed records come in the order of their ends, then survivors in order of allocation.
 * A trace without addresses has no block numbers: its records count blocks from 0 in order of allocation.
 */
export function* allocationHistoryBytes(trace: Trace): Generator<Uint8Array> {
  const spans = lifespans(trace);
  const out = new TextBuffer();
  const records = new HistoryWriter(trace, spans, out);
  const doubts = historyDoubts(trace);
  let isFirst = true;
  for (const span of inHistoryOrder(spans)) {
    out.raw(isFirst ? OPEN : BETWEEN);
    records.write(span);
    if (isFirst && doubts) out.text(`,"doubts":${JSON.stringify(doubts)}`);
    isFirst = false;
    out.byte(CLOSE);
    if (out.isFull) yield out.take();
  }
  out.text(isFirst ? '[]\n' : ']\n');
  yield out.take();
}

/** Besides the two backtraces: names, numbers, commas. */
const RECORD_BYTES: Bytes = 130;

/** About how large {@link allocationHistoryBytes} would be; a size above `enough` may be any such. */
export function allocationHistorySize(trace: Trace, enough: Bytes): Bytes {
  const spans = lifespans(trace);
  const frames = new HistoryFrames(trace);
  const { stack } = trace.events;
  let bytes = 0;
  for (let span = 0; span < spans.count && bytes <= enough; span++) {
    const end = spans.endSeq[span] ?? trace.eventCount;
    bytes += RECORD_BYTES + frames.json(stack[spans.startSeq[span] ?? 0] ?? -1).length;
    if (end < trace.eventCount) bytes += frames.json(stack[end] ?? -1).length;
  }
  return spans.count === 0 ? 0 : bytes;
}

/** The records themselves. */
export function* allocationHistory(trace: Trace): Generator<HistoryRecord> {
  const spans = lifespans(trace);
  const frames = new HistoryFrames(trace);
  const blocks = blockNumbers(trace);
  let doubts = historyDoubts(trace);
  for (const span of inHistoryOrder(spans)) {
    yield { ...historyRecord(trace, spans, { span, frames, blocks }), ...(doubts ? { doubts } : {}) };
    doubts = undefined;
  }
}

/** Closed lifespans by their ends, those of one event in order of allocation; then the survivors. */
function* inHistoryOrder({ count, endCause, ended }: Lifespans): Generator<number> {
  yield* ended;
  for (let span = 0; span < count; span++) if (endCause[span] === EndCause.alive) yield span;
}

function historyRecord(
  trace: Trace,
  spans: Lifespans,
  { span, frames, blocks }: { readonly span: number; readonly frames: HistoryFrames; readonly blocks: BlockNumbers },
): HistoryRecord {
  const startSeq = spans.startSeq[span] ?? 0;
  const endSeq = spans.endSeq[span] ?? trace.eventCount;
  const cause = spans.endCause[span] ?? EndCause.alive;
  const address = spans.address[span] ?? 0;
  const bytes = spans.sizeBytes[span] ?? 0;
  const endStack = isEndedByEvent(cause) ? (trace.events.stack[endSeq] ?? -1) : -1;
  const isAlive = cause === EndCause.alive;
  return {
    start_block: trace.info.hasAddresses ? blocks.blockOf(address) : span,
    size: Math.max(1, Math.ceil(bytes / blocks.unitAt(address))),
    start_trace: frames.of(trace.events.stack[startSeq] ?? -1),
    start_time: startSeq,
    end_trace: isAlive ? '' : frames.of(endStack),
    end_time: endSeq,
    ...(isAlive ? {} : { end_cause: END_CAUSES[cause] ?? 'free' }),
    ...(trace.info.hasAddresses ? { address: formatAddress(address) } : {}),
    bytes,
  };
}
