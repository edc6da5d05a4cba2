import type { Bytes } from '../../base/units.js';
import type { EventRun } from '../../trace/event-run.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { rememberStackBytes } from '../look-through.js';

/** The bytes that each stack allocated: what a wrapper of the allocator is told by. */
export class StackSums {
  private readonly bytes: Float64Array;
  private total: Bytes = 0;

  constructor(private readonly trace: Trace) {
    this.bytes = new Float64Array(trace.stacks.count);
  }

  add({ count, kind, sizeBytes, stack }: EventRun): void {
    const { bytes } = this;
    let total = 0;
    for (let i = 0; i < count; i++) {
      const what = kind[i] as number;
      if (what !== EventKind.alloc && what !== EventKind.realloc) continue;
      const size = sizeBytes[i] as number;
      const at = stack[i] as number;
      total += size;
      if (at >= 0 && at < bytes.length) bytes[at] = (bytes[at] as number) + size;
    }
    this.total += total;
  }

  remember(): void {
    rememberStackBytes(this.trace, { bytes: this.bytes, total: this.total });
  }
}
