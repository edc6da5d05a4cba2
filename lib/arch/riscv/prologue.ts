/**
 * Guesses a RISC-V function's frame from its first instructions, for code without call frame information (libraries that were built
 * without it, assembly code), and from its last ones where nothing else can come any more. Follows what moves the stack pointer and what is stored to the stack, up to the first branch.
 */
import type { Address } from '../../base/units.js';
import type { CodeBytes } from '../code-bytes.js';
import { FrameGuess, type GuessedRegisters } from '../frame-guess.js';
import type { FrameRow } from '../frame-row.js';
import { riscvEpilogueRow } from './epilogue.js';
import { expand } from './expand.js';
import {
  funct3,
  immediateI,
  immediateJ,
  immediateS,
  immediateU,
  instructionAt,
  lengthOf,
  Opcode,
  opcode,
  rd,
  rs1,
  rs2,
} from './instruction.js';
import { RA, S0, S1, S2, S11, SP, T0 } from './registers.js';

const MAX_INSTRUCTIONS = 64;
const REGISTERS: GuessedRegisters = {
  sp: SP,
  returnAddress: RA,
  isKept: (register) => register === RA || register === S0 || register === S1 || (register >= S2 && register <= S11),
};

/** The row at `pc` of the function that starts at `start`; undefined when its code is not there. */
export function riscvPrologueRow(code: CodeBytes, start: Address, pc: Address): FrameRow | undefined {
  const atEnd = riscvEpilogueRow(code, pc, REGISTERS);
  if (atEnd) return atEnd;
  const scan = new PrologueScan(code);
  return scan.run(start, pc) ? scan.guess.row() : undefined;
}

class PrologueScan {
  readonly guess = new FrameGuess(REGISTERS);
  /** Constants that large frames are made with. */
  private readonly constants = new Map<number, number>();

  constructor(private readonly code: CodeBytes) {}

  run(start: Address, pc: Address): boolean {
    let address = start;
    for (let count = 0; count < MAX_INSTRUCTIONS && address < pc; count++) {
      const word = instructionAt(this.code, address);
      if (word === undefined) return count > 0;
      const instruction = expand(word);
      if (instruction !== undefined && this.isEnd(instruction, address)) return true;
      if (instruction !== undefined) this.follow(instruction);
      address += lengthOf(word);
    }
    return instructionAt(this.code, start) !== undefined;
  }

  /** Jumps that do not come back. The call of a function that saves registers does what a prologue does. */
  private isEnd(code: number, at: Address): boolean {
    switch (opcode(code)) {
      case Opcode.branch:
        return true;
      case Opcode.jal:
        if (rd(code) === T0) this.savedByCall((at + immediateJ(code)) >>> 0);
        return rd(code) === 0;
      case Opcode.jalr:
        return rd(code) === 0;
      default:
        return false;
    }
  }

  private follow(code: number): void {
    switch (opcode(code)) {
      case Opcode.immediate:
        if (funct3(code) === 0) this.addImmediate(rd(code), rs1(code), immediateI(code));
        break;
      case Opcode.lui:
        this.constants.set(rd(code), immediateU(code));
        break;
      case Opcode.register:
        this.addRegister(code);
        break;
      case Opcode.store:
        if (funct3(code) === 2 && rs1(code) === SP) this.guess.store(rs2(code), immediateS(code));
        break;
      default:
    }
  }

  private addImmediate(to: number, from: number, value: number): void {
    if (to === SP && from === SP) this.guess.depth -= value;
    else if (to === S0 && from === SP) this.guess.setFrame(S0, value);
    else if (from === 0) this.constants.set(to, value);
    else if (to === from) this.constants.set(to, (this.constants.get(from) ?? 0) + value);
  }

  /** add sp, sp, t0; sub sp, sp, t0: frames of more than 2 KiB. */
  private addRegister(code: number): void {
    if (rd(code) !== SP || rs1(code) !== SP || funct3(code) !== 0) return;
    const value = this.constants.get(rs2(code)) ?? 0;
    this.guess.depth -= code >>> 25 === 0 ? value : -value;
  }

  /** __riscv_save_0 to 12 of libgcc: what they do is in their own code, up to where they return through t0. */
  private savedByCall(target: Address): void {
    let address = target;
    for (let count = 0; count < MAX_INSTRUCTIONS; count++) {
      const word = instructionAt(this.code, address);
      const instruction = word === undefined ? undefined : expand(word);
      if (word === undefined || instruction === undefined) return;
      if (opcode(instruction) === Opcode.jalr || opcode(instruction) === Opcode.branch) return;
      if (opcode(instruction) === Opcode.jal) address += immediateJ(instruction);
      else {
        this.follow(instruction);
        address += lengthOf(word);
      }
    }
  }
}
