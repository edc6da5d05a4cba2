import { type Address, type Bytes, type FrameId, formatAddress, type StackId } from '../base/units.js';
import { ByteWriter } from '../trace/byte-writer.js';
import type { HeapRegion } from '../trace/heap-event.js';
import { END_CAUSES, EndCause, type Lifespans, lifespans } from '../trace/lifespans.js';
import { frameAt, stackFrameIds, type Trace } from '../trace/trace.js';
import { type HistoryDoubts, historyDoubts } from './history-doubts.js';

const PIECE_BYTES = 1 << 19;
const MAX_CACHED_BYTES = 1 << 26;
const encoder = new TextEncoder();

/** One line of a backtrace as CircuitPython's tools write it: address, `file:line`, function. */
export type HistoryFrame = readonly [address: string, location: string, functionName: string];

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
  const frames = new FrameCache(trace);
  const blocks = blockNumbers(trace);
  const out = new ByteWriter();
  const doubts = historyDoubts(trace);
  let separator = '[';
  for (const index of inHistoryOrder(spans)) {
    writeRecord(out, separator, historyFields(trace, spans, index, blocks), frames);
    if (separator === '[' && doubts) out.utf8(`,"doubts":${JSON.stringify(doubts)}`);
    out.ascii('}');
    separator = ',\n';
    if (out.length < PIECE_BYTES) continue;
    yield out.take();
  }
  out.utf8(separator === '[' ? '[]\n' : ']\n');
  yield out.take();
}

/** Besides the two backtraces: names, numbers, commas. */
const RECORD_BYTES: Bytes = 130;

/** About how large {@link allocationHistoryBytes} would be; a size above `enough` may be any such. */
export function allocationHistorySize(trace: Trace, enough: Bytes): Bytes {
  const spans = lifespans(trace);
  const frames = new FrameCache(trace);
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
  const frames = new FrameCache(trace);
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
  const isEventEnd = cause === EndCause.free || cause === EndCause.sweep || cause === EndCause.realloc;
  const endStack = isEventEnd ? (trace.events.stack[endSeq] ?? -1) : -1;
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

function historyRecord(fields: HistoryFields, frames: FrameCache): HistoryRecord {
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

/** The same as JSON, open at its end, with the bytes of each stack made once: traces repeat them. A test holds the two together. */
function writeRecord(out: ByteWriter, separator: string, fields: HistoryFields, frames: FrameCache): void {
  out.ascii(`${separator}{"start_block":${fields.startBlock},"size":${fields.blocks},"start_trace":`);
  out.bytes(frames.json(fields.startStack));
  out.ascii(`,"start_time":${fields.startSeq},"end_trace":`);
  if (fields.endStack === undefined) out.ascii('""');
  else out.bytes(frames.json(fields.endStack));
  const cause = fields.endCause === undefined ? '' : `,"end_cause":"${fields.endCause}"`;
  const address = fields.address === undefined ? '' : `,"address":"${fields.address}"`;
  out.ascii(`,"end_time":${fields.endSeq}${cause}${address},"bytes":${fields.bytes}`);
}

interface BlockNumbers {
  blockOf(address: Address): number;
  /** The allocation unit there. */
  unitAt(address: Address): Bytes;
}

/** Blocks count from the base of their region; outside of all, from that of the first. */
function blockNumbers(trace: Trace): BlockNumbers {
  const first = trace.regions[0] ?? { name: '', baseAddress: 0, sizeBytes: 0, unitBytes: trace.info.unitBytes };
  let last = first;
  const regionOf = (address: Address): HeapRegion => {
    if (address >= last.baseAddress && address < last.baseAddress + last.sizeBytes) return last;
    last = trace.regions.find((r) => address >= r.baseAddress && address < r.baseAddress + r.sizeBytes) ?? first;
    return last;
  };
  const unitOf = (region: HeapRegion) => region.unitBytes ?? trace.info.unitBytes;
  return {
    unitAt: (address) => unitOf(regionOf(address)),
    blockOf: (address) => {
      const region = regionOf(address);
      return Math.floor((address - region.baseAddress) / unitOf(region));
    },
  };
}

/** Traces repeat the same few thousand stacks, and those the same frames: each is made once. */
class FrameCache {
  private readonly stacks = new Map<StackId, readonly HistoryFrame[]>();
  private readonly texts = new Map<StackId, Uint8Array>();
  private textBytes = 0;
  private readonly frames = new Map<
    FrameId,
    { readonly frame: HistoryFrame; readonly text: string; readonly inlined: boolean }
  >();

  constructor(private readonly trace: Trace) {}

  of(stack: StackId): readonly HistoryFrame[] {
    const known = this.stacks.get(stack);
    if (known) return known;
    let calleeInlined = false;
    const made = stackFrameIds(this.trace, stack).map((id): HistoryFrame => {
      const { frame, inlined } = this.frame(id);
      const shown: HistoryFrame = calleeInlined ? ['0x0', frame[1], frame[2]] : frame;
      calleeInlined = inlined;
      return shown;
    });
    this.stacks.set(stack, made);
    return made;
  }

  json(stack: StackId): Uint8Array {
    const known = this.texts.get(stack);
    if (known !== undefined) return known;
    let text = '[';
    let calleeInlined = false;
    for (const id of stackFrameIds(this.trace, stack)) {
      const { frame, text: plain, inlined } = this.frame(id);
      if (text !== '[') text += ',';
      text += calleeInlined ? JSON.stringify(['0x0', frame[1], frame[2]]) : plain;
      calleeInlined = inlined;
    }
    const bytes = encoder.encode(`${text}]`);
    this.textBytes += bytes.length;
    if (this.textBytes > MAX_CACHED_BYTES) {
      this.texts.clear();
      this.textBytes = bytes.length;
    }
    this.texts.set(stack, bytes);
    return bytes;
  }

  /** gdb prints no address for a frame whose callee is inlined into it; CircuitPython's tools write 0x0 then. */
  private frame(id: FrameId) {
    const known = this.frames.get(id);
    if (known) return known;
    const { address, file, line, functionName, kind, inlined = false } = frameAt(this.trace, id);
    const location = file === '' ? '' : `${file}:${line}`;
    const name = kind === 'signal' ? '<signal handler called>' : functionName || '??';
    const frame: HistoryFrame = [address === 0 ? '0x0' : formatAddress(address), location, name];
    const made = { frame, text: JSON.stringify(frame), inlined };
    this.frames.set(id, made);
    return made;
  }
}
