import type { Address } from '../../base/units.js';
import type { Instruction, StepEffect } from '../step-effect.js';
import { LR, PC, SP, XPSR } from './registers.js';

const [N, Z, C, V] = [0x80000000, 0x40000000, 0x20000000, 0x10000000];
/** IT state in xPSR: inside of an IT block instructions are conditional and set no flags. */
const IT_BITS = 0x0600fc00;

/** Where an `ldr rt, [pc, #n]` reads; undefined for other instructions. */
export function literalAddress(word: number, pc: Address): Address | undefined {
  const first = word & 0xffff;
  return first >>> 11 === 0b01001 ? ((pc + 4) & ~3) + (first & 0xff) * 4 : undefined;
}

/**
 * What a Thumb instruction does that functions begin with or that follows a call (Armv7-M Architecture Reference Manual, A7.7): mov,
 * movs, cmp, adds, subs, cbz, b, ldr literal, push, add sp, sub sp. Undefined for all others, which the processor must run itself.
 * `registers` are r0 to r15 and xPSR.
 */
export function simulateThumb({ word, literal }: Instruction, registers: Uint32Array): StepEffect | undefined {
  const xpsr = registers[XPSR];
  if (xpsr === undefined || (xpsr & IT_BITS) !== 0) return undefined;
  const machine = new Machine(registers, xpsr);
  const first = word & 0xffff;
  return first >= 0xe800 ? machine.wide(first, word >>> 16) : machine.narrow(first, literal);
}

class Machine {
  private readonly pc: Address;

  constructor(
    private readonly registers: Uint32Array,
    private readonly xpsr: number,
  ) {
    this.pc = this.read(PC);
  }

  wide(first: number, second: number): StepEffect | undefined {
    // stmdb sp!, {list} with neither sp nor pc in it
    return first === 0xe92d && (second & 0xa000) === 0 ? this.push(second, 4) : undefined;
  }

  narrow(first: number, literal: number | undefined): StepEffect | undefined {
    const low = first & 7;
    const middle = (first >>> 3) & 7;
    const high = (first >>> 8) & 7;
    const byte = first & 0xff;
    switch (first >>> 11) {
      case 0b00000: // movs rd, rm: a shift by 0
        return (first >>> 6) & 31 ? undefined : this.moveWithFlags(low, this.read(middle));
      case 0b00011: {
        if (!(first & 0x400)) return undefined;
        const immediate = (first >>> 6) & 7;
        return first & 0x200
          ? this.addWithFlags(low, this.read(middle), ~immediate >>> 0, 1)
          : this.addWithFlags(low, this.read(middle), immediate, 0);
      }
      case 0b00100:
        return this.moveWithFlags(high, byte);
      case 0b00101: // cmp
        return this.addWithFlags(undefined, this.read(high), ~byte >>> 0, 1);
      case 0b01000:
        return this.moveHigh(first);
      case 0b01001:
        return literal === undefined ? undefined : this.next(2, [[high, literal]]);
      case 0b11100:
        return this.jump((((first & 0x7ff) << 21) >> 20) + 4);
      default:
        return first >>> 12 === 0b1011 ? this.miscellaneous(first) : undefined;
    }
  }

  /** mov rd, rm with any registers; flags stay. */
  private moveHigh(first: number): StepEffect | undefined {
    const to = (first & 7) | ((first >>> 4) & 8);
    const from = (first >>> 3) & 15;
    if ((first & 0xff00) !== 0x4600 || to === PC || to === SP) return undefined;
    return this.next(2, [[to, from === PC ? this.pc + 4 : this.read(from)]]);
  }

  private miscellaneous(first: number): StepEffect | undefined {
    if ((first & 0xfe00) === 0xb400) return this.push((first & 0xff) | (first & 0x100 ? 1 << LR : 0), 2);
    if ((first & 0xff00) === 0xb000) {
      const bytes = (first & 0x7f) * 4;
      return this.next(2, [[SP, this.read(SP) + (first & 0x80 ? -bytes : bytes)]]);
    }
    if ((first & 0xf500) === 0xb100) {
      // cbz, cbnz: i:imm5:0 forward from pc + 4
      const isZero = this.read(first & 7) === 0;
      const wantsZero = (first & 0x800) === 0;
      const offset = ((first & 0x200) >>> 3) | ((first & 0xf8) >>> 2);
      return isZero === wantsZero ? this.jump(4 + offset) : this.next(2, []);
    }
    return undefined;
  }

  private push(list: number, length: number): StepEffect | undefined {
    const words: number[] = [];
    for (let register = 0; register <= LR; register++) if (list & (1 << register)) words.push(this.read(register));
    const address = this.read(SP) - words.length * 4;
    if (address < 0 || words.length === 0) return undefined;
    return { ...this.next(length, [[SP, address]]), memory: { address, words } };
  }

  private moveWithFlags(to: number, value: number): StepEffect {
    const flags = (value & N) | (value === 0 ? Z : 0);
    return this.next(2, [
      [to, value],
      [XPSR, (this.xpsr & ~(N | Z)) | flags],
    ]);
  }

  /** AddWithCarry of the manual; no `to` for a comparison. */
  private addWithFlags(to: number | undefined, a: number, b: number, carry: number): StepEffect {
    const sum = a + b + carry;
    const value = sum >>> 0;
    const overflow = ~(a ^ b) & (a ^ value) & N;
    const flags = (value & N) | (value === 0 ? Z : 0) | (sum > 0xffffffff ? C : 0) | (overflow ? V : 0);
    const status: [number, number] = [XPSR, (this.xpsr & ~(N | Z | C | V)) | flags];
    return this.next(2, to === undefined ? [status] : [[to, value], status]);
  }

  private next(length: number, changes: readonly [number, number][]): StepEffect {
    const entries = [...changes, [PC, this.pc + length] as [number, number]];
    return { registers: new Map(entries.map(([register, value]) => [register, value >>> 0])) };
  }

  private jump(offset: number): StepEffect {
    return this.next(offset, []);
  }

  private read(register: number): number {
    return this.registers[register] ?? 0;
  }
}
