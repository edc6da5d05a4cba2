import type { Bytes } from '../../base/units.js';
import type { EventRun, RunSink, RunsEnd } from '../../trace/event-run.js';
import type { EventKernel } from '../../trace/kernel/event-kernel.js';
import { stackRow } from '../../trace/stack-trie.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { type CallTree, type CallTreeOptions, type SelfFigures, TREE_COLUMNS, treeOfFigures } from '../call-tree.js';
import { StackSums, tableFor } from './stack-sums.js';

/** The call tree of a trace whose events come run by run; undefined for what needs all of them at once. */
export function callTreeSink(trace: Trace, options: CallTreeOptions): RunSink<CallTree> | undefined {
  const units = new Set(trace.regions.map((region) => region.unitBytes));
  if (options.atSeq !== undefined || units.size > 1) return undefined;
  return new CallTreeSink(trace, options);
}

/** Of a stack, side by side: what it allocated and what of it was given back, as counts, units and bytes; and when that last changed. */
const ROW = 8;
const ENDED = 3;
const CHANGED = 6;

class CallTreeSink implements RunSink<CallTree> {
  private readonly sums: StackSums;
  private readonly unitBytes: Bytes;
  /** The last row is for events without a backtrace. */
  private rows: Float64Array;
  private peak: Float64Array;
  private temporary: Float64Array;
  /** The bytes alive, the most that were, the event of that, and the last event that allocated. */
  private state: Float64Array = Float64Array.of(0, -1, -1, -1);
  /** The event that is looked at. */
  private seq = -1;

  constructor(
    trace: Trace,
    private readonly options: CallTreeOptions,
  ) {
    const stacks = trace.stacks.count + 1;
    this.sums = new StackSums(trace);
    this.unitBytes = Math.max(1, trace.info.unitBytes);
    this.rows = new Float64Array(stacks * ROW);
    for (let at = CHANGED; at < this.rows.length; at += ROW) this.rows[at] = -1;
    this.peak = new Float64Array(stacks * 3);
    this.temporary = new Float64Array(stacks * 3);
  }

  get peakSeq(): number {
    return this.state[2] as number;
  }

  run(run: EventRun): boolean {
    this.sums.add(run);
    this.rows = tableFor(run, this.rows);
    this.peak = tableFor(run, this.peak);
    this.temporary = tableFor(run, this.temporary);
    this.state = tableFor(run, this.state);
    if (run.kernel) this.addByKernel(run, run.kernel);
    else this.add(run);
    return true;
  }

  private addByKernel({ count, firstSeq, kind, sizeBytes, stack }: EventRun, { exports }: EventKernel): void {
    const { rows, peak, temporary, unitBytes, state } = this;
    const columns = [kind.byteOffset, sizeBytes.byteOffset, stack.byteOffset] as const;
    const none = temporary.length / 3 - 1;
    const tables = [rows.byteOffset, peak.byteOffset, temporary.byteOffset, none, unitBytes, state.byteOffset];
    exports.sumTree(count, firstSeq, ...columns, ...tables);
  }

  private add(run: EventRun): void {
    const { count, firstSeq, kind, sizeBytes, stack, openedBlock, endedStart, endedSize, endedStack } = run;
    const none = this.temporary.length / 3 - 1;
    const { state } = this;
    let [bytes = 0, peakBytes = 0, , lastOpened = 0] = state;
    for (let i = 0; i < count; i++) {
      const start = endedStart[i] as number;
      if (start >= 0) {
        const size = endedSize[i] as number;
        const at = stackRow(endedStack[i] as number, none);
        this.seq = firstSeq + i;
        this.change(at, ENDED, size);
        if (start === lastOpened && kind[i] !== EventKind.realloc) this.addTemporary(at, size);
        bytes -= size;
      }
      if ((openedBlock[i] as number) < 0) continue;
      const size = sizeBytes[i] as number;
      const at = stackRow(stack[i] as number, none);
      this.seq = firstSeq + i;
      this.change(at, 0, size);
      bytes += size;
      lastOpened = firstSeq + i;
      if (bytes > peakBytes) {
        peakBytes = bytes;
        state[2] = lastOpened;
      }
    }
    state[0] = bytes;
    state[1] = peakBytes;
    state[3] = lastOpened;
  }

  result({ trace, findings }: RunsEnd): CallTree {
    this.sums.remember();
    const { peakSeq } = this;
    return treeOfFigures(trace, { self: this.selfFigures(), peakSeq, findings, assumptions: [] }, this.options);
  }

  /** Adds a block, after what its stack had at the last peak was written down: at the first change since. */
  private change(at: number, column: number, size: Bytes): void {
    const { rows } = this;
    const row = at * ROW;
    if ((rows[row + CHANGED] as number) <= this.peakSeq) this.keepPeak(at);
    rows[row + CHANGED] = this.seq;
    const to = row + column;
    rows[to] = (rows[to] as number) + 1;
    rows[to + 1] = (rows[to + 1] as number) + Math.ceil(size / this.unitBytes);
    rows[to + 2] = (rows[to + 2] as number) + size;
  }

  private keepPeak(at: number): void {
    const { rows, peak } = this;
    for (let k = 0; k < 3; k++) {
      peak[at * 3 + k] = (rows[at * ROW + k] as number) - (rows[at * ROW + ENDED + k] as number);
    }
  }

  private addTemporary(at: number, size: Bytes): void {
    const { temporary } = this;
    temporary[at * 3] = (temporary[at * 3] as number) + 1;
    temporary[at * 3 + 1] = (temporary[at * 3 + 1] as number) + Math.ceil(size / this.unitBytes);
    temporary[at * 3 + 2] = (temporary[at * 3 + 2] as number) + size;
  }

  private selfFigures(): SelfFigures {
    const { rows, peak, temporary, peakSeq } = this;
    const stacks = temporary.length / 3;
    const values = new Float64Array(stacks * TREE_COLUMNS);
    const used = new Uint8Array(stacks - 1);
    for (let at = 0; at < stacks; at++) {
      const row = at * ROW;
      if ((rows[row + CHANGED] as number) <= peakSeq) this.keepPeak(at);
      if (at < used.length && (rows[row] as number) > 0) used[at] = 1;
      for (let k = 0; k < 3; k++) {
        const to = at * TREE_COLUMNS + k;
        values[to] = (rows[row + k] as number) - (rows[row + ENDED + k] as number);
        values[to + 3] = peak[at * 3 + k] as number;
        values[to + 6] = rows[row + k] as number;
        values[to + 9] = temporary[at * 3 + k] as number;
      }
    }
    return { values, used };
  }
}
