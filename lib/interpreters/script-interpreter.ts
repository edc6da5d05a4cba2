import type { Address } from '../base/units.js';
import { CUT_FRAME, type Frame } from '../trace/heap-event.js';
import type { ReadScriptMemory } from './micropython/script/script-memory.js';

/** One frame of the interpreter's loop. */
export interface LoopFrame {
  /** What its parameter points to. */
  readonly state: Address;
  /** How many functions it runs that call each other; undefined where that is not known. */
  readonly calls: number | undefined;
}

/**
 * Stands behind the frames of scripts of one loop, for their callers in the same loop that are not known: damaged memory, or too many. The C functions
 * go on behind it.
 */
export const UNKNOWN_CALLERS: Frame = { ...CUT_FRAME, kind: 'script', certainty: 'guessed' };

/**
 * Tells the frames of scripts that a frame of the loop runs, innermost first; undefined where its state makes no sense, with
 * {@link UNKNOWN_CALLERS} last where that of a caller makes none.
 */
export type LoopWalk = (frame: LoopFrame, read: ReadScriptMemory) => Promise<readonly Frame[] | undefined>;

/** Where in its script an interpreter is, by what its loop runs. */
export interface ScriptInterpreter {
  /** Where the functions begin that run scripts: the loop and its clones. */
  readonly loops: ReadonlySet<Address>;
  /** The parameter of the loop that points to the state of what it runs. */
  readonly parameter: string;
  /** The parameter that counts the functions that one loop runs; absent where there is none. */
  readonly callsParameter?: string;
  /** Whether the state lies in the frame of whoever called the loop, so that it can be searched for there. */
  readonly isStateOnStack: boolean;
  /** The heap was collected or began anew: what was kept of it does not hold any more. */
  forget(): void;
  /** For one backtrace: its frames of the loop are asked for in order, the innermost first. */
  walk(): LoopWalk;
}
