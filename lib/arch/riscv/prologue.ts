/**
 * Guesses a RISC-V function's frame from its first instructions, for code without call frame information (libraries that were built
 * without it, assembly code). Follows what moves the stack pointer and what is stored to the stack, up to the first branch.
 */
import type { Address } from '../../base/units.js';
import type { CodeBytes } from '../code-bytes.js';
import { type FrameRow, type RegisterRule, RuleKind } from '../frame-row.js';
import { expand } from './expand.js';
import {
  funct3,
  immediateI,
  immediateJ,
  immediateS,
  immediateU,
  lengthOf,
  Opcode,
  opcode,
  rd,
  rs1,
  rs2,
} from './instruction.js';
import { RA, S0, SP, T0 } from './registers.js';

const MAX_INSTRUCTIONS = 64;

/** The row at `pc` of the function that starts at `start`; undefined when its code is not there. */
export function riscvPrologueRow(code: CodeBytes, start: Address, pc: Address): FrameRow | undefined {
  const scan = new PrologueScan(code);
  if (!scan.run(start, pc)) return undefined;
  const rules: RegisterRule[] = [];
  for (const [register, offset] of scan.saved) rules.push({ register, kind: RuleKind.offset, value: offset });
  return {
    cfaRegister: scan.frameRegister,
    cfaOffset: scan.frameRegister === SP ? scan.depth : scan.frameDepth,
    cfaExpression: undefined,
    rules,
    returnColumn: RA,
    isOutermost: false,
    isSignalFrame: false,
    certainty: 'guessed',
  };
}

class PrologueScan {
  /** How far the stack pointer is below the CFA. */
  depth = 0;
  /** Saved registers: where, from the CFA. */
  readonly saved = new Map<number, number>();
  frameRegister: number = SP;
  frameDepth = 0;
  /** Constants that large frames are made with. */
  private readonly constants = new Map<number, number>();

  constructor(private readonly code: CodeBytes) {}

  run(start: Address, pc: Address): boolean {
    let address = start;
    for (let count = 0; count < MAX_INSTRUCTIONS && address < pc; count++) {
      const word = this.wordAt(address);
      if (word === undefined) return count > 0;
      const instruction = expand(word);
      if (instruction !== undefined && this.isEnd(instruction, address)) return true;
      if (instruction !== undefined) this.follow(instruction);
      address += lengthOf(word);
    }
    return this.wordAt(start) !== undefined;
  }

  private wordAt(address: Address): number | undefined {
    const low = this.code.readMemory(address, 2);
    if (!low) return undefined;
    const first = (low[0] ?? 0) | ((low[1] ?? 0) << 8);
    if (lengthOf(first) === 2) return first;
    const high = this.code.readMemory(address + 2, 2);
    return high && (first | ((high[0] ?? 0) << 16) | ((high[1] ?? 0) << 24)) >>> 0;
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
        if (funct3(code) === 2 && rs1(code) === SP) this.store(rs2(code), immediateS(code));
        break;
      default:
    }
  }

  private addImmediate(to: number, from: number, value: number): void {
    if (to === SP && from === SP) this.depth -= value;
    else if (to === S0 && from === SP) {
      this.frameRegister = S0;
      this.frameDepth = this.depth - value;
    } else if (from === 0) this.constants.set(to, value);
    else if (to === from) this.constants.set(to, (this.constants.get(from) ?? 0) + value);
  }

  /** add sp, sp, t0; sub sp, sp, t0: frames of more than 2 KiB. */
  private addRegister(code: number): void {
    if (rd(code) !== SP || rs1(code) !== SP || funct3(code) !== 0) return;
    const value = this.constants.get(rs2(code)) ?? 0;
    this.depth -= code >>> 25 === 0 ? value : -value;
  }

  private store(register: number, offset: number): void {
    const isKept = register === RA || register === S0 || register === 9 || (register >= 18 && register <= 27);
    if (isKept && !this.saved.has(register) && offset < this.depth) this.saved.set(register, offset - this.depth);
  }

  /** __riscv_save_0 to 12 of libgcc: what they do is in their own code, up to where they return through t0. */
  private savedByCall(target: Address): void {
    let address = target;
    for (let count = 0; count < MAX_INSTRUCTIONS; count++) {
      const word = this.wordAt(address);
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
