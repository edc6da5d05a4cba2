/** The frame that a Cortex-M pushes when it takes an exception (Armv7-M ARM, B1.5.6 to B1.5.8; Armv8-M ARM, B3.19 to B3.22). */
import type { Address } from '../../base/units.js';

const SP = 13;
const LR = 14;
const PC = 15;
const STATE_BYTES = 32;
const FLOAT_BYTES = 72;
/** Secure additional state: integrity signature, reserved, r4-r11. */
const SECURE_BYTES = 40;
/** Bit 9 of the stacked xPSR: 4 bytes of padding kept the stack aligned to 8. */
const ALIGNED = 1 << 9;

/** Whether an address is the EXC_RETURN value that lr holds in an exception handler. */
export function isExceptionReturn(address: Address): boolean {
  return address >= 0xff000000;
}

/**
 * What a return to an address, with or without its Thumb bit, ends: an exception (EXC_RETURN, 0xffffff80 on), or a call from the
 * other security state (FNC_RETURN, 0xfeffffff); undefined for code.
 */
export function exceptionEndOf(address: Address): 'exception' | 'other-security' | undefined {
  const value = (address | 1) >>> 0;
  if (value === 0xfeffffff) return 'other-security';
  // All ones is what an operating system puts into lr so that a task never returns.
  return value >= 0xffffff80 && value !== 0xffffffff ? 'exception' : undefined;
}

/** Which memory or register is missing to undo an exception. */
export type ExceptionFailure = { readonly needs: Address } | { readonly missing: 'psp' | 'other-security' };

/**
 * Whether the frame lies on a stack of the other security state (Armv8-M ARM, B3.19: bit 6 says whose stack, bit 0 where the exception was
 * taken): its stack pointer is a banked register that the capture does not have. The two are equal on parts without TrustZone.
 */
function isOnOtherStack(excReturn: Address): boolean {
  return ((excReturn >>> 6) & 1) !== (excReturn & 1);
}

/**
 * Whether EXC_RETURN says that the frame lies on a stack of the non-secure state. Bit 0, which says whose exception it was, is lost where
 * the value was taken for a code address.
 */
export function isOnNonSecureStack(excReturn: Address): boolean {
  return ((excReturn >>> 6) & 1) === 0;
}

export interface ExceptionInput {
  readonly excReturn: Address;
  /** r0-r15 of the handler's caller side: sp is the main stack pointer. */
  readonly registers: ArrayLike<number>;
  /** The process stack pointer, when the capture has it. */
  readonly psp: number | undefined;
  readonly read: (address: Address) => number | undefined;
}

/**
 * Writes the interrupted program's registers into `out`. Handlers run on the main stack; bit 2 of EXC_RETURN says that the
 * interrupted code used the process stack, bit 4 clear that floating-point registers were pushed too, bit 5 clear (Armv8-M)
 * that the secure additional state was. A frame on a stack of the other security state cannot be reached.
 */
export function undoException(input: ExceptionInput, out: number[]): ExceptionFailure | undefined {
  const { excReturn, registers, read } = input;
  if (isOnOtherStack(excReturn)) return { missing: 'other-security' };
  const usesPsp = (excReturn & 4) !== 0;
  const stack = usesPsp ? input.psp : registers[SP];
  if (stack === undefined) return { missing: 'psp' };
  for (let index = 0; index < 16; index++) out[index] = registers[index] ?? 0;
  let frame = stack;
  if ((excReturn & 0x20) === 0) {
    for (let index = 0; index < 8; index++) {
      const value = read(frame + 8 + index * 4);
      if (value === undefined) return { needs: frame + 8 + index * 4 };
      out[4 + index] = value;
    }
    frame += SECURE_BYTES;
  }
  const words: number[] = [];
  for (let index = 0; index < 8; index++) {
    const value = read(frame + index * 4);
    if (value === undefined) return { needs: frame + index * 4 };
    words.push(value);
  }
  const [r0 = 0, r1 = 0, r2 = 0, r3 = 0, r12 = 0, lr = 0, pc = 0, status = 0] = words;
  out[0] = r0;
  out[1] = r1;
  out[2] = r2;
  out[3] = r3;
  out[12] = r12;
  out[LR] = lr;
  out[PC] = pc - (pc % 2);
  const pushed = STATE_BYTES + ((excReturn & 0x10) === 0 ? FLOAT_BYTES : 0);
  out[SP] = frame + pushed + (status & ALIGNED ? 4 : 0);
  return undefined;
}
