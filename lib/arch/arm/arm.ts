import type { Address } from '../../base/units.js';
import type { Architecture } from '../architecture.js';
import type { CodeBytes } from '../code-bytes.js';
import type { EnteredCall } from '../entered-call.js';
import { thumbBranchBefore } from './branch-before.js';
import { exceptionEndOf } from './exception-frame.js';
import { armState, isInArmState } from './program-status.js';
import { LR, PC, SP, XPSR } from './registers.js';
import { thumbPrologueRow } from './thumb-prologue.js';
import { literalAddress, simulateThumb } from './thumb-step.js';

/** Code of Cortex-M parts that can change while a firmware runs. */
const RAM_START = 0x20000000;
/** Armv7-M: what is fetched from in lockup; also what Armv8-M shows. */
const LOCKUP_PCS: ReadonlySet<Address> = new Set([0xfffffffe, 0xeffffffe]);
const SLEEP_INSTRUCTIONS: ReadonlySet<number> = new Set([0xbf30, 0xbf20]);

/** Thumb state: what xPSR says of every Cortex-M that runs. */
const THUMB_XPSR = 0x01000000;

const CALL: EnteredCall = { returnAddress: LR, arguments: [0, 1, 2, 3] };

const codeAddress = (value: number): Address => (value & ~1) >>> 0;

/** Thumb on Cortex-M, and on the A and R profiles as far as they run Thumb. */
export const ARM: Architecture = {
  name: 'arm',
  gdbPrograms: ['arm-none-eabi-gdb', 'gdb-multiarch', 'gdb'],
  coreRegisters: "ARM's r0 to r15",
  registers: [
    ...Array.from({ length: 13 }, (_, index) => [`r${index}`]),
    ['sp', 'r13'],
    ['lr', 'r14'],
    ['pc', 'r15'],
    ['xpsr', 'cpsr'],
  ],
  required: XPSR,
  sp: SP,
  pc: PC,
  callAt: () => CALL,
  resultAt: () => 0,
  entryProblem: () => undefined,
  restored: Array.from({ length: XPSR }, (_, index) => index),
  codeAddress,
  returnsTo: codeAddress,
  // What gdb calls the kind of a 16-bit breakpoint; it does for wide instructions too.
  breakpointKind: () => 2,
  returns: [{ bytes: [0x70, 0x47], text: 'bx lr' }],
  codeAlignment: 2,
  hasConstantCode: true,
  mayStepAt: (pc, registers) => pc < RAM_START && !isInArmState(registers[XPSR]),
  literalAddress,
  effectOf: simulateThumb,
  stateOf: (registers, { isCortexM }) => armState(registers[XPSR], isCortexM),
  isLockup: (pc) => LOCKUP_PCS.has(pc),
  // System control block of Armv6-M to Armv8-M; a register that a core lacks reads as zero, or is refused.
  faultRegisters: [
    { name: 'CFSR', address: 0xe000ed28 },
    { name: 'HFSR', address: 0xe000ed2c },
    // They hold an address only when CFSR says so.
    { name: 'MMFAR', address: 0xe000ed34, validMask: 0x80 },
    { name: 'BFAR', address: 0xe000ed38, validMask: 0x8000 },
  ],
  isAsleepAt,
  // Neither among the peripherals nor among the system's registers (Armv7-M, B3.1).
  mayHoldStack: (address) => !((address >= 0x40000000 && address < 0x60000000) || address >= 0xe0000000),
  belowStack: 0,
  // RAM of microcontrollers lies below where peripherals begin, or above 0x60000000 where it is external.
  mayBeStackTop: (address) =>
    ((address > 0x1000_0000 && address <= 0x4000_0000) || (address > 0x6000_0000 && address < 0xa000_0000)) &&
    address % 4 === 0,
  hasStackInVectors: true,
  exceptionEndOf,
  // EXC_RETURN tells.
  returnsFromTrap: () => false,
  branchBefore: thumbBranchBefore,
  prologueRow: thumbPrologueRow,
  description: { architecture: 'arm', feature: 'org.gnu.gdb.arm.m-profile', status: [THUMB_XPSR] },
};

/** A halt wakes the core: it stands behind the wfi or wfe. */
function isAsleepAt(code: CodeBytes, pc: Address): boolean {
  const bytes = code.readMemory(pc - 2, 2);
  return bytes !== undefined && SLEEP_INSTRUCTIONS.has((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8));
}
