import type { Address } from '../../base/units.js';
import type { CodeBytes } from '../code-bytes.js';
import { FrameGuess, type GuessedRegisters } from '../frame-guess.js';
import type { FrameRow } from '../frame-row.js';
import { riscvBranchBefore } from './branch-before.js';
import { expand } from './expand.js';
import { funct3, immediateI, immediateJ, instructionAt, lengthOf, Opcode, opcode, rd, rs1 } from './instruction.js';
import { RA, SP } from './registers.js';

const MAX_INSTRUCTIONS = 32;

/**
 * The row at an address from which the code goes straight to the function's return: what it takes from the stack on the way is what the
 * caller's registers were. This holds where a prologue says nothing: behind the first instruction that gives the frame back, and in the
 * functions of libgcc that restore registers for others. Undefined where a branch or a call comes first.
 */
export function riscvEpilogueRow(code: CodeBytes, pc: Address, registers: GuessedRegisters): FrameRow | undefined {
  const scan = new EpilogueScan();
  let address = pc;
  for (let count = 0; count < MAX_INSTRUCTIONS; count++) {
    const word = instructionAt(code, address);
    const instruction = word === undefined ? undefined : expand(word);
    if (word === undefined || instruction === undefined) return undefined;
    switch (scan.follow(instruction)) {
      case 'return': {
        // Behind a call the return address is not in its register any more.
        const isKnown = scan.loads.has(RA) || !riscvBranchBefore(code, pc)?.isCall;
        return isKnown ? scan.row(registers) : undefined;
      }
      case 'jump':
        address += immediateJ(instruction);
        break;
      case 'next':
        address += lengthOf(word);
        break;
      case 'unknown':
        return undefined;
    }
  }
  return undefined;
}

class EpilogueScan {
  /** Registers that are loaded: from where, above the stack pointer at the start. */
  readonly loads = new Map<number, number>();
  private popped = 0;

  follow(instruction: number): 'next' | 'jump' | 'return' | 'unknown' {
    const to = rd(instruction);
    switch (opcode(instruction)) {
      case Opcode.jalr:
        return to === 0 && rs1(instruction) === RA && immediateI(instruction) === 0 ? 'return' : 'unknown';
      case Opcode.jal:
        return to === 0 ? 'jump' : 'unknown';
      case Opcode.load:
        return this.load(instruction);
      case Opcode.immediate:
        if (to === SP) return this.pop(instruction);
        return to === RA ? 'unknown' : 'next';
      case Opcode.lui:
      case Opcode.auipc:
      case Opcode.register:
        return to === SP || to === RA ? 'unknown' : 'next';
      case Opcode.store:
        return 'next';
      default:
        return 'unknown';
    }
  }

  private load(instruction: number): 'next' | 'unknown' {
    const isWordOfStack = funct3(instruction) === 2 && rs1(instruction) === SP;
    if (isWordOfStack && rd(instruction) !== SP) {
      this.loads.set(rd(instruction), this.popped + immediateI(instruction));
      return 'next';
    }
    return rd(instruction) === SP || rd(instruction) === RA ? 'unknown' : 'next';
  }

  private pop(instruction: number): 'next' | 'unknown' {
    const bytes = immediateI(instruction);
    if (funct3(instruction) !== 0 || rs1(instruction) !== SP || bytes < 0) return 'unknown';
    this.popped += bytes;
    return 'next';
  }

  row(registers: GuessedRegisters): FrameRow {
    const guess = new FrameGuess(registers);
    guess.depth = this.popped;
    for (const [register, offset] of this.loads) guess.store(register, offset);
    return guess.row();
  }
}
