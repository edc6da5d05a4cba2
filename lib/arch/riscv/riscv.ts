import type { Address } from '../../base/units.js';
import type { Architecture } from '../architecture.js';
import type { EnteredCall } from '../entered-call.js';
import { PLAIN_CORE } from '../plain-core.js';
import { riscvBranchBefore } from './branch-before.js';
import { lengthOf } from './instruction.js';
import { isAsleepAt, returnsFromTrap, riscvState } from './machine-state.js';
import { riscvPrologueRow } from './prologue.js';
import { A0, PC, RA, S0, SP, ZERO } from './registers.js';
import { simulateRiscv } from './step.js';

/** RISC-V's own names of x0 to x31, and the others that servers and gdb have for them. */
const ABI_NAMES = 'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6';

const CALL: EnteredCall = { returnAddress: RA, arguments: [A0, A0 + 1, A0 + 2, A0 + 3] };

const codeAddress = (value: number): Address => (value & ~1) >>> 0;

/** RV32I with or without the M, A, F, D and C extensions, in machine mode. */
export const RISCV: Architecture = {
  ...PLAIN_CORE,
  name: 'riscv',
  gdbPrograms: ['gdb-multiarch', 'riscv32-esp-elf-gdb', 'riscv64-unknown-elf-gdb', 'riscv32-unknown-elf-gdb', 'gdb'],
  coreRegisters: "RISC-V's x0 to x31 and pc",
  registers: [
    ...ABI_NAMES.split(' ').map((name, index) => (index === S0 ? ['fp', name, 'x8'] : [name, `x${index}`])),
    ['pc'],
    ['mstatus'],
    ['mcause'],
  ],
  required: PC + 1,
  sp: SP,
  pc: PC,
  callAt: () => CALL,
  resultAt: () => A0,
  entryProblem: () => undefined,
  restored: Array.from({ length: PC }, (_, index) => ZERO + 1 + index),
  codeAddress,
  returnsTo: codeAddress,
  breakpointKind: (code) => (code === undefined ? undefined : lengthOf(code)),
  // A program without compressed instructions has the long one; in others it would run as well.
  returns: [
    { bytes: [0x67, 0x80, 0x00, 0x00], text: 'ret' },
    { bytes: [0x82, 0x80], text: 'c.jr ra' },
  ],
  codeAlignment: 2,
  mayStepAt: () => true,
  effectOf: simulateRiscv,
  stateOf: riscvState,
  isAsleepAt,
  returnsFromTrap,
  branchBefore: riscvBranchBefore,
  prologueRow: riscvPrologueRow,
  description: { architecture: 'riscv:rv32', feature: 'org.gnu.gdb.riscv.cpu', status: [] },
};
