import { END_CAUSES, EndCause, type Lifespans, lifespans } from '../trace/lifespans.js';
import { frameAt, stackFrameIds, type Trace } from '../trace/trace.js';
import { type Address, type FrameId, formatAddress, type StackId } from '../units.js';

/** One line of a backtrace as CircuitPython's tools write it: address, `file:line`, function. */
export type HistoryFrame = readonly [address: string, location: string, functionName: string];

/** One record of allocation_history.json. `address` and `bytes` are additions that other readers leave out. */
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
}

/**
 * allocation_history.json (CircuitPython's schema, capture.md section 2), a piece of text per record so that no size of
 * trace is held as one string. Closed records come in the order of their ends, then survivors in order of allocation.
 * A trace without addresses has no block numbers: its records count blocks from 0 in order of allocation.
 */
export function* allocationHistoryText(trace: Trace): Generator<string> {
  const spans = lifespans(trace);
  const frames = new FrameCache(trace);
  let separator = '[';
  for (const index of inHistoryOrder(spans)) {
    yield separator + recordText(historyFields(trace, spans, index), frames);
    separator = ',\n';
  }
  yield separator === '[' ? '[]\n' : ']\n';
}

/** The records themselves. */
export function* allocationHistory(trace: Trace): Generator<HistoryRecord> {
  const spans = lifespans(trace);
  const frames = new FrameCache(trace);
  for (const index of inHistoryOrder(spans)) yield historyRecord(historyFields(trace, spans, index), frames);
}

function inHistoryOrder(spans: Lifespans): Int32Array {
  const closed: number[] = [];
  const alive: number[] = [];
  for (let i = 0; i < spans.count; i++) (spans.endCause[i] === EndCause.alive ? alive : closed).push(i);
  closed.sort((a, b) => (spans.endSeq[a] ?? 0) - (spans.endSeq[b] ?? 0) || a - b);
  return Int32Array.from([...closed, ...alive]);
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

function historyFields(trace: Trace, spans: Lifespans, index: number): HistoryFields {
  const startSeq = spans.startSeq[index] ?? 0;
  const endSeq = spans.endSeq[index] ?? trace.eventCount;
  const cause = spans.endCause[index] ?? EndCause.alive;
  const address = spans.address[index] ?? 0;
  const bytes = spans.sizeBytes[index] ?? 0;
  const isEventEnd = cause === EndCause.free || cause === EndCause.sweep || cause === EndCause.realloc;
  const endStack = isEventEnd ? (trace.events.stack[endSeq] ?? -1) : -1;
  return {
    ...inBlocks(trace, address, bytes, index),
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

/** The same as JSON, with the text of each stack made once: traces repeat them. A test holds the two together. */
function recordText(fields: HistoryFields, frames: FrameCache): string {
  const endTrace = fields.endStack === undefined ? '""' : frames.json(fields.endStack);
  const cause = fields.endCause === undefined ? '' : `,"end_cause":"${fields.endCause}"`;
  const address = fields.address === undefined ? '' : `,"address":"${fields.address}"`;
  const start = `{"start_block":${fields.startBlock},"size":${fields.blocks},"start_trace":${frames.json(fields.startStack)}`;
  const end = `,"start_time":${fields.startSeq},"end_trace":${endTrace},"end_time":${fields.endSeq}`;
  return `${start}${end}${cause}${address},"bytes":${fields.bytes}}`;
}

function inBlocks(trace: Trace, address: Address, bytes: number, index: number) {
  const region = trace.regions.find((r) => address >= r.baseAddress && address < r.baseAddress + r.sizeBytes);
  const unit = region?.unitBytes ?? trace.regions[0]?.unitBytes ?? trace.info.unitBytes;
  const base = region?.baseAddress ?? trace.regions[0]?.baseAddress ?? 0;
  const blocks = Math.max(1, Math.ceil(bytes / unit));
  if (!trace.info.hasAddresses) return { startBlock: index, blocks };
  return { startBlock: Math.floor((address - base) / unit), blocks };
}

/** Traces repeat the same few thousand stacks, and those the same frames: each is made once. */
class FrameCache {
  private readonly stacks = new Map<StackId, readonly HistoryFrame[]>();
  private readonly texts = new Map<StackId, string>();
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

  json(stack: StackId): string {
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
    text += ']';
    this.texts.set(stack, text);
    return text;
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
