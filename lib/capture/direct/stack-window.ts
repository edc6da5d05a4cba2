import type { Address, Bytes } from '../../base/units.js';

export interface MemoryRange {
  readonly address: Address;
  readonly length: Bytes;
}

/** How many events back the deepest stack is looked for when the next one is guessed. */
const HISTORY = 64;
/** Read below the deepest stack of late: a little deeper costs bytes, a miss costs a round trip. */
const SLACK_BYTES = 64;
/** A stack deeper than this is cut at its outer end: more than microcontrollers have, and what a damaged stack may cost at most. */
export const MAX_STACK_BYTES = 256 * 1024;
/** What is asked for on a guess: of deeper stacks the pointer is read first, and then just what there is. */
export const MAX_GUESS_BYTES = 16 * 1024;
const ALIGN = 16;
/** So many stacks are unwound while the target is halted before the top of the vector table is believed. */
const TRUSTED_AFTER = 8;

/**
 * Guesses which part of the stack to ask for before the stack pointer is known, so that registers and stack come in one
 * round trip. The guess reaches from a little below the deepest stack of the last events up to the stack's top.
 */
export class StackWindow {
  /** How many stacks were found to end at or below the top. */
  private agreeing = 0;
  private readonly history: Address[] = [];
  private next = 0;

  private readonly lowest: Address;

  /**
   * `top` is the first address above the stack; nothing below `ramStart` is asked for. A top that is not `isInitial` was
   * found by unwinding: another call may need more than it did.
   */
  constructor(
    readonly top: Address,
    ramStart: Address = 0,
    private readonly isInitial = true,
  ) {
    this.lowest = Math.max(ramStart, top - MAX_STACK_BYTES);
  }

  /**
   * Whether unwinding can wait until the target runs: the top is that of the vector table, and the stacks so far were in order with it
   * (a bootloader's vector table may tell of another stack than the application's).
   */
  get isTrusted(): boolean {
    return this.isInitial && this.agreeing >= TRUSTED_AFTER;
  }

  /** A stack was unwound that ended at or below the top. */
  agree(): void {
    this.agreeing++;
  }

  /** Whether a stack pointer belongs to this stack. */
  holds(sp: Address): boolean {
    return sp >= this.lowest && sp <= this.top;
  }

  /** What to read next; undefined until a stack pointer was seen. `slackBytes` more than usual where a miss cannot be mended. */
  predict(slackBytes: Bytes = SLACK_BYTES): MemoryRange | undefined {
    if (this.history.length === 0) return undefined;
    const deepest = Math.min(...this.history);
    const address = Math.max(this.lowest, Math.floor((deepest - slackBytes) / ALIGN) * ALIGN);
    const length = this.top - address;
    return length > 0 && length <= MAX_GUESS_BYTES ? { address, length } : undefined;
  }

  observe(sp: Address): void {
    this.history[this.next] = sp;
    this.next = (this.next + 1) % HISTORY;
  }
}

/** Cuts what was read down to the part from the stack pointer on; undefined when that begins below what was read. */
export function fromStackPointer(range: MemoryRange, bytes: Uint8Array, sp: Address): Uint8Array | undefined {
  const skip = sp - range.address;
  return skip < 0 || skip > bytes.length ? undefined : bytes.subarray(skip);
}
