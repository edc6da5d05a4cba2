import type { Architecture } from '../../arch/architecture.js';
import { architectureOfRegisters } from '../../arch/architectures.js';
import { ARM } from '../../arch/arm/arm.js';
import type { Bytes } from '../../base/units.js';
import { TargetError } from '../../errors/errors.js';
import type { RegisterDescription } from './target-xml.js';

interface RegisterPlace {
  readonly offset: number;
  readonly number: number;
}

/** Where the core registers lie in the reply to `g`, and what `p` and `P` call them. */
export class RegisterLayout {
  /** Whether the server sets single registers (`P`); undefined until one was tried. */
  writesOne: boolean | undefined = true;
  /** The reply to `g` that was parsed last. */
  private lastReply: Uint8Array = new Uint8Array(0);

  private constructor(
    readonly architecture: Architecture,
    /** By index: the byte offset in the reply; -1 for a status word that the server does not have. */
    private readonly offsets: readonly number[],
    /** By index: the number that `p` and `P` use. */
    readonly numbers: readonly number[],
    private readonly neededBytes: Bytes,
    private readonly littleEndian: boolean,
  ) {}

  /**
   * Of the architecture that is expected; else of the one whose registers are there.
   * @throws TargetError HH1560 when the description has not its 32-bit registers (another architecture).
   */
  static from(registers: readonly RegisterDescription[], expected?: Architecture, littleEndian = true): RegisterLayout {
    const byName = placesOf(registers);
    const architecture = expected ?? architectureOfRegisters(new Set(byName.keys())) ?? ARM;
    const { required } = architecture;
    const shown = architecture.windows?.shown ?? 0;
    const found = architecture.registers.map((names, index) =>
      index < shown ? undefined : names.map((name) => byName.get(name)).find((entry) => entry !== undefined),
    );
    const missing = found.findIndex((entry, index) => entry === undefined && index >= shown && index < required);
    if (missing >= 0) {
      throw new TargetError(
        'HH1560',
        `debug server: target.xml: found no 32-bit register ${architecture.registers[missing]?.[0]}, expected ${architecture.coreRegisters}`,
        {
          remedy: 'capture with options.engine gdb',
        },
      );
    }
    const offsets = found.map((entry) => entry?.offset ?? -1);
    const numbers = found.map((entry) => entry?.number ?? -1);
    const neededBytes = Math.max(...offsets.slice(0, required)) + 4;
    return new RegisterLayout(architecture, offsets, numbers, neededBytes, littleEndian);
  }

  /**
   * What every server sends that has no description: the core registers first (gdb's built-in order). `order`: others, where an architecture
   * knows of none that is the same everywhere.
   */
  static plain(architecture: Architecture = ARM, littleEndian = true, order?: readonly string[]): RegisterLayout {
    const names = order ?? architecture.registers.slice(0, architecture.required).map(([name = '']) => name);
    const words = names.map((name, number) => ({ name, number, sizeBytes: 4 }));
    const layout = RegisterLayout.from(words, architecture, littleEndian);
    layout.writesOne = undefined;
    return layout;
  }

  /**
   * The core registers of a `g` reply, then the status words that are in it. Digits `x` (not available) read as 0.
   * Undefined when the reply is no such thing. @throws TargetError HH2201 when they contradict each other
   */
  parse(reply: Buffer): Uint32Array | undefined {
    if (reply.length < this.neededBytes * 2 || reply.length % 2 !== 0) return undefined;
    const text = reply.toString('latin1').replaceAll('x', '0');
    const bytes = Buffer.from(text, 'hex');
    if (bytes.length * 2 !== reply.length) return undefined;
    this.lastReply = bytes;
    const registers = new Uint32Array(this.wordsIn(bytes.length));
    for (let index = 0; index < registers.length; index++) {
      const at = this.offsets[index] ?? -1;
      if (at >= 0) registers[index] = this.littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    }
    const wrong = this.architecture.windows?.show(registers);
    if (wrong === undefined) return registers;
    throw new TargetError('HH2201', `debug server: registers: found ${wrong}, expected those of the core`);
  }

  /** How many of the words a `g` reply of so many bytes holds. */
  private wordsIn(bytes: Bytes): number {
    const { required, registers } = this.architecture;
    let count = required;
    while (count < registers.length) {
      const at = this.offsets[count] ?? -1;
      if (at < 0 || at + 4 > bytes) break;
      count++;
    }
    return count;
  }

  /** The requests for the status words behind the first `known` that a `g` reply held, in their order; empty where the server has none. */
  statusRequests(known: number): string[] {
    const numbers = this.numbers.slice(known);
    return numbers.every((number) => number >= 0) ? numbers.map((number) => `p${number.toString(16)}`) : [];
  }

  /** The registers and the status words that were asked for; the registers alone when one of the replies is no word. */
  withStatus(registers: Uint32Array, replies: readonly Buffer[]): Uint32Array {
    const texts = replies.map((reply) => reply.toString('latin1'));
    if (texts.length === 0 || !texts.every((text) => /^[0-9a-f]{8}$/i.test(text))) return registers;
    const all = new Uint32Array(registers.length + texts.length);
    all.set(registers);
    for (const [index, text] of texts.entries()) {
      const bytes = Buffer.from(text, 'hex');
      all[registers.length + index] = this.littleEndian ? bytes.readUInt32LE(0) : bytes.readUInt32BE(0);
    }
    return all;
  }

  /**
   * The payload that sets all core registers, for servers that set none alone (QEMU where it has no target description). What lies
   * between them in the last `g` reply is sent back as it was, what lies behind them is left out: it stays as it is.
   */
  writeAll(registers: Uint32Array): string {
    const bytes = Buffer.alloc(this.neededBytes);
    bytes.set(this.lastReply.subarray(0, bytes.length));
    for (let index = 0; index < this.architecture.required; index++) {
      const [value, at] = [registers[index] ?? 0, this.offsets[index] ?? -1];
      // What follows from the others has no place of its own.
      if (at < 0) continue;
      if (this.littleEndian) bytes.writeUInt32LE(value, at);
      else bytes.writeUInt32BE(value, at);
    }
    return `G${bytes.toString('hex')}`;
  }

  /** The payload that sets a core register. */
  write(index: number, value: number): string {
    const bytes = Buffer.alloc(4);
    if (this.littleEndian) bytes.writeUInt32LE(value >>> 0);
    else bytes.writeUInt32BE(value >>> 0);
    return `P${(this.numbers[index] ?? index).toString(16)}=${bytes.toString('hex')}`;
  }
}

/** Where the 32-bit registers lie when one follows the other, by name. */
function placesOf(registers: readonly RegisterDescription[]): Map<string, RegisterPlace> {
  const byName = new Map<string, RegisterPlace>();
  let offset = 0;
  for (const { name, number, sizeBytes } of registers) {
    if (sizeBytes === 4) byName.set(name.toLowerCase(), { offset, number });
    offset += sizeBytes;
  }
  return byName;
}
