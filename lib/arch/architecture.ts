import type { Address, Bytes } from '../base/units.js';
import type { Branch, CodeBytes } from './code-bytes.js';
import type { EnteredCall } from './entered-call.js';
import type { FrameRow } from './frame-row.js';
import type { ProcessorState } from './processor-state.js';
import type { RegisterWindows } from './register-windows.js';
import type { Instruction, StepEffect } from './step-effect.js';

/**
 * What capturing and unwinding must know of an instruction set: everything that differs between them is said here, once. A register is
 * its index in {@link registers}, which is its number in DWARF as well, but for status words.
 */
export interface Architecture {
  readonly name: 'arm' | 'riscv' | 'xtensa';
  /** Which gdb may know it, the best first. */
  readonly gdbPrograms: readonly string[];
  /** For messages: `ARM's r0 to r15`. */
  readonly coreRegisters: string;
  /** The words that a capture works with, in order, each with the names that debug servers and gdb have for it. */
  readonly registers: readonly (readonly string[])[];
  /** So many of them every server has; those behind are status words that some have. */
  readonly required: number;
  readonly sp: number;
  readonly pc: number;
  /** Where a call has left what the function that it entered needs, at that function's first instruction. */
  callAt(registers: ArrayLike<number>): EnteredCall;
  /** Where the result of a call is that returned to an address. */
  resultAt(code: CodeBytes, returnAddress: Address, registers: ArrayLike<number>): number;
  /** Why a function cannot be followed from its first instruction; undefined where it can. */
  entryProblem(code: CodeBytes, start: Address): string | undefined;
  /** What must be written to put a stopped processor back to where it was. */
  readonly restored: readonly number[];
  /** The address of an instruction, of what the pc or a symbol says. */
  codeAddress(value: number): Address;
  /** Where a return address leads to, as a register or a stack holds it. `near` is any address of the code that returns. */
  returnsTo(value: number, near: Address): Address;
  /** Registers that move with each call; absent where each has its place. */
  readonly windows?: RegisterWindows;

  /** What debug servers are told of a breakpoint: the length of the instruction, or 2 where any will do. Undefined: `code` is needed. */
  breakpointKind(code?: number): number | undefined;
  /** Ways to return from a function, to resume at: what of a function's own code, or any near it, is looked for, in this order. */
  readonly returns: readonly { readonly bytes: readonly number[]; readonly text: string }[];
  /** Instructions begin at multiples of this. */
  readonly codeAlignment: 1 | 2;
  /** Whether code never changes where {@link mayStepAt} agrees; else it is read each time. */
  readonly hasConstantCode: boolean;
  /** Whether instructions at pc may be done in the processor's place. */
  mayStepAt(pc: Address, registers: Uint32Array): boolean;
  /** Where an instruction reads a constant of the code; undefined for others. */
  literalAddress(word: number, pc: Address): Address | undefined;
  /** What an instruction at pc does; undefined when the processor must run it itself. */
  effectOf(instruction: Instruction, registers: Uint32Array): StepEffect | undefined;

  /** What the status words say. */
  stateOf(registers: ArrayLike<number>, processor: { readonly isCortexM: boolean }): ProcessorState;
  /** Addresses where a processor stands that has given up. */
  isLockup(pc: Address): boolean;
  /** Registers in memory that tell what a fault was; the words that they need to be of worth are masks of the first. */
  readonly faultRegisters: readonly { readonly name: string; readonly address: Address; readonly validMask?: number }[];
  /** Whether a core that was halted at pc waits for an interrupt. */
  isAsleepAt(code: CodeBytes, pc: Address): boolean;

  /** Whether a stack may be looked for at an address, `isKnown` to be memory or not: a read of a peripheral may change it. */
  mayHoldStack(address: Address, isKnown: boolean): boolean;
  /** So many bytes below the stack pointer belong to callers. */
  readonly belowStack: Bytes;
  /** Whether a word may be the end of a stack. */
  mayBeStackTop(address: Address): boolean;
  /** Whether the first word of the vector table is the initial stack pointer. */
  readonly hasStackInVectors: boolean;

  /** What a return to an address ends that is no call; undefined for code. */
  exceptionEndOf(address: Address): 'exception' | 'other-security' | undefined;
  /** Whether a function returns from a trap by an instruction of its own: an interrupt entered it, where nothing called it. */
  returnsFromTrap(code: CodeBytes, start: Address, sizeBytes: Bytes): boolean;
  /** The branch that ends at an address, if one does. */
  branchBefore(code: CodeBytes, pc: Address): Branch | undefined;
  /** The frame of a function that has neither call frame information nor unwind tables, guessed by its first instructions. */
  prologueRow(code: CodeBytes, start: Address, pc: Address): FrameRow | undefined;
  /**
   * How a debug server would describe the core registers to gdb, for a gdb that is shown a recorded stop. `status`: the status words
   * beside them, by the values that stand for those which a recording lacks.
   */
  readonly description: {
    readonly architecture: string;
    readonly feature: string;
    readonly status: readonly number[];
  };
}
