import { type Bytes, formatAddress, type StackId } from '../base/units.js';
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
  for (const index of inHistoryOrder(spans)) {
    out.raw(isFirst ? OPEN : BETWEEN);
    records.write(index);
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
  for (const index of inHistoryOrder(spans)) {
    yield { ...historyRecord(historyFields(trace, spans, index, blocks), frames), ...(doubts ? { doubts } : {}) };
    doubts = undefined;
  }
}

/** Closed lifespans by their ends, those of one event in order of allocation; then the survivors. */
function* inHistoryOrder({ count, endCause, ended }: Lifespans): Generator<number> {
  yield* ended;
  for (let span = 0; span < count; span++) if (endCause[span] === EndCause.alive) yield span;
}

interface HistoryFields {
  readonly startBlock: number;
  readonly blocks: number;
  readonly startStack: StackId;
  readonly startSeq: number;
  /** Undefined for what is alive at the end. */
  readonly endStack: StackId | undefined;
  readonly endSeq: number;
  readonly endCause: string | undefined;
  readonly address: string | undefined;
  readonly bytes: number;
}

function historyFields(trace: Trace, spans: Lifespans, index: number, blocks: BlockNumbers): HistoryFields {
  const startSeq = spans.startSeq[index] ?? 0;
  const endSeq = spans.endSeq[index] ?? trace.eventCount;
  const cause = spans.endCause[index] ?? EndCause.alive;
  const address = spans.address[index] ?? 0;
  const bytes = spans.sizeBytes[index] ?? 0;
  const endStack = isEndedByEvent(cause) ? (trace.events.stack[endSeq] ?? -1) : -1;
  return {
    startBlock: trace.info.hasAddresses ? blocks.blockOf(address) : index,
    blocks: Math.max(1, Math.ceil(bytes / blocks.unitAt(address))),
    startStack: trace.events.stack[startSeq] ?? -1,
    startSeq,
    endStack: cause === EndCause.alive ? undefined : endStack,
    endSeq,
    endCause: cause === EndCause.alive ? undefined : (END_CAUSES[cause] ?? 'free'),
    address: trace.info.hasAddresses ? formatAddress(address) : undefined,
    bytes,
  };
}

function historyRecord(fields: HistoryFields, frames: HistoryFrames): HistoryRecord {
  return {
    start_block: fields.startBlock,
    size: fields.blocks,
    start_trace: frames.of(fields.startStack),
    start_time: fields.startSeq,
    end_trace: fields.endStack === undefined ? '' : frames.of(fields.endStack),
    end_time: fields.endSeq,
    ...(fields.endCause === undefined ? {} : { end_cause: fields.endCause }),
    ...(fields.address === undefined ? {} : { address: fields.address }),
    bytes: fields.bytes,
  };
}
