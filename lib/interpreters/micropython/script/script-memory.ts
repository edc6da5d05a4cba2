import type { Address, Bytes } from '../../../base/units.js';
import { SectionFlag } from '../../../symbols/elf-tables.js';
import type { Symbolizer } from '../../../symbols/symbolizer.js';

/** Reads the target's memory; undefined where none can be read. Never rejects for an address alone. */
export type ReadScriptMemory = (address: Address, length: Bytes) => Promise<Uint8Array | undefined>;

/** What of a firmware never changes is in its file: bytecode that is frozen in, the names that came with it. */
export class ConstantMemory {
  private readonly areas: readonly { readonly address: Address; readonly end: Address }[];

  constructor(private readonly firmware: Symbolizer) {
    this.areas = firmware.elfFile.sections
      .filter(({ flags, sizeBytes }) => {
        const isConstant = (flags & SectionFlag.alloc) !== 0 && (flags & SectionFlag.write) === 0;
        return isConstant && sizeBytes > 0;
      })
      .map(({ address, sizeBytes }) => ({ address, end: address + sizeBytes }));
  }

  holds(address: Address): boolean {
    return this.areas.some((area) => address >= area.address && address < area.end);
  }

  /** Up to `length` bytes from an address, fewer at the end of an area; undefined where the memory may change. */
  read(address: Address, length: Bytes): Uint8Array | undefined {
    const area = this.areas.find((each) => address >= each.address && address < each.end);
    if (!area) return undefined;
    return this.firmware.readMemory(address, Math.min(length, area.end - address));
  }
}

/** The little-endian word at an offset; 0 beyond the end. */
export function wordAt(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}
