import { type Address, formatAddress } from '../base/units.js';
import { DeviceLostError } from '../errors/errors.js';
import { entryPoint } from '../firmware/capturable.js';
import type { DebugLink } from '../link/debug-link.js';
import { SegmentType } from '../symbols/elf-tables.js';
import type { Symbolizer } from '../symbols/symbolizer.js';

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
  /** Whether the heap's own variables say something else than at the stop before, which they seldom do. */
  readonly heapChanged?: boolean;
}

/**
 * Some debug servers go on when their probe is gone: they tell the last stop again and again, with the registers of the last one and
 * memory full of zeros. A stop that looks like that is a reason to read a piece of code, which does not change.
 */
export class LinkCheck {
  private code: Uint8Array | undefined;
  private last: SeenStop | undefined;
  /** Where the zeros at the outer end of a stack begin that were found to be its own. */
  private readonly soundZeros = new Set<Address>();

  constructor(
    private readonly memory: Pick<DebugLink, 'readMemory' | 'readTarget'>,
    private readonly address: Address,
  ) {}

  /** The target is halted, and all is well. */
  async begin(): Promise<void> {
    this.code = await this.read().then(
      (bytes) => bytes.slice(),
      () => undefined,
    );
  }

  /**
   * To be called with each stop, while the target is halted and after everything was read of it.
   * @throws DeviceLostError HH1591 when the code reads as other bytes than at the start: nothing of this stop is true
   */
  async check(stop: SeenStop): Promise<void> {
    const { last } = this;
    this.last = stop;
    const zeros = zerosOf(stop);
    const isOdd =
      (last && isSameStop(stop.registers, last.registers)) ||
      stop.heapChanged ||
      (zeros !== undefined && !this.soundZeros.has(zeros));
    if (!isOdd || !this.code) return;
    await this.compare();
    if (zeros === undefined) return;
    if (this.soundZeros.size >= MAX_KNOWN) this.soundZeros.clear();
    this.soundZeros.add(zeros);
  }

  /**
   * To be called after all was read of a stop, before anything of it is told. gdb takes the second answer to a request that was answered
   * twice for that to the next one, and so on, until something that is no answer at all puts it right again: it says nothing of that.
   * @throws DeviceLostError HH1591
   */
  async confirm(): Promise<void> {
    if (this.memory.readTarget) await this.compare();
  }

  private async compare(): Promise<void> {
    if (this.code && !sameBytes(await this.read(), this.code)) throw readsWrong(this.address);
  }

  private read(): Promise<Uint8Array> {
    const { memory, address } = this;
    return memory.readTarget ? memory.readTarget(address, CODE_BYTES) : memory.readMemory(address, CODE_BYTES);
  }
}

/**
 * Code that reads the same from the reset on: the hooked function, unless start-up code copies it to where it runs (code in RAM), the
 * entry then.
 */
export function steadyCode(firmware: Symbolizer, hooked: Address): Address {
  const isCopied = firmware.elfFile.segments.some(
    ({ type, address, physicalAddress, memoryBytes }) =>
      type === SegmentType.load && hooked >= address && hooked < address + memoryBytes && physicalAddress !== address,
  );
  return isCopied ? entryPoint(firmware) : hooked;
}

/** Where the zeros begin that a stack's copy ends in; undefined when they are too few to say anything. */
function zerosOf({ sp, stack }: SeenStop): Address | undefined {
  let at = stack?.length ?? 0;
  while (at > 0 && stack?.[at - 1] === 0) at--;
  return (stack?.length ?? 0) - at >= TAIL_BYTES ? sp + at : undefined;
}

function isSameStop(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
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

/** A server answered a request twice, or did not do what was asked. */
export function wrongAnswer(): DeviceLostError {
  const text = 'the debug server: found an answer to another request than to setting the pc, expected `OK`';
  return new DeviceLostError('HH1592', text, {
    remedy:
      'repeat the capture; where it happens again, capture with options.engine=direct, which looks at each answer',
  });
}
