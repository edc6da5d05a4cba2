import type { StackUnwinder, Unwound } from '../../firmware/stack-unwinder.js';
import type { Backtrace } from '../../trace/heap-event.js';
import type { ScriptStacks } from '../script-stacks.js';
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
    /** Absent for a firmware without an interpreter. */
    readonly scripts?: ScriptStacks | undefined,
  ) {}

  /** From what was read: the target may run on. */
  ofCopy(snapshot: StopSnapshot, maxDepth: number): Backtrace {
    const { backtrace, missing } = this.unwind(snapshot, maxDepth);
    if (missing !== undefined && missing >= snapshot.sp) this.reader.doubtEnd(snapshot);
    return backtrace;
  }

  /** While the target is halted, with the frames of scripts: reads more of the stack until unwinding needs no more, or there is no more. */
  async ofHalted(first: StopSnapshot, maxDepth: number): Promise<UnwoundStop> {
    for (let snapshot = first; ; ) {
      const { backtrace, missing, usedEnd, watched } = this.unwind(snapshot, maxDepth);
      const isShort = missing !== undefined && missing >= snapshot.sp;
      const longer = isShort ? await this.reader.extend(snapshot, missing) : undefined;
      if (!longer) {
        if (!isShort) this.reader.learnEnd(usedEnd, snapshot);
        const copy = { address: snapshot.sp, bytes: snapshot.stack };
        return { backtrace: (await this.scripts?.insert(backtrace, watched, copy)) ?? backtrace, snapshot };
      }
      snapshot = longer;
    }
  }

  private unwind({ registers, sp, stack }: StopSnapshot, maxDepth: number): Unwound {
    return this.unwinder.unwind(registers, { address: sp, bytes: stack }, maxDepth);
  }
}
