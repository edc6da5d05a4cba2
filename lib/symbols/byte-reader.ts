import { formatAddress } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';

const utf8 = new TextDecoder('utf-8', { fatal: false });
/** Names longer than this are cut: a mutated string table must not make megabyte function names. */
const MAX_NAME_BYTES = 4096;
const HIGH_WORD = 0x100000000;

/**
 * A cursor over the bytes of one section: every read is checked against `limit`, so a truncated file ends in a
 * {@link SymbolError} (HH1302) that names the section and the offset.
 * 64-bit values are returned as numbers; above 2^53 they lose their low bits, which no address of a supported target needs.
 */
export class ByteReader {
  offset: number;
  limit: number;

  constructor(
    readonly bytes: Uint8Array,
    readonly littleEndian: boolean,
    readonly subject: string,
    offset = 0,
    limit = bytes.length,
  ) {
    this.limit = Math.min(limit, bytes.length);
    this.offset = offset;
    if (!(offset >= 0 && offset <= this.limit)) this.truncated(0);
  }

  /** Moves to an absolute offset of the section. @throws SymbolError HH1302 when it is outside. */
  seek(offset: number): this {
    if (!(offset >= 0 && offset <= this.limit)) {
      this.offset = this.limit;
      this.truncated(0, offset);
    }
    this.offset = offset;
    return this;
  }

  skip(count: number): void {
    if (!(count >= 0 && count <= this.limit - this.offset)) this.truncated(count);
    this.offset += count;
  }

  /** The next `length` bytes, not copied. @throws SymbolError HH1302 when there are fewer. */
  block(length: number): Uint8Array {
    const from = this.offset;
    this.skip(length);
    return this.bytes.subarray(from, this.offset);
  }

  u8(): number {
    const value = this.offset < this.limit ? this.bytes[this.offset] : undefined;
    if (value === undefined) return this.truncated(1);
    this.offset++;
    return value;
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    const first = this.u8();
    const second = this.u8();
    return this.littleEndian ? first | (second << 8) : (first << 8) | second;
  }

  u24(): number {
    const first = this.u16();
    const second = this.u8();
    return this.littleEndian ? first | (second << 16) : (first << 8) | second;
  }

  u32(): number {
    const { bytes, offset } = this;
    if (offset + 4 > this.limit) return this.truncated(4);
    this.offset = offset + 4;
    const a = bytes[offset] ?? 0;
    const b = bytes[offset + 1] ?? 0;
    const c = bytes[offset + 2] ?? 0;
    const d = bytes[offset + 3] ?? 0;
    return (this.littleEndian ? (d << 24) | (c << 16) | (b << 8) | a : (a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  }

  i32(): number {
    return this.u32() | 0;
  }

  u64(): number {
    const first = this.u32();
    const second = this.u32();
    return this.littleEndian ? second * HIGH_WORD + first : first * HIGH_WORD + second;
  }

  i64(): number {
    const first = this.u32();
    const second = this.u32();
    return this.littleEndian ? (second | 0) * HIGH_WORD + first : (first | 0) * HIGH_WORD + second;
  }

  /** An unsigned value of 1, 2, 3, 4 or 8 bytes. */
  unsigned(sizeBytes: number): number {
    switch (sizeBytes) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 3:
        return this.u24();
      case 4:
        return this.u32();
      case 8:
        return this.u64();
      default:
        throw new SymbolError(
          'HH1306',
          `${this.where()}: found a value of ${sizeBytes} bytes, expected 1, 2, 3, 4 or 8`,
        );
    }
  }

  /** Unsigned LEB128 (DWARF 5, 7.6); at most 10 bytes are taken. */
  uleb(): number {
    let byte = this.u8();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 128;
    for (let count = 1; count < 10; count++) {
      byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new SymbolError('HH1306', `${this.where()}: found a LEB128 number longer than 10 bytes`);
  }

  /** Signed LEB128 (DWARF 5, 7.6). */
  sleb(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.u8();
      // The sign is taken with the last 7 bits: subtracting it at the end would round above 2^53.
      if (byte < 0x80) return value + (byte & 0x40 ? byte - 0x80 : byte) * scale;
      value += (byte & 0x7f) * scale;
      scale *= 128;
    }
    throw new SymbolError('HH1306', `${this.where()}: found a LEB128 number longer than 10 bytes`);
  }

  skipLeb(): void {
    while (this.u8() >= 0x80);
  }

  /** The zero-terminated string here; moves past its end. */
  text(): string {
    const start = this.offset;
    this.skipText();
    return decodeText(this.bytes, start, this.offset - 1);
  }

  skipText(): void {
    const end = this.bytes.indexOf(0, this.offset);
    if (end < 0 || end >= this.limit) this.truncated(1);
    this.offset = end + 1;
  }

  /** `section: offset 0x...`, the beginning of every message about these bytes. */
  where(offset = this.offset): string {
    return `${this.subject}: offset 0x${offset.toString(16)}`;
  }

  private truncated(wanted: number, at = this.offset): never {
    const found = `the data ends at ${formatAddress(this.limit)}`;
    throw new SymbolError('HH1302', `${this.where(at)}: ${found}, expected ${wanted} more bytes`, {
      remedy: 'Build or copy the ELF file again: it is cut short or damaged.',
    });
  }
}

/** Decodes bytes `start` to `end` as UTF-8; cut at 4096 bytes. */
function decodeText(bytes: Uint8Array, start: number, end: number): string {
  const stop = Math.min(end, start + MAX_NAME_BYTES);
  if (stop - start > 64) return utf8.decode(bytes.subarray(start, stop));
  let text = '';
  for (let index = start; index < stop; index++) {
    const byte = bytes[index] ?? 0;
    if (byte >= 0x80) return utf8.decode(bytes.subarray(start, stop));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The zero-terminated string at an offset of a string section; `undefined` when the offset is outside. */
export function textAt(bytes: Uint8Array, offset: number): string | undefined {
  if (!(offset >= 0 && offset < bytes.length)) return undefined;
  const end = bytes.indexOf(0, offset);
  return decodeText(bytes, offset, end < 0 ? bytes.length : end);
}
