import type { Bytes, FrameId, Seq, StackId } from '../../base/units.js';
import { type Lifespans, lifespans } from '../../trace/lifespans.js';
import { FrameFlag } from '../../trace/tables.js';
import { stackFrameIds, type Trace } from '../../trace/trace.js';

/** What one stack allocated. Stack -1 stands for all events without a backtrace. */
export interface StackWeight {
  readonly stack: StackId;
  totalBytes: Bytes;
  totalCount: number;
  /** Alive at the end of the trace. */
  liveBytes: Bytes;
  liveCount: number;
  /** Alive when the heap was fullest. */
  peakBytes: Bytes;
  peakCount: number;
}

/** Allocations by stack, and how full the heap was. */
export interface StackWeights {
  /** In order of the stack's number. */
  readonly stacks: readonly StackWeight[];
  readonly spans: Lifespans;
  /** Live bytes after each event. */
  readonly usage: Float64Array;
  /** The event after which the most bytes were live, the first of several; -1 for an empty trace. */
  readonly peakSeq: Seq;
  readonly peakBytes: Bytes;
}

/** Adds up a trace by the stack of each allocation. Blocks that an epoch closed are not live at the end. */
export function stackWeights(trace: Trace): StackWeights {
  const spans = lifespans(trace);
  const usage = usageAfter(trace.eventCount, spans);
  let peakSeq = -1;
  for (let seq = 0; seq < usage.length; seq++)
    if (peakSeq < 0 || (usage[seq] ?? 0) > (usage[peakSeq] ?? 0)) peakSeq = seq;
  const byStack = new Map<StackId, StackWeight>();
  for (let span = 0; span < spans.count; span++) {
    const start = spans.startSeq[span] ?? 0;
    const end = spans.endSeq[span] ?? 0;
    const bytes = spans.sizeBytes[span] ?? 0;
    const weight = weightOf(byStack, trace.events.stack[start] ?? -1);
    weight.totalBytes += bytes;
    weight.totalCount++;
    if (isAlive(spans, span)) {
      weight.liveBytes += bytes;
      weight.liveCount++;
    }
    if (start <= peakSeq && end > peakSeq) {
      weight.peakBytes += bytes;
      weight.peakCount++;
    }
  }
  const stacks = [...byStack.values()].sort((a, b) => a.stack - b.stack);
  return { stacks, spans, usage, peakSeq, peakBytes: usage[peakSeq] ?? 0 };
}

function isAlive(spans: Lifespans, span: number): boolean {
  return spans.endCause[span] === 0;
}

function weightOf(byStack: Map<StackId, StackWeight>, stack: StackId): StackWeight {
  let weight = byStack.get(stack);
  if (!weight) {
    weight = { stack, totalBytes: 0, totalCount: 0, liveBytes: 0, liveCount: 0, peakBytes: 0, peakCount: 0 };
    byStack.set(stack, weight);
  }
  return weight;
}

function usageAfter(events: number, spans: Lifespans): Float64Array {
  const usage = new Float64Array(events);
  for (let span = 0; span < spans.count; span++) {
    const bytes = spans.sizeBytes[span] ?? 0;
    const start = spans.startSeq[span] ?? 0;
    const end = spans.endSeq[span] ?? 0;
    usage[start] = (usage[start] ?? 0) + bytes;
    if (end < events) usage[end] = (usage[end] ?? 0) - bytes;
  }
  for (let seq = 1; seq < events; seq++) usage[seq] = (usage[seq] ?? 0) + (usage[seq - 1] ?? 0);
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
