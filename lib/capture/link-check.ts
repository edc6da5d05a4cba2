import type { TargetMemory } from '../allocators/gc-area.js';
import { PC } from '../arch/arm/registers.js';
import { type Address, formatAddress } from '../base/units.js';
import { DeviceLostError } from '../errors/errors.js';

const CODE_BYTES = 4;
/** Of the outer end of a stack's copy: what is read last, and zeros when the probe went away meanwhile. */
const TAIL_BYTES = 32;
const MAX_KNOWN = 10_000;

/** What is known of one stop. */
export interface SeenStop {
  readonly registers: ArrayLike<number>;
  readonly sp: Address;
  /** The copy of its stack; absent where none was read. */
  readonly stack?: Uint8Array;
  /** What else was read with it, and seldom changes. */
  readonly alongside?: Uint8Array | undefined;
}

/**
 * Some debug servers go on when their probe is gone: they tell the last stop again and again, with the registers of the last one and
 * memory full of zeros. A stop that looks like that is a reason to read a piece of code, which does not change.
 */
export class LinkCheck {
  private code: Uint8Array | undefined;
  private last: SeenStop | undefined;
  private readonly soundStacks = new Set<Address>();

  constructor(
    private readonly memory: TargetMemory,
    private readonly address: Address,
  ) {}

  /** The target is halted, and all is well. */
  async begin(): Promise<void> {
    this.code = await this.memory.readMemory(this.address, CODE_BYTES).then(
      (bytes) => bytes.slice(),
      () => undefined,
    );
  }

  /**
   * To be called with each stop, while the target is halted and after everything was read of it.
   * @throws DeviceLostError HH1591 when the code reads as other bytes than at the start: nothing of this stop is true
   */
  async check(stop: SeenStop): Promise<void> {
    const isOdd = this.isOdd(stop);
    this.last = stop;
    if (!isOdd || !this.code) return;
    const now = await this.memory.readMemory(this.address, CODE_BYTES);
    if (!sameBytes(now, this.code)) throw readsWrong(this.address);
    if (this.soundStacks.size >= MAX_KNOWN) this.soundStacks.clear();
    this.soundStacks.add(stop.sp);
  }

  private isOdd({ registers, sp, stack, alongside }: SeenStop): boolean {
    const { last } = this;
    if (last && isSameStop(registers, last.registers)) return true;
    if (alongside && last?.alongside && !sameBytes(alongside, last.alongside)) return true;
    return stack?.subarray(-TAIL_BYTES).every((byte) => byte === 0) === true && !this.soundStacks.has(sp);
  }
}

function isSameStop(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i <= PC; i++) if (a[i] !== b[i]) return false;
  return true;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The target that a server tells of is not there. */
export function readsWrong(code: Address): DeviceLostError {
  const text = `the target: the code at ${formatAddress(code)} does not read as it did at the start`;
  return new DeviceLostError('HH1591', text, { remedy: 'see whether the probe and the power are still there' });
}
