import type { Seq } from '../../base/units.js';
import type { EventRun } from '../../trace/event-run.js';
import type { EventKernel } from '../../trace/kernel/event-kernel.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { closePhase, type OpenPhase, openPhase, type Phase, withoutEmptyStart } from '../phases.js';

/** Figures from mark to mark, where runs end. */
export class PhaseCounter {
  private readonly phases: Phase[] = [];
  private readonly cuts: readonly { readonly name: string; readonly beforeSeq: Seq }[];
  private next = 1;
  private live = 0;
  private open: OpenPhase;
  /** What the kernel reads and writes. */
  private state: Float64Array | undefined;

  constructor({ marks }: Trace) {
    this.cuts = [{ name: '(start)', beforeSeq: 0 }, ...marks];
    this.open = openPhase('(start)', 0, 0);
  }

  add(run: EventRun): void {
    const { count, firstSeq, kind, sizeBytes, openedBlock, endedStart, endedSize, kernel } = run;
    this.closeUpTo(firstSeq);
    if (kernel) {
      this.addByKernel(run, kernel);
      return;
    }
    const { open } = this;
    for (let i = 0; i < count; i++) {
      if ((endedStart[i] as number) >= 0) this.live -= endedSize[i] as number;
      switch (kind[i]) {
        case EventKind.alloc:
        case EventKind.realloc:
          open.allocations++;
          break;
        case EventKind.failed:
          open.failures++;
          break;
        case EventKind.existing:
          break;
        default:
          open.frees++;
      }
      if ((openedBlock[i] as number) < 0) continue;
      this.live += sizeBytes[i] as number;
      open.allocatedBytes += sizeBytes[i] as number;
      if (this.live > open.peakBytes) open.peakBytes = this.live;
    }
  }

  result(eventCount: number): Phase[] {
    this.closeUpTo(eventCount);
    return withoutEmptyStart([...this.phases, closePhase(this.open, eventCount, this.live)]);
  }

  private addByKernel({ count, kind, sizeBytes }: EventRun, kernel: EventKernel): void {
    this.state ??= kernel.floats(6);
    const { open, state } = this;
    state.set([this.live, open.allocations, open.frees, open.failures, open.allocatedBytes, open.peakBytes]);
    kernel.exports.sumPhase(count, kind.byteOffset, sizeBytes.byteOffset, state.byteOffset);
    [this.live = 0, open.allocations = 0, open.frees = 0, open.failures = 0, open.allocatedBytes = 0] = state;
    open.peakBytes = state[5] as number;
  }

  private closeUpTo(seq: Seq): void {
    for (let cut = this.cuts[this.next]; cut && cut.beforeSeq <= seq; cut = this.cuts[++this.next]) {
      this.phases.push(closePhase(this.open, cut.beforeSeq, this.live));
      this.open = openPhase(cut.name, cut.beforeSeq, this.live);
    }
  }
}
