import type { Address } from '../../base/units.js';
import type { Branch, CodeBytes } from '../code-bytes.js';
import { expand } from './expand.js';
import { immediateI, immediateJ, immediateU, instructionAt, lengthOf, Opcode, opcode, rd, rs1 } from './instruction.js';
import { RA, T0 } from './registers.js';

/**
 * The jump that ends at an address, if one does: jal, jalr and their compressed forms; a call where they link in ra, or in t0 as calls of
 * the functions that save registers do. Which of the two lengths the last instruction has cannot be told backward: a call counts more.
 */
export function riscvBranchBefore(code: CodeBytes, pc: Address): Branch | undefined {
  const wide = branchOf(code, pc - 4, 4);
  const narrow = branchOf(code, pc - 2, 2);
  return wide?.isCall || !narrow ? wide : narrow;
}

/** The jump at an address, of that length. */
function branchOf(code: CodeBytes, at: Address, length: 2 | 4): Branch | undefined {
  const word = instructionAt(code, at);
  const jump = word !== undefined && lengthOf(word) === length ? expand(word) : undefined;
  if (jump === undefined) return undefined;
  const isCall = rd(jump) === RA || rd(jump) === T0;
  if (!isCall && rd(jump) !== 0) return undefined;
  if (opcode(jump) === Opcode.jal) return { isCall, target: (at + immediateJ(jump)) >>> 0 };
  if (opcode(jump) !== Opcode.jalr) return undefined;
  return { isCall, target: farTarget(code, jump, at) };
}

/** auipc r, high; jalr r, low(r): the two of a call of anywhere. */
function farTarget(code: CodeBytes, jump: number, at: Address): Address | undefined {
  const before = instructionAt(code, at - 4);
  if (before === undefined || opcode(before) !== Opcode.auipc || rd(before) !== rs1(jump)) return undefined;
  return (at - 4 + immediateU(before) + immediateI(jump)) >>> 0;
}
