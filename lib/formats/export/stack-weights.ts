import type { Bytes, FrameId, Seq, StackId } from '../../base/units.js';
import { EndCause, type Lifespans, lifespans } from '../../trace/lifespans.js';
import { stackRow } from '../../trace/stack-trie.js';
import { FrameFlag } from '../../trace/tables.js';
import { stackFrameIds, type Trace } from '../../trace/trace.js';

/** What one stack allocated. Stack -1 stands for all events without a backtrace. */
export interface StackWeight {
  readonly stack: StackId;
  readonly totalBytes: Bytes;
  readonly totalCount: number;
  /** Alive at the end of the trace. */
  readonly liveBytes: Bytes;
  readonly liveCount: number;
  /** Alive when the heap was fullest. */
  readonly peakBytes: Bytes;
  readonly peakCount: number;
}

/** Allocations by stack, and how full the heap was. */
export interface StackWeights {
  /** In order of the stack's number. */
  readonly stacks: readonly StackWeight[];
  readonly spans: Lifespans;
  /** The event after which the most bytes were live, the first of several; -1 for an empty trace. */
  readonly peakSeq: Seq;
  readonly peakBytes: Bytes;
}

/** Adds up a trace by the stack of each allocation. Blocks that an epoch closed are not live at the end. */
export function stackWeights(trace: Trace): StackWeights {
  const spans = lifespans(trace);
  const { stack, sizeBytes } = trace.events;
  const { startSeq, endSeq, endCause, count } = spans;
  const peak = fullestMoment(trace, spans);
  const rows = trace.stacks.count;
  const [total, live, atPeak] = [new StackSums(rows), new StackSums(rows), new StackSums(rows)];
  for (let span = 0; span < count; span++) {
    const start = startSeq[span] as number;
    const row = stackRow(stack[start] as number, rows);
    const bytes = sizeBytes[start] as number;
    total.add(row, bytes);
    if (endCause[span] === EndCause.alive) live.add(row, bytes);
    if (start <= peak.seq && (endSeq[span] as number) > peak.seq) atPeak.add(row, bytes);
  }
  const stacks: StackWeight[] = [];
  for (let id = -1; id < rows; id++) {
    const row = stackRow(id, rows);
    const [totalBytes, totalCount] = total.of(row);
    const [liveBytes, liveCount] = live.of(row);
    const [peakBytes, peakCount] = atPeak.of(row);
    if (totalCount > 0) stacks.push({ stack: id, totalBytes, totalCount, liveBytes, liveCount, peakBytes, peakCount });
  }
  return { stacks, spans, peakSeq: peak.seq, peakBytes: peak.bytes };
}

/** Bytes and blocks by the row of a stack, side by side. */
export class StackSums {
  private readonly pairs: Float64Array;

  /** `count`: of stacks. */
  constructor(count: number) {
    this.pairs = new Float64Array((count + 1) * 2);
  }

  has(row: number): boolean {
    return this.pairs[row * 2 + 1] !== 0;
  }

  add(row: number, bytes: Bytes): void {
    const { pairs } = this;
    pairs[row * 2] = (pairs[row * 2] as number) + bytes;
    pairs[row * 2 + 1] = (pairs[row * 2 + 1] as number) + 1;
  }

  of(row: number): readonly [bytes: Bytes, count: number] {
    return [this.pairs[row * 2] as number, this.pairs[row * 2 + 1] as number];
  }
}

/** The first event after which the most bytes are live. */
function fullestMoment({ events, eventCount }: Trace, { peak, startSeq, endSeq, ended, count }: Lifespans) {
  if (peak && peak.bytes > 0) return peak;
  let [bytes, ending] = [0, 0];
  let [peakBytes, peakSeq] = [0, eventCount > 0 ? 0 : -1];
  for (let opening = 0; opening < count; opening++) {
    const seq = startSeq[opening] as number;
    for (; ending < ended.length && (endSeq[ended[ending] as number] as number) <= seq; ending++)
      bytes -= events.sizeBytes[startSeq[ended[ending] as number] as number] as number;
    bytes += events.sizeBytes[seq] as number;
    if (bytes > peakBytes) [peakBytes, peakSeq] = [bytes, seq];
  }
  return { bytes: peakBytes, seq: peakSeq };
}

/** Live bytes after each event. */
export function usageAfterEvents({ events, eventCount }: Trace, { startSeq, endSeq, count }: Lifespans): Float64Array {
  const usage = new Float64Array(eventCount);
  for (let span = 0; span < count; span++) {
    const start = startSeq[span] as number;
    const end = endSeq[span] as number;
    const bytes = events.sizeBytes[start] as number;
    usage[start] = (usage[start] as number) + bytes;
    if (end < eventCount) usage[end] = (usage[end] as number) - bytes;
  }
  for (let seq = 1; seq < eventCount; seq++) usage[seq] = (usage[seq] as number) + (usage[seq - 1] as number);
  return usage;
}

/** A frame as other tools show it. */
export interface FrameLabel {
  /** The function, or its address where there is no name. */
  readonly name: string;
  /** Empty when unknown. */
  readonly file: string;
  /** From 1; 0 when unknown. */
  readonly line: number;
  readonly address: number;
  readonly inlined: boolean;
}

const NO_BACKTRACE: FrameLabel = { name: '(no backtrace)', file: '', line: 0, address: 0, inlined: false };

/** The label of a frame; of -1 that of events without a backtrace. */
export function frameLabel(trace: Trace, frame: FrameId): FrameLabel {
  const { frames, strings } = trace;
  if (frame < 0) return NO_BACKTRACE;
  const address = frames.address[frame] ?? 0;
  const name = strings[frames.functionName[frame] ?? -1] ?? '';
  return {
    name: name === '' ? `0x${address.toString(16)}` : name,
    file: strings[frames.file[frame] ?? -1] ?? '',
    line: frames.line[frame] ?? 0,
    address,
    inlined: ((frames.flags[frame] ?? 0) & FrameFlag.inlined) !== 0,
  };
}

/** The frames of a stack, innermost first; a single -1 for events without a backtrace, so that no weight is lost. */
export function framesOfStack(trace: Trace, stack: StackId): FrameId[] {
  return stack < 0 ? [-1] : stackFrameIds(trace, stack);
}
