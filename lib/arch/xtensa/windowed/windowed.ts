import type { Address } from '../../../base/units.js';
import type { Architecture } from '../../architecture.js';
import type { CodeBytes } from '../../code-bytes.js';
import type { EnteredCall } from '../../entered-call.js';
import { PLAIN_CORE } from '../../plain-core.js';
import { OUTSIDE_OF_HANDLERS, type ProcessorState } from '../../processor-state.js';
import { xtensaBranchBefore } from '../branch-before.js';
import { lengthOf } from '../instruction.js';
import { xtensaPrologueRow } from '../prologue.js';
import { A0, A2, SP } from '../registers.js';
import { isAsleepAt } from '../xtensa.js';
import { windowCallerOf } from './caller.js';
import { callBefore, isEntryAt, returnsTo } from './calls.js';
import {
  AR0,
  arIndex,
  callIncrementOf,
  FEWEST_ARS,
  isInVector,
  MOST_ARS,
  PC,
  PS,
  PS_RESERVED,
  panesOf,
  SHOWN,
  WINDOW_BASE,
  WINDOW_START,
} from './registers.js';
import { serverOrder } from './server-orders.js';

/**
 * Xtensa cores whose registers are a window that moves with each call: the ESP32, ESP32-S2 and ESP32-S3.
 *
 * A function is looked at before its first instruction, `entry`, has moved the window: its arguments and its return address are then in
 * registers of its caller's window, and the stack pointer is the caller's, which is where the call comes back to.
 */
export const XTENSA_WINDOWED: Architecture = {
  ...PLAIN_CORE,
  name: 'xtensa',
  // None that is at hand shows the frames of such a core, and none was ever tried.
  gdbPrograms: [],
  coreRegisters: "Xtensa's ar0 to ar63, pc, ps, windowbase and windowstart",
  registers: [
    ...Array.from({ length: SHOWN }, (_, index) => [`a${index}`]),
    ['pc'],
    ['ps'],
    ['windowbase'],
    ['windowstart'],
    ...Array.from({ length: MOST_ARS }, (_, index) => [`ar${index}`]),
  ],
  required: AR0 + FEWEST_ARS,
  sp: SP,
  pc: PC,
  callAt,
  resultAt,
  entryProblem: (code, start) =>
    isEntryAt(code, start) === false ? 'does not begin with `entry`, so that it has no window of its own' : undefined,
  // Instructions are never done in the processor's place, and nothing resumes behind where it stopped.
  restored: [],
  codeAddress: (value) => value >>> 0,
  returnsTo,
  windows: { shown: SHOWN, orderOf: serverOrder, show, callerOf: windowCallerOf },
  breakpointKind: (code) => (code === undefined ? undefined : lengthOf(code)),
  // A `retw` returns from the function whose window is current: that of the caller still, where a function is entered.
  returns: [],
  codeAlignment: 1,
  mayStepAt: () => false,
  effectOf: () => undefined,
  stateOf,
  isAsleepAt,
  belowStack: 16,
  branchBefore: xtensaBranchBefore,
  prologueRow: xtensaPrologueRow,
  description: { architecture: 'xtensa', feature: 'org.gnu.gdb.xtensa.core', status: [] },
};

function callAt(registers: ArrayLike<number>): EnteredCall {
  const first = callIncrementOf(registers[PS] ?? 0) * 4;
  const at = (register: number) => arIndex(registers, registers[WINDOW_BASE] ?? 0, first + register);
  return { returnAddress: at(A0), arguments: [at(A2), at(A2 + 1), at(A2 + 2), at(A2 + 3)] };
}

/** The window has come back to the caller: what the function saw as a2 is as far from there as the call had moved it. */
function resultAt(code: CodeBytes, returnAddress: Address, registers: ArrayLike<number>): number {
  const increment = callBefore(code, returnAddress);
  const panes = typeof increment === 'number' ? increment : 2;
  return arIndex(registers, registers[WINDOW_BASE] ?? 0, panes * 4 + A2);
}

function show(registers: Uint32Array): string | undefined {
  const [ps = 0, base = 0, start = 0] = [registers[PS], registers[WINDOW_BASE], registers[WINDOW_START]];
  const panes = panesOf(registers);
  if (base >= panes || start >= 2 ** panes || (ps & PS_RESERVED) !== 0) {
    const words = [base, start, ps].map((word) => `0x${word.toString(16)}`);
    return `windowbase ${words[0]}, windowstart ${words[1]} and ps ${words[2]}, which ${panes * 4} registers cannot have`;
  }
  for (let index = 0; index < SHOWN; index++) registers[index] = registers[arIndex(registers, base, index)] ?? 0;
  return undefined;
}

/**
 * Whether a vector runs. That interrupts are masked tells nothing: a critical section masks them too, and handlers in C run with them
 * masked by the same bits.
 */
function stateOf(registers: ArrayLike<number>): ProcessorState {
  if (!isInVector(registers[PS] ?? 0)) return OUTSIDE_OF_HANDLERS;
  return { number: 1, text: 'in the vector of an exception or interrupt', isFault: false };
}
