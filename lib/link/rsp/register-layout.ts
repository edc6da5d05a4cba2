import { XPSR } from '../../arch/arm/registers.js';
import type { Bytes } from '../../base/units.js';
import { TargetError } from '../../errors/errors.js';
import type { RegisterDescription } from './target-xml.js';

/** The words that the engines work with: r0 to r15 and, where the server sends it, xPSR. */
const CORE_NAMES: readonly (readonly string[])[] = [
  ...Array.from({ length: 13 }, (_, index) => [`r${index}`]),
  ['sp', 'r13'],
  ['lr', 'r14'],
  ['pc', 'r15'],
  ['xpsr', 'cpsr'],
];

/** Where the core registers lie in the reply to `g`, and what `P` calls pc. */
export class RegisterLayout {
  private constructor(
    /** Byte offsets of r0..r15 and xPSR in the reply; -1 for an xPSR that is not there. */
    private readonly offsets: readonly number[],
    /** By index (0 to 15): the number that `p` and `P` use. */
    readonly numbers: readonly number[],
    private readonly neededBytes: Bytes,
    private readonly littleEndian: boolean,
  ) {}

  /** @throws TargetError HH1560 when the description has no 32-bit r0..r15 (another architecture). */
  static from(registers: readonly RegisterDescription[], littleEndian = true): RegisterLayout {
    const byName = new Map<string, { offset: number; number: number }>();
    let offset = 0;
    for (const { name, number, sizeBytes } of registers) {
      if (sizeBytes === 4) byName.set(name.toLowerCase(), { offset, number });
      offset += sizeBytes;
    }
    const found = CORE_NAMES.map((names) => names.map((name) => byName.get(name)).find((entry) => entry !== undefined));
    const missing = found.findIndex((entry, index) => entry === undefined && index !== XPSR);
    if (missing >= 0) {
      throw new TargetError(
        'HH1560',
        `debug server: target.xml: found no 32-bit register ${CORE_NAMES[missing]?.[0]}, expected ARM's r0 to r15`,
        {
          remedy: 'capture with options.engine gdb',
        },
      );
    }
    const offsets = found.map((entry) => entry?.offset ?? -1);
    return new RegisterLayout(
      offsets,
      found.map((entry) => entry?.number ?? -1),
      Math.max(...offsets.slice(0, XPSR)) + 4,
      littleEndian,
    );
  }

  /** What every ARM server sends that has no description: r0 to r15 first (gdb's built-in order). */
  static arm(littleEndian = true): RegisterLayout {
    const words = CORE_NAMES.slice(0, XPSR).map((names, number) => ({ name: names[0] ?? '', number, sizeBytes: 4 }));
    return RegisterLayout.from(words, littleEndian);
  }

  /**
   * The core registers of a `g` reply, xPSR last where it is there. Digits `x` (not available) read as 0.
   * Undefined when the reply is no such thing.
   */
  parse(reply: Buffer): Uint32Array | undefined {
    if (reply.length < this.neededBytes * 2 || reply.length % 2 !== 0) return undefined;
    const text = reply.toString('latin1').replaceAll('x', '0');
    const bytes = Buffer.from(text, 'hex');
    if (bytes.length * 2 !== reply.length) return undefined;
    const xpsr = this.offsets[XPSR] ?? -1;
    const hasXpsr = xpsr >= 0 && xpsr + 4 <= bytes.length;
    const registers = new Uint32Array(hasXpsr ? XPSR + 1 : XPSR);
    for (let index = 0; index < registers.length; index++) {
      const at = this.offsets[index] ?? 0;
      registers[index] = this.littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    }
    return registers;
  }

  /** The payload that sets a core register. */
  write(index: number, value: number): string {
    const bytes = Buffer.alloc(4);
    if (this.littleEndian) bytes.writeUInt32LE(value >>> 0);
    else bytes.writeUInt32BE(value >>> 0);
    return `P${(this.numbers[index] ?? index).toString(16)}=${bytes.toString('hex')}`;
  }
}
