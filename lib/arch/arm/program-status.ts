/** The program status register, which gdb numbers 16 in any case: xPSR of a Cortex-M, CPSR of the A and R profiles. */

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

export interface ExceptionState {
  /** Different for exceptions that have stacks of their own; 0 outside of handlers. */
  readonly number: number;
  /** Of the A and R profiles: the mode. */
  readonly mode?: string;
  readonly isFault: boolean;
}

/** Whether a handler runs, by the program status register; faults of a Cortex-M are told by their number. */
export function exceptionState(status: number | undefined, isCortexM: boolean): ExceptionState {
  if (isCortexM) return { number: (status ?? 0) & IPSR_MASK, isFault: false };
  const number = (status ?? 0) & MODE_MASK;
  const mode = EXCEPTION_MODES[number];
  return mode ? { number, mode: mode.name, isFault: mode.isFault } : { number: 0, isFault: false };
}

/** Whether Arm code runs, not Thumb: no Cortex-M ever does. Unknown counts as Thumb. */
export function isInArmState(status: number | undefined): boolean {
  return status !== undefined && status !== 0 && (status & XPSR_THUMB) === 0 && (status & CPSR_THUMB) === 0;
}
