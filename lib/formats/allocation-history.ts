import { END_CAUSES, EndCause, type Lifespans, lifespans } from '../trace/lifespans.js';
import { frameAt, stackFrameIds, type Trace } from '../trace/trace.js';
import { type Address, formatAddress, type StackId } from '../units.js';

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
  let separator = '[';
  for (const record of allocationHistory(trace)) {
    yield `${separator}${JSON.stringify(record)}`;
    separator = ',\n';
  }
  yield separator === '[' ? '[]\n' : ']\n';
}

/** The records themselves. */
export function* allocationHistory(trace: Trace): Generator<HistoryRecord> {
  const spans = lifespans(trace);
  const frames = new FrameCache(trace);
  for (const index of inHistoryOrder(spans)) yield historyRecord(trace, spans, frames, index);
}

function inHistoryOrder(spans: Lifespans): Int32Array {
  const closed: number[] = [];
  const alive: number[] = [];
  for (let i = 0; i < spans.count; i++) (spans.endCause[i] === EndCause.alive ? alive : closed).push(i);
  closed.sort((a, b) => (spans.endSeq[a] ?? 0) - (spans.endSeq[b] ?? 0) || a - b);
  return Int32Array.from([...closed, ...alive]);
}

function historyRecord(trace: Trace, spans: Lifespans, frames: FrameCache, index: number): HistoryRecord {
  const startSeq = spans.startSeq[index] ?? 0;
  const endSeq = spans.endSeq[index] ?? trace.eventCount;
  const cause = spans.endCause[index] ?? EndCause.alive;
  const address = spans.address[index] ?? 0;
  const bytes = spans.sizeBytes[index] ?? 0;
  const { startBlock, blocks } = inBlocks(trace, address, bytes, index);
  const isEventEnd = cause === EndCause.free || cause === EndCause.sweep || cause === EndCause.realloc;
  return {
    start_block: startBlock,
    size: blocks,
    start_trace: frames.of(trace.events.stack[startSeq] ?? -1),
    start_time: startSeq,
    end_trace: cause === EndCause.alive ? '' : frames.of(isEventEnd ? (trace.events.stack[endSeq] ?? -1) : -1),
    end_time: endSeq,
    ...(cause === EndCause.alive ? {} : { end_cause: END_CAUSES[cause] ?? 'free' }),
    ...(trace.info.hasAddresses ? { address: formatAddress(address) } : {}),
    bytes,
  };
}

function inBlocks(trace: Trace, address: Address, bytes: number, index: number) {
  const region = trace.regions.find((r) => address >= r.baseAddress && address < r.baseAddress + r.sizeBytes);
  const unit = region?.unitBytes ?? trace.regions[0]?.unitBytes ?? trace.info.unitBytes;
  const base = region?.baseAddress ?? trace.regions[0]?.baseAddress ?? 0;
  const blocks = Math.max(1, Math.ceil(bytes / unit));
  if (!trace.info.hasAddresses) return { startBlock: index, blocks };
  return { startBlock: Math.floor((address - base) / unit), blocks };
}

/** Traces repeat the same few thousand stacks: each is made once. */
class FrameCache {
  private readonly stacks = new Map<StackId, readonly HistoryFrame[]>();

  constructor(private readonly trace: Trace) {}

  of(stack: StackId): readonly HistoryFrame[] {
    const known = this.stacks.get(stack);
    if (known) return known;
    let calleeInlined = false;
    const made = stackFrameIds(this.trace, stack).map((id): HistoryFrame => {
      const frame = frameAt(this.trace, id);
      // gdb prints no address for a frame whose callee is inlined into it; CircuitPython's tools write 0x0 then.
      const address = calleeInlined || frame.address === 0 ? '0x0' : formatAddress(frame.address);
      calleeInlined = frame.inlined === true;
      const location = frame.file === '' ? '' : `${frame.file}:${frame.line}`;
      const name = frame.kind === 'signal' ? '<signal handler called>' : frame.functionName || '??';
      return [address, location, name];
    });
    this.stacks.set(stack, made);
    return made;
  }
}
