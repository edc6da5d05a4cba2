import type { Bytes } from '../../base/units.js';
import type { EventRun } from '../../trace/event-run.js';
import type { EventKernel } from '../../trace/kernel/event-kernel.js';
import { stackRow } from '../../trace/stack-trie.js';
import { EventKind } from '../../trace/trace.js';
import type { StatsFigures } from '../heap-stats.js';
import { type SourceRow, type StackSources, sourceRows } from '../source-table.js';
import { tableFor } from './stack-sums.js';

/** Of a source, side by side. */
const ROW = 8;
const AT = { allocations: 0, allocated: 1, liveCount: 2, live: 3, peak: 4, temporary: 5 } as const;

/** Figures by source line. */
export class SourceCounter {
  private rows: Float64Array;
  /** By stack its source; the last one is for events without a backtrace. */
  private sourceOf: Int32Array;
  /** The last event that allocated, and the bytes of temporary blocks. */
  private state: Float64Array = Float64Array.of(-1, 0);

  constructor(
    private readonly sources: StackSources,
    private readonly stackCount: number,
  ) {
    this.rows = new Float64Array(sources.list.length * ROW);
    this.sourceOf = new Int32Array(stackCount + 1);
    for (let stack = 0; stack < stackCount; stack++) this.sourceOf[stack] = sources.sourceOfStack(stack);
    this.sourceOf[stackCount] = sources.sourceOfStack(-1);
  }

  add(run: EventRun): void {
    this.rows = tableFor(run, this.rows);
    this.sourceOf = tableFor(run, this.sourceOf);
    this.state = tableFor(run, this.state);
    if (run.kernel) this.addByKernel(run, run.kernel);
    else this.addRun(run);
  }

  /** How many sources allocated. */
  get count(): number {
    return this.column(AT.allocations).reduce((count, allocations) => count + (allocations > 0 ? 1 : 0), 0);
  }

  /** Of the first `top` sources. */
  result(top: number): SourceRow[] {
    const figures = {
      allocations: this.column(AT.allocations),
      allocated: this.column(AT.allocated),
      liveCount: this.column(AT.liveCount),
      live: this.column(AT.live),
      peak: this.column(AT.peak),
      temporary: this.column(AT.temporary),
    };
    return sourceRows(this.sources.list, figures, top);
  }

  /** Of all sources together. */
  totals(): StatsFigures['totals'] {
    const sum = (at: number) => this.column(at).reduce((all, one) => all + one, 0);
    return {
      allocatedBytes: sum(AT.allocated),
      liveBytes: sum(AT.live),
      liveCount: sum(AT.liveCount),
      temporary: { count: sum(AT.temporary), bytes: this.state[1] as Bytes },
    };
  }

  private column(at: number): Float64Array {
    const column = new Float64Array(this.sources.list.length);
    for (let i = 0; i < column.length; i++) column[i] = this.rows[i * ROW + at] ?? 0;
    return column;
  }

  private addByKernel({ count, firstSeq, kind, sizeBytes, stack }: EventRun, { exports }: EventKernel): void {
    const { rows, sourceOf, stackCount, state } = this;
    const columns = [kind.byteOffset, sizeBytes.byteOffset, stack.byteOffset] as const;
    exports.sumSources(count, firstSeq, ...columns, rows.byteOffset, sourceOf.byteOffset, stackCount, state.byteOffset);
  }

  private addRun(run: EventRun): void {
    const { count, firstSeq, kind, sizeBytes, stack, openedBlock, endedStart, endedSize, endedStack } = run;
    const { rows, sourceOf, stackCount, state } = this;
    const add = (at: number, value: number) => {
      rows[at] = (rows[at] as number) + value;
    };
    let [lastOpened = -1] = state;
    for (let i = 0; i < count; i++) {
      const start = endedStart[i] as number;
      if (start >= 0) {
        const row = (sourceOf[stackRow(endedStack[i] as number, stackCount)] as number) * ROW;
        add(row + AT.live, -(endedSize[i] as number));
        add(row + AT.liveCount, -1);
        if (start === lastOpened && kind[i] !== EventKind.realloc) {
          add(row + AT.temporary, 1);
          state[1] = (state[1] as number) + (endedSize[i] as number);
        }
      }
      if ((openedBlock[i] as number) < 0) continue;
      const row = (sourceOf[stackRow(stack[i] as number, stackCount)] as number) * ROW;
      const size = sizeBytes[i] as number;
      const now = (rows[row + AT.live] as number) + size;
      rows[row + AT.live] = now;
      add(row + AT.liveCount, 1);
      add(row + AT.allocations, 1);
      add(row + AT.allocated, size);
      if (now > (rows[row + AT.peak] as number)) rows[row + AT.peak] = now;
      lastOpened = firstSeq + i;
    }
    state[0] = lastOpened;
  }
}
