import type { Bytes, StackId } from '../base/units.js';
import { EndCause, type Lifespans } from '../trace/lifespans.js';
import { stackRow } from '../trace/stack-trie.js';
import type { Trace } from '../trace/trace.js';
import { type Boundary, intervalFinder } from './boundaries.js';
import type { Place } from './places.js';
import { stackSources } from './source-table.js';

export interface Left {
  count: number;
  bytes: Bytes;
  /** NaN once two sizes were seen. */
  each: Bytes;
  /** In the order of their first block. */
  readonly stacks: StackId[];
}

/** The figures of each source between the boundaries. */
export interface LeakScan {
  readonly places: readonly Place[];
  /** By source: what is left of the window. */
  readonly left: Map<number, Left>;
  readonly intervals: number;
  /** By stack (the last is for none): the bytes that are left of it, -1 where no block is. */
  readonly leftOfStack: Float64Array;
  /** Rows of `intervals` + 1 a source: the change in each interval; 0 is before the window. */
  readonly bytes: Float64Array;
  readonly count: Float64Array;
  lostAtEpochs: number;
}

export function scanSpans(
  trace: Trace,
  spans: Lifespans,
  { boundaries, hidden }: { boundaries: readonly Boundary[]; hidden: Uint8Array },
): LeakScan {
  const { sourceOf, list } = stackSources(trace, hidden);
  const { stack, sizeBytes: sizes } = trace.events;
  const { startSeq, endSeq, endCause } = spans;
  const intervals = boundaries.length - 1;
  const width = intervals + 1;
  const intervalOf = intervalFinder(boundaries);
  const scan = newLeakScan(trace, list, intervals);
  const { bytes, count } = scan;
  for (let span = 0; span < spans.count; span++) {
    const start = startSeq[span] as number;
    const from = intervalOf(start);
    if (from > intervals) break;
    const source = sourceOf(start);
    const sizeBytes = sizes[start] as number;
    bytes[source * width + from] = (bytes[source * width + from] ?? 0) + sizeBytes;
    count[source * width + from] = (count[source * width + from] ?? 0) + 1;
    const alive = endCause[span] === EndCause.alive;
    const to = alive ? intervals + 1 : intervalOf(endSeq[span] as number);
    if (to <= intervals) {
      bytes[source * width + to] = (bytes[source * width + to] ?? 0) - sizeBytes;
      count[source * width + to] = (count[source * width + to] ?? 0) - 1;
      if (endCause[span] === EndCause.epoch && to > 0) scan.lostAtEpochs++;
    } else if (from > 0) addLeft(scan, source, { sizeBytes, stack: stack[start] as number });
  }
  return scan;
}

/** Nothing yet. */
export function newLeakScan({ stacks }: Trace, places: readonly Place[], intervals: number): LeakScan {
  const column = () => new Float64Array(places.length * (intervals + 1));
  const leftOfStack = new Float64Array(stacks.count + 1).fill(-1);
  return { places, left: new Map(), leftOfStack, intervals, bytes: column(), count: column(), lostAtEpochs: 0 };
}

/** Adds a block that is left, in the order of allocation. */
export function addLeft(scan: LeakScan, source: number, block: { sizeBytes: Bytes; stack: StackId }): void {
  const { sizeBytes, stack } = block;
  let left = scan.left.get(source);
  if (!left) {
    left = { count: 0, bytes: 0, each: sizeBytes, stacks: [] };
    scan.left.set(source, left);
  }
  left.count++;
  left.bytes += sizeBytes;
  if (left.each !== sizeBytes) left.each = Number.NaN;
  const at = slotOf(scan, stack);
  const before = scan.leftOfStack[at] as number;
  if (before < 0) left.stacks.push(stack);
  scan.leftOfStack[at] = Math.max(0, before) + sizeBytes;
}

function slotOf({ leftOfStack }: LeakScan, stack: StackId): number {
  return stackRow(stack, leftOfStack.length - 1);
}

/** The stack that left the most bytes, the first of those. */
export function worstStack(scan: LeakScan, { stacks }: Left): StackId {
  let [worst, most] = [-1, -1];
  for (const stack of stacks) {
    const bytes = scan.leftOfStack[slotOf(scan, stack)] as number;
    if (bytes > most) [worst, most] = [stack, bytes];
  }
  return worst;
}

/** What a source's row has for the intervals. */
export function growthOf({ intervals }: LeakScan, rows: Float64Array, source: number): number[] {
  const row = source * (intervals + 1) + 1;
  const growth: number[] = [];
  for (let k = 0; k < intervals; k++) growth.push(rows[row + k] ?? 0);
  return growth;
}

/** What a source's row has for all intervals together. */
export function totalOf({ intervals }: LeakScan, rows: Float64Array, source: number): number {
  const row = source * (intervals + 1) + 1;
  return sumOf(rows, row, row + intervals);
}

/** Of the values from `from` up to `to` (without it). */
export function sumOf(values: ArrayLike<number>, from: number, to: number): number {
  let sum = 0;
  for (let k = from; k < to; k++) sum += values[k] as number;
  return sum;
}

/** The live heap at each boundary: running sums over all sources. */
export function liveAt(scan: LeakScan): {
  readonly liveBytes: readonly Bytes[];
  readonly liveCount: readonly number[];
} {
  const width = scan.intervals + 1;
  const sums = (rows: Float64Array) => {
    const at = new Array<number>(width).fill(0);
    rows.forEach((value, i) => {
      at[i % width] = (at[i % width] ?? 0) + value;
    });
    let sum = 0;
    return at.map((change) => {
      sum += change;
      return sum;
    });
  };
  return { liveBytes: sums(scan.bytes), liveCount: sums(scan.count) };
}
