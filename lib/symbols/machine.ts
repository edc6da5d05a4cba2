import type { Architecture } from '../arch/architecture.js';
import { ARM } from '../arch/arm/arm.js';
import { RISCV } from '../arch/riscv/riscv.js';
import { XTENSA_CALL0 } from '../arch/xtensa/xtensa.js';
import type { ElfFile } from './elf-file.js';
import { hasRegisterWindows, readArmAttributes } from './elf-notes.js';

/** What the unwinder must know of a processor. Registers are numbered as in DWARF for that processor. */
export interface Machine {
  readonly name: string;
  /** What a capture must know; undefined where only addresses are named. */
  readonly architecture: Architecture | undefined;
  /** How many registers are followed from frame to frame; the caller passes these, in this order. */
  readonly registerCount: number;
  readonly pc: number;
  readonly sp: number;
  /** Where a call leaves the return address; equal to `pc` on machines that push it. */
  readonly ra: number;
  readonly addressBytes: 4 | 8;
  /** Code addresses carry the Thumb bit in bit 0, which is not part of the address. */
  readonly hasThumbBit: boolean;
  /** Exceptions push a frame by hardware and leave EXC_RETURN in lr (Arm M profile). */
  readonly isCortexM: boolean;
  /** Armv8-M: code may run in a secure and a non-secure state, each with stack pointers of its own (TrustZone). */
  readonly mayHaveTrustZone: boolean;
}

const THUMB = {
  architecture: ARM,
  registerCount: 16,
  pc: 15,
  sp: 13,
  ra: 14,
  addressBytes: 4,
  hasThumbBit: true,
} as const;
const PLAIN = { hasThumbBit: false, isCortexM: false, mayHaveTrustZone: false } as const;
/** Tag_CPU_arch of Armv8-M baseline and mainline and of Armv8.1-M. */
const ARM_V8M: ReadonlySet<number | undefined> = new Set([16, 17, 21]);

/**
 * The machine of an ELF file; undefined when its registers are not described here (its addresses can still be symbolized).
 * Sources: DWARF for the Arm Architecture; RISC-V DWARF Specification; the x86-64 psABI; Xtensa (call0 ABI only).
 */
export function machineOf(elfFile: ElfFile): Machine | undefined {
  switch (elfFile.machineNumber) {
    case 40: {
      const { profile, architecture } = readArmAttributes(elfFile);
      const isCortexM = profile === undefined || profile === 'M';
      return { name: 'arm', ...THUMB, isCortexM, mayHaveTrustZone: isCortexM && ARM_V8M.has(architecture) };
    }
    case 243: {
      const addressBytes = elfFile.addressSize;
      // x0-x31, then the pc, as in gdb's register packet.
      // What is known of instructions is RV32's.
      const architecture = addressBytes === 4 ? RISCV : undefined;
      return { name: 'riscv', architecture, registerCount: 33, pc: 32, sp: 2, ra: 1, addressBytes, ...PLAIN };
    }
    case 94: {
      const architecture = hasRegisterWindows(elfFile) === false ? XTENSA_CALL0 : undefined;
      return { name: 'xtensa', architecture, registerCount: 17, pc: 16, sp: 1, ra: 0, addressBytes: 4, ...PLAIN };
    }
    case 62:
      return {
        name: 'x86-64',
        architecture: undefined,
        registerCount: 17,
        pc: 16,
        sp: 7,
        ra: 16,
        addressBytes: 8,
        ...PLAIN,
      };
    default:
      return undefined;
  }
}
