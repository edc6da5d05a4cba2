import type { Address } from '../../base/units.js';
import type { Branch, CodeBytes } from '../code-bytes.js';
import { instructionAt, lengthOf } from './instruction.js';

/** The call (call0 to call12, callx0 to callx12), j or jx that ends at an address, if one does. They are 3 bytes long. */
export function xtensaBranchBefore(code: CodeBytes, pc: Address): Branch | undefined {
  const at = pc - 3;
  const word = instructionAt(code, at);
  if (word === undefined || lengthOf(word) !== 3) return undefined;
  // Offsets of 18 bits stand in bits 23:6.
  const offset = (word << 8) >> 14;
  if ((word & 0x0f) === 0x05) return { isCall: true, target: ((at & ~3) + 4 + offset * 4) >>> 0 };
  if ((word & 0x3f) === 0x06) return { isCall: false, target: (at + 4 + offset) >>> 0 };
  if ((word & 0xfff0cf) === 0x0000c0) return { isCall: true, target: undefined };
  if ((word & 0xfff0ff) === 0x0000a0) return { isCall: false, target: undefined };
  return undefined;
}
