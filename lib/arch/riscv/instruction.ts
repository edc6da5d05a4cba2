/** Fields of RISC-V instructions (The RISC-V Instruction Set Manual, volume I: chapter 24 for RV32I, 16 for the compressed ones). */
import type { Address } from '../../base/units.js';
import type { CodeBytes } from '../code-bytes.js';

/** Compressed instructions are 2 bytes long: their lowest two bits are not both set. */
export function lengthOf(word: number): 2 | 4 {
  return (word & 3) === 3 ? 4 : 2;
}

export const Opcode = {
  load: 0x03,
  immediate: 0x13,
  auipc: 0x17,
  store: 0x23,
  register: 0x33,
  lui: 0x37,
  branch: 0x63,
  jalr: 0x67,
  jal: 0x6f,
} as const;

export const opcode = (word: number): number => word & 0x7f;
export const rd = (word: number): number => (word >>> 7) & 31;
export const rs1 = (word: number): number => (word >>> 15) & 31;
export const rs2 = (word: number): number => (word >>> 20) & 31;
export const funct3 = (word: number): number => (word >>> 12) & 7;

/** imm[11:0] in bits 31:20. */
export const immediateI = (word: number): number => word >> 20;
/** imm[11:5] in bits 31:25, imm[4:0] in 11:7. */
export const immediateS = (word: number): number => ((word >> 25) << 5) | ((word >>> 7) & 31);
/** imm[31:12] in bits 31:12. */
export const immediateU = (word: number): number => word & ~0xfff;
/** imm[12|10:5] in bits 31:25, imm[4:1|11] in 11:7. */
export const immediateB = (word: number): number =>
  ((word >> 31) << 12) | (((word >>> 7) & 1) << 11) | (((word >>> 25) & 0x3f) << 5) | (((word >>> 8) & 15) << 1);
/** imm[20|10:1|11|19:12] in bits 31:12. */
export const immediateJ = (word: number): number =>
  ((word >> 31) << 20) | (((word >>> 12) & 0xff) << 12) | (((word >>> 20) & 1) << 11) | (((word >>> 21) & 0x3ff) << 1);

/** The instruction at an address; undefined when its code is not there. */
export function instructionAt(code: CodeBytes, address: Address): number | undefined {
  const low = halfAt(code, address);
  if (low === undefined || lengthOf(low) === 2) return low;
  const high = halfAt(code, address + 2);
  return high === undefined ? undefined : (low | (high << 16)) >>> 0;
}

function halfAt(code: CodeBytes, address: Address): number | undefined {
  const bytes = code.readMemory(address, 2);
  return bytes && (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
}
