import type { TargetMemory } from '../../allocators/gc-area.js';
import { type Address, type Bytes, formatAddress } from '../../base/units.js';

/** What the script showed of the target's memory up to one event; what is newer hides what is older. */
export class ShownMemory implements TargetMemory {
  private constructor(private readonly pieces: ReadonlyMap<Address, Uint8Array>) {}

  static readonly nothing = new ShownMemory(new Map());

  /** With one more piece, as the script writes it: `ADDRESS BYTES`. */
  with(text: string): ShownMemory {
    const [address = '', bytes = ''] = text.split(' ');
    const start = Number.parseInt(address, 16);
    if (!Number.isFinite(start)) return this;
    const pieces = new Map(this.pieces);
    pieces.delete(start);
    if (pieces.size >= MAX_PIECES) pieces.delete(pieces.keys().next().value ?? 0);
    pieces.set(start, Buffer.from(bytes, 'hex'));
    return new ShownMemory(pieces);
  }

  async readMemory(address: Address, length: Bytes): Promise<Uint8Array> {
    for (const [start, bytes] of [...this.pieces].reverse()) {
      const at = address - start;
      if (at >= 0 && at + length <= bytes.length) return bytes.subarray(at, at + length);
    }
    throw new RangeError(`the memory at ${formatAddress(address)} was not shown`);
  }
}

/** Of 64 areas a structure and two pieces of table each. */
const MAX_PIECES = 256;
