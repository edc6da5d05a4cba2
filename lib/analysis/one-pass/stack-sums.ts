import type { Bytes } from '../../base/units.js';
import type { EventRun } from '../../trace/event-run.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { rememberStackBytes } from '../look-through.js';

/** A table of the sums of runs: in the kernel's memory where that sums them. */
export function tableFor<A extends Float64Array | Int32Array>({ kernel }: EventRun, table: A): A {
  return kernel?.held(table) ?? table;
}

/** The bytes that each stack allocated: what a wrapper of the allocator is told by. */
export class StackSums {
  private bytes: Float64Array;
  private total: Bytes = 0;

  constructor(private readonly trace: Trace) {
    // The last one is for events without a backtrace.
    this.bytes = new Float64Array(trace.stacks.count + 1);
  }

  add(run: EventRun): void {
    const { count, kind, sizeBytes, stack, kernel } = run;
    const bytes = tableFor(run, this.bytes);
    this.bytes = bytes;
    if (kernel) {
      const [kinds, sizes, stacks] = [kind.byteOffset, sizeBytes.byteOffset, stack.byteOffset];
      this.total += kernel.exports.sumStackBytes(count, kinds, sizes, stacks, bytes.byteOffset, bytes.length - 1);
      return;
    }
    let total = 0;
    for (let i = 0; i < count; i++) {
      const what = kind[i] as number;
      if (what !== EventKind.alloc && what !== EventKind.realloc) continue;
      const size = sizeBytes[i] as number;
      const at = stack[i] as number;
      total += size;
      if (at >= 0 && at < bytes.length - 1) bytes[at] = (bytes[at] as number) + size;
    }
    this.total += total;
  }

  remember(): void {
    rememberStackBytes(this.trace, { bytes: this.bytes.subarray(0, -1), total: this.total });
  }
}
