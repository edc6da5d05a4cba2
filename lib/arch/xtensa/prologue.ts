/**
 * Guesses the frame of a function of the call0 ABI from its first instructions, for code without call frame information (the ROM and the
 * libraries of an ESP8266). Follows what moves the stack pointer and what is stored to the stack, up to the first branch.
 */
import type { Address } from '../../base/units.js';
import type { CodeBytes } from '../code-bytes.js';
import { FrameGuess, type GuessedRegisters } from '../frame-guess.js';
import type { FrameRow } from '../frame-row.js';
import { imm8, instructionAt, lengthOf, op0, r, s, signedImm8, t } from './instruction.js';
import { A0, FIRST_KEPT, FRAME, SP } from './registers.js';

const MAX_INSTRUCTIONS = 64;
const REGISTERS: GuessedRegisters = {
  sp: SP,
  returnAddress: A0,
  isKept: (register) => register === A0 || register >= FIRST_KEPT,
};

/** The row at `pc` of the function that starts at `start`; undefined when its code is not there. */
export function xtensaPrologueRow(code: CodeBytes, start: Address, pc: Address): FrameRow | undefined {
  const scan = new PrologueScan();
  let address = start;
  for (let count = 0; count < MAX_INSTRUCTIONS && address < pc; count++) {
    const word = instructionAt(code, address);
    if (word === undefined && count === 0) return undefined;
    if (word === undefined || isEnd(word)) break;
    if (lengthOf(word) === 2) scan.narrow(word);
    else scan.wide(word);
    address += lengthOf(word);
  }
  return scan.guess.row();
}

class PrologueScan {
  readonly guess = new FrameGuess(REGISTERS);
  /** Constants that large frames are made with. */
  private readonly constants = new Map<number, number>();

  /** s32i.n at, as, n; mov.n at, as; addi.n ar, as, n */
  narrow(word: number): void {
    if (op0(word) === 0x9 && s(word) === SP) this.guess.store(t(word), r(word) * 4);
    if (op0(word) === 0xd && r(word) === 0 && t(word) === FRAME && s(word) === SP) this.guess.setFrame(FRAME, 0);
    if (op0(word) === 0xb && r(word) === SP && s(word) === SP) this.guess.depth -= t(word) === 0 ? -1 : t(word);
  }

  /** addi, addmi, s32i, movi; sub ar, as, at */
  wide(word: number): void {
    if (op0(word) === 2) {
      const isOfStack = s(word) === SP;
      if (r(word) === 0xc && isOfStack && t(word) === SP) this.guess.depth -= signedImm8(word);
      if (r(word) === 0xc && isOfStack && t(word) === FRAME) this.guess.setFrame(FRAME, signedImm8(word));
      if (r(word) === 0xd && isOfStack && t(word) === SP) this.guess.depth -= signedImm8(word) * 256;
      if (r(word) === 0x6 && isOfStack) this.guess.store(t(word), imm8(word) * 4);
      // imm[11:8] stands in s.
      if (r(word) === 0xa) this.constants.set(t(word), (((s(word) << 8) | imm8(word)) << 20) >> 20);
    }
    if ((word & 0xff000f) === 0xc00000 && r(word) === SP && s(word) === SP) {
      this.guess.depth += this.constants.get(t(word)) ?? 0;
    }
  }
}

/** Branches, jumps and returns: what follows is not reached in sequence. Calls come back. */
function isEnd(word: number): boolean {
  if (word === 0xf00d || word === 0x000080) return true;
  // bxx.n: op0 12 with bit 7
  if (op0(word) === 0xc && lengthOf(word) === 2) return (word & 0x80) !== 0;
  return op0(word) === 6 || op0(word) === 7 || (word & 0xfff0ff) === 0x0000a0;
}
