/**
 * The 32-bit instruction that a compressed one of RV32C stands for (The RISC-V Instruction Set Manual, volume I, 16.8): so that what
 * follows knows one encoding only. Undefined for those of floating-point registers, for reserved ones, and for breakpoints.
 */
import { Opcode } from './instruction.js';
import { RA, SP, ZERO } from './registers.js';

const bit = (half: number, from: number, to: number): number => ((half >>> from) & 1) << to;
const bits = (half: number, from: number, count: number, to: number): number =>
  ((half >>> from) & ((1 << count) - 1)) << to;
const signed = (value: number, width: number): number => (value << (32 - width)) >> (32 - width);

const LW = Opcode.load | (2 << 12);
const ADDI = Opcode.immediate;
const SLLI = Opcode.immediate | (1 << 12);
const SRLI = Opcode.immediate | (5 << 12);
const ANDI = Opcode.immediate | (7 << 12);

const typeI = (kind: number, [to, from]: readonly [number, number], immediate: number): number =>
  (kind | (to << 7) | (from << 15) | (immediate << 20)) >>> 0;
const typeS = (value: number, base: number, offset: number): number =>
  (Opcode.store | ((offset & 31) << 7) | (2 << 12) | (base << 15) | (value << 20) | ((offset >> 5) << 25)) >>> 0;
const typeR = (kind: number, to: number, [a, b]: readonly [number, number]): number =>
  (Opcode.register | kind | (to << 7) | (a << 15) | (b << 20)) >>> 0;
const SUB = 0x20 << 25;
const [XOR, OR, AND] = [4 << 12, 6 << 12, 7 << 12];
const typeJ = (to: number, offset: number): number =>
  (Opcode.jal |
    (to << 7) |
    (((offset >> 12) & 0xff) << 12) |
    (((offset >> 11) & 1) << 20) |
    (((offset >> 1) & 0x3ff) << 21) |
    ((offset >> 20) << 31)) >>>
  0;
const typeB = (funct: number, a: number, offset: number): number =>
  (Opcode.branch |
    (((offset >> 11) & 1) << 7) |
    (((offset >> 1) & 15) << 8) |
    (funct << 12) |
    (a << 15) |
    (((offset >> 5) & 0x3f) << 25) |
    ((offset >> 12) << 31)) >>>
  0;

/** The long form of an instruction; the instruction itself where it is long already. */
export function expand(word: number): number | undefined {
  const half = word & 0xffff;
  switch (word & 3) {
    case 0:
      return quadrant0(half);
    case 1:
      return quadrant1(half);
    case 2:
      return quadrant2(half);
    default:
      return word >>> 0;
  }
}

function quadrant0(half: number): number | undefined {
  const low = 8 + bits(half, 2, 3, 0);
  const base = 8 + bits(half, 7, 3, 0);
  const offset = bits(half, 10, 3, 3) | bit(half, 6, 2) | bit(half, 5, 6);
  switch (half >>> 13) {
    case 0: {
      // c.addi4spn
      const bytes = bits(half, 11, 2, 4) | bits(half, 7, 4, 6) | bit(half, 6, 2) | bit(half, 5, 3);
      return bytes === 0 ? undefined : typeI(ADDI, [low, SP], bytes);
    }
    case 2: // c.lw
      return typeI(LW, [low, base], offset);
    case 6: // c.sw
      return typeS(low, base, offset);
    default:
      return undefined;
  }
}

function quadrant1(half: number): number | undefined {
  const to = bits(half, 7, 5, 0);
  const immediate = signed(bit(half, 12, 5) | bits(half, 2, 5, 0), 6);
  switch (half >>> 13) {
    case 0: // c.nop, c.addi
      return typeI(ADDI, [to, to], immediate);
    case 1: // c.jal
      return typeJ(RA, jumpOffset(half));
    case 2: // c.li
      return typeI(ADDI, [to, ZERO], immediate);
    case 3:
      return to === SP
        ? addi16sp(half)
        : immediate === 0
          ? undefined
          : (Opcode.lui | (to << 7) | (immediate << 12)) >>> 0;
    case 4:
      return arithmetic(half, 8 + bits(half, 7, 3, 0), immediate);
    case 5: // c.j
      return typeJ(ZERO, jumpOffset(half));
    default: {
      // c.beqz, c.bnez
      const offset =
        bit(half, 12, 8) | bits(half, 10, 2, 3) | bits(half, 5, 2, 6) | bits(half, 3, 2, 1) | bit(half, 2, 5);
      return typeB((half >>> 13) & 1, 8 + bits(half, 7, 3, 0), signed(offset, 9));
    }
  }
}

function addi16sp(half: number): number | undefined {
  const bytes = bit(half, 12, 9) | bit(half, 6, 4) | bit(half, 5, 6) | bits(half, 3, 2, 7) | bit(half, 2, 5);
  return bytes === 0 ? undefined : typeI(ADDI, [SP, SP], signed(bytes, 10));
}

function jumpOffset(half: number): number {
  const offset =
    bit(half, 12, 11) |
    bit(half, 11, 4) |
    bits(half, 9, 2, 8) |
    bit(half, 8, 10) |
    bit(half, 7, 6) |
    bit(half, 6, 7) |
    bits(half, 3, 3, 1) |
    bit(half, 2, 5);
  return signed(offset, 12);
}

function arithmetic(half: number, to: number, immediate: number): number | undefined {
  const other = 8 + bits(half, 2, 3, 0);
  const isShiftTooFar = (half & 0x1000) !== 0;
  switch ((half >>> 10) & 3) {
    case 0: // c.srli
      return isShiftTooFar ? undefined : typeI(SRLI, [to, to], immediate & 31);
    case 1: // c.srai
      return isShiftTooFar ? undefined : typeI(SRLI, [to, to], 0x400 | (immediate & 31));
    case 2: // c.andi
      return typeI(ANDI, [to, to], immediate);
    default:
      if (isShiftTooFar) return undefined;
      // c.sub, c.xor, c.or, c.and
      return typeR([SUB, XOR, OR, AND][(half >>> 5) & 3] ?? 0, to, [to, other]);
  }
}

function quadrant2(half: number): number | undefined {
  const to = bits(half, 7, 5, 0);
  const other = bits(half, 2, 5, 0);
  switch (half >>> 13) {
    case 0: // c.slli
      return (half & 0x1000) !== 0 ? undefined : typeI(SLLI, [to, to], other);
    case 2: // c.lwsp
      return to === ZERO
        ? undefined
        : typeI(LW, [to, SP], bit(half, 12, 5) | bits(half, 4, 3, 2) | bits(half, 2, 2, 6));
    case 4:
      if (other !== ZERO) return typeR(0, to, [(half & 0x1000) === 0 ? ZERO : to, other]); // c.mv, c.add
      // c.jr, c.jalr; with register 0 it is reserved or a breakpoint
      return to === ZERO ? undefined : typeI(Opcode.jalr, [(half & 0x1000) === 0 ? ZERO : RA, to], 0);
    case 6: // c.swsp
      return typeS(other, SP, bits(half, 9, 4, 2) | bits(half, 7, 2, 6));
    default:
      return undefined;
  }
}
