import type { Architecture } from '../arch/architecture.js';
import { ARM } from '../arch/arm/arm.js';
import { RISCV } from '../arch/riscv/riscv.js';
import { XTENSA_WINDOWED } from '../arch/xtensa/windowed/windowed.js';
import { XTENSA_CALL0 } from '../arch/xtensa/xtensa.js';
import type { ElfFile } from './elf-file.js';
import { hasRegisterWindows, readArmAttributes } from './elf-notes.js';

/** What the unwinder must know of a processor. Registers are numbered as in DWARF for that processor. */
export interface Machine {
  /** What a capture must know; undefined where only addresses are named. */
  readonly architecture: Architecture | undefined;
  /** How many registers are followed from frame to frame; the caller passes these, in this order. */
  readonly registerCount: number;
  readonly pc: number;
  readonly sp: number;
  readonly addressBytes: 4 | 8;
  /** Code addresses carry the Thumb bit in bit 0, which is not part of the address. */
  readonly hasThumbBit: boolean;
  /** Functions may be Arm code, not Thumb: all but the M profile. */
  readonly mayBeInArmState: boolean;
  /** Exceptions push a frame by hardware and leave EXC_RETURN in lr (Arm M profile). */
  readonly isCortexM: boolean;
  /** Armv8-M: code may run in a secure and a non-secure state, each with stack pointers of its own (TrustZone). */
  readonly mayHaveTrustZone: boolean;
}

/** Tag_CPU_arch of Armv8-M baseline and mainline and of Armv8.1-M. */
const ARM_V8M: ReadonlySet<number | undefined> = new Set([16, 17, 21]);
/** The x86-64 psABI: 16 registers and the return address, which calls push. */
const X86_64 = { sp: 7, pc: 16 };

/**
 * The machine of an ELF file; undefined when its registers are not described here (its addresses can still be symbolized).
 * Sources: DWARF for the Arm Architecture; RISC-V DWARF Specification; the x86-64 psABI; Xtensa, whose ABI the file must tell.
 */
export function machineOf(elfFile: ElfFile): Machine | undefined {
  switch (elfFile.machineNumber) {
    case 40: {
      const { profile, architecture } = readArmAttributes(elfFile);
      const isCortexM = profile === undefined || profile === 'M';
      const mayHaveTrustZone = isCortexM && ARM_V8M.has(architecture);
      return {
        ...plain(ARM, 4),
        architecture: ARM,
        hasThumbBit: true,
        mayBeInArmState: profile !== 'M',
        isCortexM,
        mayHaveTrustZone,
      };
    }
    case 243: {
      const addressBytes = elfFile.addressSize;
      // What is known of instructions is RV32's.
      return { ...plain(RISCV, addressBytes), architecture: addressBytes === 4 ? RISCV : undefined };
    }
    case 94: {
      const hasWindows = hasRegisterWindows(elfFile);
      if (hasWindows === undefined) return plain(XTENSA_CALL0, 4);
      if (!hasWindows) return { ...plain(XTENSA_CALL0, 4), architecture: XTENSA_CALL0 };
      const { registers } = XTENSA_WINDOWED;
      return { ...plain(XTENSA_WINDOWED, 4), architecture: XTENSA_WINDOWED, registerCount: registers.length };
    }
    case 62:
      return plain(X86_64, 8);
    default:
      return undefined;
  }
}

/** A machine whose registers are followed up to the pc. */
function plain({ sp, pc }: { readonly sp: number; readonly pc: number }, addressBytes: 4 | 8): Machine {
  return {
    architecture: undefined,
    registerCount: pc + 1,
    pc,
    sp,
    addressBytes,
    hasThumbBit: false,
    mayBeInArmState: false,
    isCortexM: false,
    mayHaveTrustZone: false,
  };
}
