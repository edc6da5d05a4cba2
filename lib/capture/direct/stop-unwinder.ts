import type { StackUnwinder, Unwound } from '../../firmware/stack-unwinder.js';
import type { Backtrace } from '../../trace/heap-event.js';
import type { SnapshotReader, StopSnapshot } from './stop-snapshot.js';

/** A backtrace, and the snapshot that it was made of. */
export interface UnwoundStop {
  /** Innermost first; the function at pc is the first. */
  readonly backtrace: Backtrace;
  /** With more of the stack than at first, where that was needed. */
  readonly snapshot: StopSnapshot;
}

/** Makes the backtraces of stops. */
export class StopUnwinder {
  constructor(
    private readonly unwinder: StackUnwinder,
    private readonly reader: SnapshotReader,
  ) {}

  /** From what was read: the target may run on. */
  ofCopy(snapshot: StopSnapshot, maxDepth: number): Backtrace {
    return this.unwind(snapshot, maxDepth).backtrace;
  }

  /** While the target is halted: reads more of the stack until unwinding needs no more, or there is no more. */
  async ofHalted(first: StopSnapshot, maxDepth: number): Promise<UnwoundStop> {
    for (let snapshot = first; ; ) {
      const { backtrace, missing, usedEnd } = this.unwind(snapshot, maxDepth);
      const isShort = missing !== undefined && missing >= snapshot.sp && !snapshot.reachesTop;
      const longer = isShort ? await this.reader.extend(snapshot) : undefined;
      if (!longer) {
        if (!isShort && !snapshot.reachesTop) this.reader.learnTop(usedEnd, snapshot);
        return { backtrace, snapshot };
      }
      snapshot = longer;
    }
  }

  private unwind({ registers, sp, stack }: StopSnapshot, maxDepth: number): Unwound {
    return this.unwinder.unwind(registers, { address: sp, bytes: stack }, maxDepth);
  }
}
