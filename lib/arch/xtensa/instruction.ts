/** Fields of Xtensa instructions (Xtensa Instruction Set Architecture Reference Manual, chapter 7; little-endian). */
import type { Address } from '../../base/units.js';
import type { CodeBytes } from '../code-bytes.js';

/** Instructions of the code density option are 2 bytes long: bit 3 of the first byte is set. */
export function lengthOf(word: number): 2 | 3 {
  return (word & 8) === 0 ? 3 : 2;
}

export const op0 = (word: number): number => word & 15;
export const t = (word: number): number => (word >>> 4) & 15;
export const s = (word: number): number => (word >>> 8) & 15;
export const r = (word: number): number => (word >>> 12) & 15;
export const imm8 = (word: number): number => (word >>> 16) & 0xff;
export const signedImm8 = (word: number): number => (word << 8) >> 24;

/** The instruction at an address; undefined when its code is not there. */
export function instructionAt(code: CodeBytes, address: Address): number | undefined {
  const first = code.readMemory(address, 2);
  if (!first) return undefined;
  const half = (first[0] ?? 0) | ((first[1] ?? 0) << 8);
  if (lengthOf(half) === 2) return half;
  const last = code.readMemory(address + 2, 1);
  return last && half | ((last[0] ?? 0) << 16);
}
