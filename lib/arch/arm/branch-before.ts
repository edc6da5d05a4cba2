import type { Address } from '../../base/units.js';
import type { Branch, CodeBytes } from '../code-bytes.js';

const MOV_LR_PC = 0x46fe;

/** The Thumb branch that ends at an address, if one does; undefined as well when the code is not there. */
export function thumbBranchBefore(code: CodeBytes, pc: Address): Branch | undefined {
  const before = code.readMemory(pc - 4, 4) ?? code.readMemory(pc - 2, 2);
  return before && branchIn(before, pc, code.littleEndian);
}

/**
 * The branch that ends at `pc`, if one does (Arm ARM, BL encoding T1 and B encodings T2 and T4):
 *   BL    11110 S imm10, 11 J1 1 J2 imm11     B.W   11110 S imm10, 10 J1 1 J2 imm11     B   11100 imm11
 *   BLX   010001111 Rm (3)000                 BX    010001110 Rm (3)000, a call behind `mov lr, pc`
 */
function branchIn(before: Uint8Array, pc: Address, littleEndian: boolean): Branch | undefined {
  const view = new DataView(before.buffer, before.byteOffset, before.length);
  const last = view.getUint16(before.length - 2, littleEndian);
  const first = before.length === 4 ? view.getUint16(0, littleEndian) : 0;
  if ((last & 0xff80) === 0x4780) return { isCall: true, target: undefined };
  if ((last & 0xff80) === 0x4700 && first === MOV_LR_PC) return { isCall: true, target: undefined };
  if ((first & 0xf800) === 0xf000 && (last & 0x9000) === 0x9000) {
    return { isCall: (last & 0x4000) !== 0, target: wideTarget(first, last, pc) };
  }
  // `blx label` goes to Arm code.
  if ((first & 0xf800) === 0xf000 && (last & 0xd001) === 0xc000) return { isCall: true, target: undefined };
  if ((last & 0xf800) === 0xe000) return { isCall: false, target: (pc + 2 + (((last & 0x7ff) << 21) >> 20)) >>> 0 };
  return undefined;
}

function wideTarget(first: number, last: number, pc: Address): Address {
  const sign = (first >> 10) & 1;
  const i1 = ((last >> 13) & 1) === sign ? 1 : 0;
  const i2 = ((last >> 11) & 1) === sign ? 1 : 0;
  const offset = (sign << 24) | (i1 << 23) | (i2 << 22) | ((first & 0x3ff) << 12) | ((last & 0x7ff) << 1);
  return (pc + ((offset << 7) >> 7)) >>> 0;
}
