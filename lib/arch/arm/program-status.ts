/** The program status register, which gdb numbers 16 in any case: xPSR of a Cortex-M, CPSR of the A and R profiles. */

import { OUTSIDE_OF_HANDLERS, type ProcessorState } from '../processor-state.js';

/** xPSR: the exception number, 0 outside of handlers. */
const IPSR_MASK = 0x1ff;
/** CPSR: the mode (Armv7-A/R ARM, B1.3.1). */
const MODE_MASK = 0x1f;
const CPSR_THUMB = 1 << 5;
const XPSR_THUMB = 1 << 24;
/** Modes that exceptions are handled in. Supervisor mode is none: programs without an operating system stay in it. */
const EXCEPTION_MODES: Readonly<Record<number, { readonly name: string; readonly isFault: boolean }>> = {
  17: { name: 'FIQ', isFault: false },
  18: { name: 'IRQ', isFault: false },
  23: { name: 'Abort', isFault: true },
  27: { name: 'Undefined', isFault: true },
};

const EXCEPTIONS: Readonly<Record<number, string>> = {
  2: 'NMI',
  3: 'HardFault',
  4: 'MemManage',
  5: 'BusFault',
  6: 'UsageFault',
};

/** Whether a handler runs, by the program status register. */
export function armState(status: number | undefined, isCortexM: boolean): ProcessorState {
  if (!isCortexM) {
    const number = (status ?? 0) & MODE_MASK;
    const mode = EXCEPTION_MODES[number];
    return mode ? { number, text: `in ${mode.name} mode`, isFault: mode.isFault } : OUTSIDE_OF_HANDLERS;
  }
  const number = (status ?? 0) & IPSR_MASK;
  if (number === 0) return OUTSIDE_OF_HANDLERS;
  const name = EXCEPTIONS[number];
  const isFault = name !== undefined && number !== 2;
  const text = isFault ? name : `in exception ${number}${name ? ` (${name})` : ''}`;
  return { number, text, isFault };
}

/** Whether Arm code runs, not Thumb: no Cortex-M ever does. Unknown counts as Thumb. */
export function isInArmState(status: number | undefined): boolean {
  return status !== undefined && status !== 0 && (status & XPSR_THUMB) === 0 && (status & CPSR_THUMB) === 0;
}
