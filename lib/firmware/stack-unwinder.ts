import type { Address } from '../base/units.js';
import type { FrameState } from '../symbols/parameter-value.js';
import type { Backtrace } from '../trace/heap-event.js';

/** A copy of a part of the stack. */
export interface StackCopy {
  readonly address: Address;
  readonly bytes: Uint8Array;
}

/** A frame whose registers were asked for. */
export interface WatchedFrame {
  /** Of its first line in the backtrace: those inlined into the function come before it. */
  readonly index: number;
  readonly state: FrameState;
}

export interface Unwound {
  /** Innermost first; the function at pc is the first. Never empty. */
  readonly backtrace: Backtrace;
  /** The lowest address that was needed and is not in the copy; undefined when the copy sufficed. */
  readonly missing: Address | undefined;
  /** The end of what was used of the copy; the copy's start when nothing was. */
  readonly usedEnd: Address;
  /** Innermost first; empty unless the unwinder watches functions. */
  readonly watched: readonly WatchedFrame[];
}

/**
 * Makes backtraces from registers and a copy of the stack. Never throws: a backtrace that does not reach the outermost call ends with
 * CUT_FRAME, which does not count as one of `maxDepth` frames.
 */
export interface StackUnwinder {
  unwind(registers: Uint32Array, stack: StackCopy, maxDepth: number): Unwound;
}
