import type { Address } from '../base/units.js';

/** What one instruction does, for a debugger that does it in the processor's place. */
export interface StepEffect {
  /** Registers by their index in the words of the architecture, pc always among them. */
  readonly registers: ReadonlyMap<number, number>;
  /** Words that are stored from an address upward; absent when none are. */
  readonly memory?: { readonly address: Address; readonly words: readonly number[] };
}

/** An instruction as it lies in memory, little-endian; of a short one the upper half is what follows it. */
export interface Instruction {
  readonly word: number;
  /** What the instruction loads from the code; absent when it loads nothing. */
  readonly literal?: number;
}
