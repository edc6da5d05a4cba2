/** Instructions of the windowed ABI (Xtensa Instruction Set Architecture Reference Manual, 4.7.1 and 8.1). */
import type { Address } from '../../../base/units.js';
import type { CodeBytes } from '../../code-bytes.js';

/** Bits 31:30 of a return address are how far the call moved the window; the others of its bits are those of the code that called. */
export const incrementOf = (returnAddress: number): number => returnAddress >>> 30;

export function returnsTo(returnAddress: number, near: Address): Address {
  return ((returnAddress & 0x3fffffff) | (near & 0xc0000000)) >>> 0;
}

/** Whether the instruction at an address is `entry`, which moves the window; undefined when the code is not there. */
export function isEntryAt(code: CodeBytes, address: Address): boolean | undefined {
  const bytes = code.readMemory(address, 3);
  return bytes && bytes[0] === 0x36;
}

/**
 * How far the call that stands before an address moves the window: call4 to call12, callx4 to callx12, and 0 of call0 and callx0;
 * `none` where no call stands there, undefined when the code is not there.
 */
export function callBefore(code: CodeBytes, address: Address): number | 'none' | undefined {
  const bytes = code.readMemory(address - 3, 3);
  if (!bytes) return undefined;
  const word = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16);
  const isCall = (word & 0xf) === 0x5 || (word & 0xfff0cf) === 0x0000c0;
  return isCall ? (word >>> 4) & 3 : 'none';
}
