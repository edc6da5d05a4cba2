import type { Address, Bytes } from '../../base/units.js';
import type { CodeBytes } from '../code-bytes.js';
import { OUTSIDE_OF_HANDLERS, type ProcessorState } from '../processor-state.js';
import { instructionAt, lengthOf } from './instruction.js';
import { MCAUSE, MSTATUS } from './registers.js';

/** mstatus: interrupts are enabled. */
const MIE = 1 << 3;
/** mstatus: what the processor was in before the trap; 3 is machine mode. */
const MPP = 3 << 11;
const INTERRUPT = 0x80000000;
const WFI = 0x10500073;
const TRAP_RETURNS: ReadonlySet<number> = new Set([0x30200073, 0x10200073]);
const MAX_HANDLER_BYTES: Bytes = 16 * 1024;

/** Exception codes of mcause (The RISC-V Instruction Set Manual, volume II, 3.1.15). Calls and breakpoints are no faults. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  0: 'instruction address misaligned',
  1: 'instruction access fault',
  2: 'illegal instruction',
  3: 'breakpoint',
  4: 'load address misaligned',
  5: 'load access fault',
  6: 'store address misaligned',
  7: 'store access fault',
  8: 'environment call from user mode',
  11: 'environment call from machine mode',
  12: 'instruction page fault',
  13: 'load page fault',
  15: 'store page fault',
};
const HARMLESS: ReadonlySet<number> = new Set([3, 8, 9, 11]);

/**
 * Whether a trap handler runs. A trap in machine mode leaves interrupts disabled and MPP at machine mode, and mret puts MPP to the least
 * privileged mode that there is: so it cannot be taken for a critical section on cores with user mode. mcause keeps its value behind
 * mret; before the first trap it is 0. Unknown status words say that no handler runs.
 */
export function riscvState(registers: ArrayLike<number>): ProcessorState {
  const status = registers[MSTATUS];
  const cause = registers[MCAUSE];
  if (status === undefined || cause === undefined || cause === 0) return OUTSIDE_OF_HANDLERS;
  if ((status & MPP) !== MPP || (status & MIE) !== 0) return OUTSIDE_OF_HANDLERS;
  const code = cause & ~INTERRUPT;
  if ((cause & INTERRUPT) !== 0) return { number: cause >>> 0, text: `in interrupt ${code}`, isFault: false };
  const text = EXCEPTIONS[code] ?? `exception ${code}`;
  return { number: 0x1000 + code, text: HARMLESS.has(code) ? `in ${text}` : text, isFault: !HARMLESS.has(code) };
}

/** A halt wakes the core: it stands behind the wfi. */
export function isAsleepAt(code: CodeBytes, pc: Address): boolean {
  return instructionAt(code, pc - 4) === WFI;
}

/** Whether a function has an mret or sret: that of `__attribute__((interrupt))`, or what an operating system enters by mtvec. */
export function returnsFromTrap(code: CodeBytes, start: Address, sizeBytes: Bytes): boolean {
  const end = start + Math.min(sizeBytes, MAX_HANDLER_BYTES);
  for (let at = start; at < end; ) {
    const word = instructionAt(code, at);
    if (word === undefined) return false;
    if (TRAP_RETURNS.has(word)) return true;
    at += lengthOf(word);
  }
  return false;
}
