/**
 * Finds callers on a core with register windows, by the rules of the instruction set alone (Xtensa Instruction Set Architecture Reference
 * Manual, 4.7.1, and the windowed ABI in 8.1): no call frame information is needed, or there.
 *
 * A call moves the window by 1, 2 or 3 panes of 4 registers, at the `entry` of the function that it calls. A frame's registers are either
 * still in the physical file (its bit of WINDOWSTART is set), or they were spilled when a later call needed the place, oldest first:
 *
 *   a0 to a3    below the stack pointer of the frame that it called: sp - 16
 *   a4 to a7    of a frame that calls by call8 or call12, at the end of its own frame: its caller's sp - 32
 *   a8 to a11   of one that calls by call12: below them. All of a4 to a11 then begin at the caller's sp - 48
 */
import type { Address } from '../../../base/units.js';
import type { WindowCaller, WindowFrame } from '../../register-windows.js';
import { SP } from '../registers.js';
import { callBefore, incrementOf, isEntryAt, returnsTo } from './calls.js';
import {
  arIndex,
  callIncrementOf,
  isInVector,
  PC,
  PS,
  panesOf,
  SHOWN,
  WINDOW_BASE,
  WINDOW_START,
} from './registers.js';

const BASE_SAVE_BYTES = 16;

/** See {@link RegisterWindows.callerOf}. */
export function windowCallerOf(frame: WindowFrame, out: number[]): WindowCaller {
  const { registers, isTop, code } = frame;
  const pc = registers[PC] ?? 0;
  // What a vector does with the window is not written anywhere.
  if (isTop && isInVector(registers[PS] ?? 0)) return { kind: 'no-rule' };
  if (isTop && isEntryAt(code, pc)) return beforeEntry(frame, out);
  const returnAddress = registers[0] ?? 0;
  if (returnAddress === 0) return { kind: 'outermost' };
  const increment = incrementOf(returnAddress);
  // A function that call0 called uses its caller's window.
  if (increment === 0) return { kind: 'plain' };
  const callerPc = returnsTo(returnAddress, pc);
  const called = callBefore(code, callerPc);
  const isCalled = called === undefined || called === increment;
  // Interrupts enter C as if what they interrupted had called them by call4.
  if (!isCalled && increment !== 1) return { kind: 'corrupt' };
  const failure = moveBack(frame, increment, out);
  if (failure) return failure;
  out[PC] = callerPc;
  return { kind: isCalled ? 'caller' : 'interrupted' };
}

/** The window is still that of the caller: the return address is in the register that will be a0. */
function beforeEntry({ registers, code }: WindowFrame, out: number[]): WindowCaller {
  const increment = callIncrementOf(registers[PS] ?? 0);
  const pc = registers[PC] ?? 0;
  const returnAddress = registers[arIndex(registers, registers[WINDOW_BASE] ?? 0, increment * 4)] ?? 0;
  if (returnAddress === 0) return { kind: 'outermost' };
  if (increment === 0 || incrementOf(returnAddress) !== increment) return { kind: 'corrupt' };
  const callerPc = returnsTo(returnAddress, pc);
  const called = callBefore(code, callerPc);
  if (called !== undefined && called !== increment) return { kind: 'corrupt' };
  for (let index = 0; index < registers.length; index++) out[index] = registers[index] ?? 0;
  out[PC] = callerPc;
  return { kind: 'caller' };
}

/** The caller's window, `increment` panes back: from the physical file, or from where it was spilled. */
function moveBack(frame: WindowFrame, increment: number, out: number[]): WindowCaller | undefined {
  const { registers } = frame;
  const panes = panesOf(registers);
  const pane = registers[WINDOW_BASE] ?? 0;
  const before = (pane - increment + panes) % panes;
  const left = (registers[WINDOW_START] ?? 0) & ~(1 << pane);
  for (let index = 0; index < registers.length; index++) out[index] = registers[index] ?? 0;
  out[WINDOW_BASE] = before;
  // A frame between the two would be the caller.
  for (let back = 1; back < increment; back++) {
    if (left & (1 << ((pane - back + panes) % panes))) return { kind: 'corrupt' };
  }
  if (left & (1 << before)) {
    out[WINDOW_START] = left;
    for (let index = 0; index < SHOWN; index++) out[index] = registers[arIndex(registers, before, index)] ?? 0;
    return undefined;
  }
  // Spilling begins with the oldest frame: from here on all are on the stack.
  out[WINDOW_START] = 0;
  return fromStack(frame, increment, out);
}

function fromStack({ registers, read }: WindowFrame, increment: number, out: number[]): WindowCaller | undefined {
  const sp = registers[SP] ?? 0;
  const failure = load({ at: sp - BASE_SAVE_BYTES, first: 0, count: 4, read }, out);
  // What the call has moved the window over lies in the frame that was called.
  for (let index = increment * 4; index < SHOWN; index++) out[index] = registers[index - increment * 4] ?? 0;
  if (failure || increment === 1) return failure;
  const above = read((out[SP] ?? 0) - BASE_SAVE_BYTES + SP * 4);
  if (above === undefined) return { kind: 'no-memory', needs: (out[SP] ?? 0) - BASE_SAVE_BYTES + SP * 4 };
  const count = (increment - 1) * 4;
  return load({ at: above - BASE_SAVE_BYTES - count * 4, first: 4, count, read }, out);
}

interface Saved {
  readonly at: Address;
  readonly first: number;
  readonly count: number;
  readonly read: WindowFrame['read'];
}

function load({ at, first, count, read }: Saved, out: number[]): WindowCaller | undefined {
  for (let index = 0; index < count; index++) {
    const address = (at + index * 4) >>> 0;
    const value = read(address);
    if (value === undefined) return { kind: 'no-memory', needs: address };
    out[first + index] = value;
  }
  return undefined;
}
