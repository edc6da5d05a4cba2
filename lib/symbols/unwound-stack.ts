import type { Address } from '../base/units.js';

/** The 32-bit word of the target's memory at an address; undefined where there is no copy of it. */
export type ReadMemory = (address: Address) => number | undefined;

/** One frame of the stack, before inlined calls are told apart (`locate` does that). */
export interface RawFrame {
  /** Frame 0, what an exception interrupted, the root of a task: where it is. Other frames: the return address. EXC_RETURN for `signal`. */
  readonly pc: Address;
  /** The stack pointer before the call: constant while the frame lives. The frame's own sp where it is not known. */
  readonly cfa: Address;
  /** `guessed` from the first frame on that was found without call frame information. */
  readonly certainty: 'exact' | 'guessed';
  /** `signal`: an exception was taken here (`<signal handler called>`). `tail`: not on the stack, found by call-site data. */
  readonly kind: 'normal' | 'signal' | 'tail';
  /** Whether `pc` is a return address: what `locate` must be told. */
  readonly isReturnAddress: boolean;
  /** Of frames whose registers were asked for ({@link UnwindOptions.registersOf}), and of those that called them: as they were in it. */
  readonly registers?: readonly number[];
  /** Whether it was asked for. */
  readonly isWatched?: boolean;
}

/**
 * Why a backtrace ended. `main`, `entry`, `outermost`: complete. `zero-pc`: a return to 0. `depth`: the limit. `repeated`, `corrupt`:
 * the stack makes no sense from here. `no-memory`: see `needs`. `no-psp`: the process stack pointer is needed and was not given.
 * `other-security`: a TrustZone exception that interrupted code of the other security state, whose stack pointer is not known.
 * `no-rule`: nothing says how to go on. `unknown-machine`: the registers of this processor are not described.
 */
export type StackEnd =
  | 'main'
  | 'entry'
  | 'outermost'
  | 'zero-pc'
  | 'depth'
  | 'repeated'
  | 'corrupt'
  | 'no-memory'
  | 'no-psp'
  | 'other-security'
  | 'no-rule'
  | 'unknown-machine';

/** How far a stack is walked. */
export interface UnwindOptions {
  /** Frames at most; 200 unless told, 10,000 at most. */
  readonly maxDepth?: number;
  /** Go on above `main`, up to the entry point (gdb's `backtrace past-main`). */
  readonly pastMain?: boolean;
  /** Cortex-M: the process stack pointer, needed when a handler interrupted code that used it. */
  readonly psp?: number;
  /** Starts of functions: their frames, and those that called them, come with registers. */
  readonly registersOf?: ReadonlySet<Address> | undefined;
}

/** The frames of a stack that was walked, and why the walk ended. */
export interface UnwoundStack {
  /** Innermost first; at least one unless the machine is unknown. */
  readonly frames: readonly RawFrame[];
  readonly end: StackEnd;
  /** The address that was wanted and not there: read more of the stack and unwind again. */
  readonly needs?: { readonly address: Address };
}
