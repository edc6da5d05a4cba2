import { readFileSync, writeFileSync } from 'node:fs';

/* For processors of which there is a compiler here and no linker: an object becomes a program whose code lies at 0. */

const RELA = 4;
const EXECUTABLE = 2;
/** R_AARCH64_ABS64, R_AARCH64_ABS32: the only ones in debug information. */
const WIDTHS: Readonly<Record<number, 4 | 8>> = { 257: 8, 258: 4 };

/** Writes the addresses that the relocations of a 64-bit little-endian object's debug information ask for into it, and calls it a program. */
export function relocateObject(object: string, program: string): void {
  const bytes = readFileSync(object);
  const at = (offset: number) => Number(bytes.readBigUInt64LE(offset));
  const sections = Array.from({ length: bytes.readUInt16LE(60) }, (_, index) => {
    const header = at(40) + index * 64;
    const [link, info] = [bytes.readUInt32LE(header + 40), bytes.readUInt32LE(header + 44)];
    return {
      type: bytes.readUInt32LE(header + 4),
      flags: at(header + 8),
      offset: at(header + 24),
      size: at(header + 32),
      link,
      info,
    };
  });
  for (const { type, offset, size, link, info } of sections) {
    const [symbols, target] = [sections[link], sections[info]];
    // Code is not run here: only what is not loaded is relocated.
    if (type !== RELA || !symbols || !target || (target.flags & 2) !== 0) continue;
    for (let entry = offset; entry < offset + size; entry += 24) {
      const width = WIDTHS[bytes.readUInt32LE(entry + 8)];
      if (width === undefined) throw new Error(`${object}: relocation ${bytes.readUInt32LE(entry + 8)}`);
      const symbol = at(symbols.offset + bytes.readUInt32LE(entry + 12) * 24 + 8);
      const value = BigInt(symbol) + bytes.readBigInt64LE(entry + 16);
      const place = target.offset + at(entry);
      if (width === 8) bytes.writeBigUInt64LE(value, place);
      else bytes.writeUInt32LE(Number(value), place);
    }
  }
  bytes.writeUInt16LE(EXECUTABLE, 16);
  writeFileSync(program, bytes);
}
