/**
 * Guesses a Thumb function's frame from its first instructions, for code that has neither call frame information nor unwind tables
 * (Armv7-M Architecture Reference Manual, A7.7 for the encodings). Follows what moves the stack pointer, up to the first branch.
 */
import type { Address } from '../../base/units.js';
import type { CodeBytes } from '../code-bytes.js';
import { FrameGuess, type GuessedRegisters } from '../frame-guess.js';
import type { FrameRow } from '../frame-row.js';
import { LR, SP } from './registers.js';

const MAX_INSTRUCTIONS = 64;
/** r0-r3 are pushed to make room or as arguments; only registers that the caller relies on are restored. */
const REGISTERS: GuessedRegisters = {
  sp: SP,
  returnAddress: LR,
  isKept: (register) => register >= 4 && register <= LR,
};

/** The row at `pc` of the function that starts at `start`; undefined when its code is not in the file. */
export function thumbPrologueRow(elfFile: CodeBytes, start: Address, pc: Address): FrameRow | undefined {
  const scan = new PrologueScan(elfFile);
  return scan.run(start, pc) ? scan.guess.row() : undefined;
}

class PrologueScan {
  readonly guess = new FrameGuess(REGISTERS);
  private readonly literals = new Map<number, number>();

  constructor(private readonly elfFile: CodeBytes) {}

  run(start: Address, pc: Address): boolean {
    let address = start;
    for (let count = 0; count < MAX_INSTRUCTIONS && address < pc; count++) {
      const first = this.half(address);
      if (first === undefined) return count > 0;
      if (first >= 0xe800) {
        const second = this.half(address + 2);
        if (second === undefined || this.isWideBranch(first, second)) return true;
        this.wide(first, second);
        address += 4;
      } else {
        if (isBranch(first)) return true;
        this.narrow(first, address);
        address += 2;
      }
    }
    return this.half(start) !== undefined;
  }

  private half(address: Address): number | undefined {
    const bytes = this.elfFile.readMemory(address, 2);
    if (!bytes) return undefined;
    const [low = 0, high = 0] = this.elfFile.littleEndian ? bytes : [bytes[1], bytes[0]];
    return (high << 8) | low;
  }

  private push(mask: number): void {
    let count = 0;
    for (let register = 0; register < 16; register++) if (mask & (1 << register)) count++;
    this.guess.depth += count * 4;
    let offset = 0;
    for (let register = 0; register < 16; register++) {
      if (!(mask & (1 << register))) continue;
      this.guess.store(register, offset);
      offset += 4;
    }
  }

  private narrow(code: number, address: Address): void {
    if ((code & 0xfe00) === 0xb400) this.push((code & 0xff) | (code & 0x100 ? 1 << LR : 0));
    else if ((code & 0xff80) === 0xb080)
      this.guess.depth += (code & 0x7f) * 4; // sub sp, #n
    else if ((code & 0xff80) === 0xb000)
      this.guess.depth -= (code & 0x7f) * 4; // add sp, #n
    else if ((code & 0xff00) === 0xaf00)
      this.guess.setFrame(7, (code & 0xff) * 4); // add r7, sp, #n
    else if (code === 0x466f)
      this.guess.setFrame(7, 0); // mov r7, sp
    else if (code === 0x46eb)
      this.guess.setFrame(11, 0); // mov r11, sp
    else if ((code & 0xf800) === 0x9000) this.guess.store((code >> 8) & 7, (code & 0xff) * 4);
    else if ((code & 0xf800) === 0x4800) this.literal((code >> 8) & 7, (address & ~3) + 4 + (code & 0xff) * 4);
    else if ((code & 0xff87) === 0x4485) this.guess.depth -= this.literals.get((code >> 3) & 15) ?? 0; // add sp, rN
  }

  private wide(first: number, second: number): void {
    const immediate = expandImmediate(first, second);
    if (first === 0xe92d)
      this.push(second & 0x5fff); // push.w
    else if (first === 0xf84d && (second & 0x0fff) === 0x0d04)
      this.push(1 << (second >> 12)); // str rN, [sp, #-4]!
    else if ((first & 0xfbef) === 0xf1ad && (second & 0x8f00) === 0x0d00)
      this.guess.depth += immediate; // sub.w sp, sp, #n
    else if ((first & 0xfbff) === 0xf2ad && (second & 0x8f00) === 0x0d00)
      this.guess.depth += plainImmediate(first, second); // subw
    else if ((first & 0xffbf) === 0xed2d && (second & 0x0e00) === 0x0a00)
      this.guess.depth += (second & 0xff) * 4; // vpush
    else if (first === 0xf8cd) this.guess.store(second >> 12, second & 0xfff); // str.w rN, [sp, #n]
  }

  private isWideBranch(first: number, second: number): boolean {
    if ((first & 0xf800) === 0xf000 && (second & 0x8000) !== 0)
      return (second & 0x5000) !== 0x5000 && (second & 0x5000) !== 0x4000;
    return first === 0xe8bd && (second & 0x8000) !== 0; // pop.w {.., pc}
  }

  private literal(register: number, address: Address): void {
    const bytes = this.elfFile.readMemory(address, 4);
    if (!bytes) return;
    this.literals.set(register, new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, this.elfFile.littleEndian));
  }
}

/** Branches, and pops into the pc: what follows is not reached in sequence. Calls go on. */
function isBranch(code: number): boolean {
  const conditional = (code & 0xf000) === 0xd000 && (code & 0x0f00) < 0x0e00;
  const compareAndBranch = (code & 0xf500) === 0xb100;
  const popsPc = (code & 0xff00) === 0xbd00;
  const toRegister = (code & 0xff80) === 0x4700;
  return conditional || compareAndBranch || popsPc || toRegister || (code & 0xf800) === 0xe000;
}

function plainImmediate(first: number, second: number): number {
  return ((first & 0x400) << 1) | ((second >> 4) & 0x700) | (second & 0xff);
}

/** ThumbExpandImm (A5.3.2). */
function expandImmediate(first: number, second: number): number {
  const bits = plainImmediate(first, second);
  const byte = bits & 0xff;
  switch (bits >> 8) {
    case 0:
      return byte;
    case 1:
      return byte * 0x00010001;
    case 2:
      return byte * 0x01000100;
    case 3:
      return byte * 0x01010101;
    default: {
      const value = 0x80 | (bits & 0x7f);
      const rotation = bits >> 7;
      return ((value >>> rotation) | (value << (32 - rotation))) >>> 0;
    }
  }
}
