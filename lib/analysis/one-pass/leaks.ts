import type { Seq } from '../../base/units.js';
import type { EventRun, LiveBlocks, RunSink, RunsEnd } from '../../trace/event-run.js';
import { stackRow } from '../../trace/stack-trie.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { areInOrder, type Boundary, boundariesOf } from '../boundaries.js';
import { addLeft, type LeakScan, newLeakScan } from '../leak-scan.js';
import { type LeakOptions, type Leaks, leaksOfScan } from '../leaks.js';
import { stackSources } from '../source-table.js';
import { StackSums, tableFor } from './stack-sums.js';

/** What is alive is written down by stack at each boundary: at most so many values in all. */
const MAX_KEPT = 2 ** 22;

/**
 * The leaks of a trace whose events come run by run; undefined where its boundaries are too many for its stacks, or where it tells who holds
 * which block.
 */
export function heapLeaksSink(trace: Trace, options: LeakOptions): RunSink<Leaks> | undefined {
  if (trace.graphs.length > 0) return undefined;
  const boundaries = boundariesOf(trace, options);
  const isSmall = (trace.stacks.count + 1) * boundaries.length * 2 <= MAX_KEPT;
  return isSmall && areInOrder(boundaries) ? new LeaksSink(trace, boundaries, options) : undefined;
}

class LeaksSink implements RunSink<Leaks> {
  readonly runsEndAt: readonly Seq[];
  private readonly sums: StackSums;
  /** By stack, side by side: the blocks alive and their bytes; the last pair is for events without a backtrace. */
  private live: Float64Array;
  /** The same at each boundary that was reached. */
  private readonly atBoundary: Float64Array[] = [];
  private atLast: LiveBlocks | undefined;
  private boundaries: readonly Boundary[];
  /** Whether the first boundary lies behind what was there before the capture, and no other event came yet. */
  private beforeFirst: boolean;

  constructor(
    trace: Trace,
    boundaries: readonly Boundary[],
    private readonly options: LeakOptions,
  ) {
    this.boundaries = boundaries;
    this.beforeFirst = options.from === undefined && trace.marks.length === 0;
    this.runsEndAt = boundaries.map(({ beforeSeq }) => beforeSeq);
    this.sums = new StackSums(trace);
    this.live = new Float64Array((trace.stacks.count + 1) * 2);
    if (this.beforeFirst) return;
    while (boundaries[this.atBoundary.length]?.beforeSeq === 0) this.keep();
  }

  run(run: EventRun, liveBlocks: () => LiveBlocks): boolean {
    this.sums.add(run);
    this.live = tableFor(run, this.live);
    let from = 0;
    if (this.beforeFirst) {
      while (from < run.count && run.kind[from] === EventKind.existing) from++;
      this.add(run, 0, from);
      if (from === run.count) return true;
      this.beforeFirst = false;
      const [first, ...others] = this.boundaries;
      if (first) this.boundaries = [{ ...first, beforeSeq: run.firstSeq + from }, ...others];
      this.keep();
    }
    // Boundaries lie between runs.
    this.add(run, from, run.count);
    this.reach(run.firstSeq + run.count, liveBlocks);
    return true;
  }

  result({ trace, findings }: RunsEnd): Leaks | undefined {
    // Behind the last event, where the last boundary may not have been reached, or the first.
    if (this.atBoundary.length < this.boundaries.length) return undefined;
    this.sums.remember();
    const { boundaries } = this;
    const scan = (hidden: Uint8Array) => this.scan(trace, hidden);
    return leaksOfScan(trace, { boundaries, scan, containers: [], findings, assumptions: [] }, this.options);
  }

  /** Writes down what is alive at each boundary before the event `seq`. */
  private reach(seq: Seq, liveBlocks: () => LiveBlocks): void {
    while (this.atBoundary.length < this.boundaries.length) {
      const next = this.boundaries[this.atBoundary.length];
      if (!next || next.beforeSeq > seq) return;
      this.keep();
      if (this.atBoundary.length === this.boundaries.length) this.atLast = liveBlocks();
    }
  }

  private keep(): void {
    // A copy outside of the kernel's memory.
    this.atBoundary.push(new Float64Array(this.live));
  }

  private add(run: EventRun, from: number, to: number): void {
    const { sizeBytes, stack, openedBlock, endedStart, endedSize, endedStack, kernel } = run;
    const { live } = this;
    const none = live.length / 2 - 1;
    if (kernel) {
      kernel.exports.sumLive(from, to, sizeBytes.byteOffset, stack.byteOffset, live.byteOffset, none);
      return;
    }
    for (let i = from; i < to; i++) {
      if ((endedStart[i] as number) >= 0) {
        const at = stackRow(endedStack[i] as number, none) * 2;
        live[at] = (live[at] as number) - 1;
        live[at + 1] = (live[at + 1] as number) - (endedSize[i] as number);
      }
      if ((openedBlock[i] as number) < 0) continue;
      const at = stackRow(stack[i] as number, none) * 2;
      live[at] = (live[at] as number) + 1;
      live[at + 1] = (live[at + 1] as number) + (sizeBytes[i] as number);
    }
  }

  /** By source what changed between the boundaries, and what is left of it. */
  private scan(trace: Trace, hidden: Uint8Array): LeakScan {
    const { sourceOfStack, list } = stackSources(trace, hidden);
    const { atBoundary, boundaries, atLast } = this;
    const intervals = boundaries.length - 1;
    const width = intervals + 1;
    const scan = newLeakScan(trace, list, intervals);
    const { bytes, count } = scan;
    const none = this.live.length / 2 - 1;
    for (let stack = 0; stack <= none; stack++) {
      const source = sourceOfStack(stack === none ? -1 : stack);
      for (let k = 0; k < width; k++) {
        const [now, before] = [atBoundary[k], atBoundary[k - 1]];
        const to = source * width + k;
        count[to] = (count[to] as number) + (now?.[stack * 2] ?? 0) - (before?.[stack * 2] ?? 0);
        bytes[to] = (bytes[to] as number) + (now?.[stack * 2 + 1] ?? 0) - (before?.[stack * 2 + 1] ?? 0);
      }
    }
    const first = boundaries[0]?.beforeSeq ?? 0;
    for (let i = 0; atLast && i < atLast.count; i++) {
      if ((atLast.startSeq[i] as number) < first) continue;
      const stack = atLast.stack[i] as number;
      addLeft(scan, sourceOfStack(stack), { sizeBytes: atLast.sizeBytes[i] as number, stack });
    }
    return scan;
  }
}
