import type { FrameRow } from '../arch/frame-row.js';
import type { Address } from '../base/units.js';
import type { DebugInfo } from './debug-info.js';

/** What is known of the frames that are at one address. */
export interface FrameStep {
  readonly row: FrameRow | undefined;
  /** Where the function starts. */
  readonly start: Address | undefined;
  /** Whether the backtrace ends here. */
  readonly stop: 'main' | 'entry' | undefined;
  /** The frames that tail calls removed below each caller, by its return address. */
  readonly tails: Map<Address, readonly Address[]>;
}

/** What a walk up a stack asks of what is known of the program. */
export interface FrameSteps {
  /** Of the program: its byte order, and what keeps damaged sections from ending the walk. */
  readonly info: DebugInfo;
  /** Whether a return address is the first instruction of a function and follows no call: a task's root, made by its scheduler. */
  isEntry(returnAddress: Address): boolean;
  /** How the walk goes on at `pc`: `isTop` when it is stopped there, not waiting for a call to return. */
  stepAt(pc: Address, isTop: boolean): FrameStep;
  /**
   * Whether a frame is that of a trap's handler, and what its return address register held tells nothing: the caller that it names has
   * not called it.
   */
  isInterruptOf(start: Address | undefined, callerPc: Address): boolean;
  /** The return addresses of the frames that tail calls removed between a frame and its caller, innermost first. */
  tailFrames(step: FrameStep, callerPc: Address): readonly Address[];
}
