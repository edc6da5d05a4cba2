import type { Address } from '../../base/units.js';
import type { Architecture } from '../architecture.js';
import type { CodeBytes } from '../code-bytes.js';
import type { EnteredCall } from '../entered-call.js';
import { PLAIN_CORE } from '../plain-core.js';
import { xtensaBranchBefore } from './branch-before.js';
import { instructionAt } from './instruction.js';
import { xtensaPrologueRow } from './prologue.js';
import { A0, A2, PC, SP } from './registers.js';

const CALL: EnteredCall = { returnAddress: A0, arguments: [A2, A2 + 1, A2 + 2, A2 + 3] };

/** Xtensa cores with the call0 ABI, whose registers do not rotate: the ESP8266's lx106. */
export const XTENSA_CALL0: Architecture = {
  ...PLAIN_CORE,
  name: 'xtensa',
  gdbPrograms: ['xtensa-lx106-elf-gdb', 'gdb-multiarch', 'gdb'],
  coreRegisters: "Xtensa's a0 to a15 and pc",
  registers: [...Array.from({ length: PC }, (_, index) => [`a${index}`]), ['pc']],
  required: PC + 1,
  sp: SP,
  pc: PC,
  callAt: () => CALL,
  resultAt: () => A2,
  entryProblem: () => undefined,
  restored: Array.from({ length: PC + 1 }, (_, index) => index),
  // Instructions begin at any byte.
  codeAddress: (value) => value >>> 0,
  returnsTo: (value) => value >>> 0,
  // break or break.n: servers choose by the code that they replace.
  breakpointKind: () => 3,
  returns: [
    { bytes: [0x0d, 0xf0], text: 'ret.n' },
    { bytes: [0x80, 0x00, 0x00], text: 'ret' },
  ],
  codeAlignment: 1,
  mayStepAt: () => false,
  effectOf: () => undefined,
  // ps is in no server's list by a number of its own.
  isAsleepAt,
  branchBefore: xtensaBranchBefore,
  prologueRow: xtensaPrologueRow,
  description: { architecture: 'xtensa', feature: 'org.gnu.gdb.xtensa.core', status: [] },
};

/** A halt wakes the core: it stands behind the waiti. */
export function isAsleepAt(code: CodeBytes, pc: Address): boolean {
  const word = instructionAt(code, pc - 3);
  return word !== undefined && (word & 0xfff0ff) === 0x007000;
}
