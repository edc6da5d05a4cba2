import { TraceFormatError } from '../errors/errors.js';

const decoder = new TextDecoder();

/** Reads what {@link ByteWriter} writes. @throws TraceFormatError HH1403, naming the byte, past the end or on a varint above 2^53. */
export class ByteReader {
  offset = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly subject: string,
    /** Where `bytes` begins in the whole input, for messages. */
    private readonly base = 0,
  ) {}

  get done(): boolean {
    return this.offset >= this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.offset];
    if (value === undefined) throw this.fail('the end of its chunk', 'more bytes');
    this.offset++;
    return value;
  }

  u32(): number {
    return this.byte() + this.byte() * 0x100 + this.byte() * 0x10000 + this.byte() * 0x1000000;
  }

  f64(): number {
    const view = this.take(8);
    return new DataView(view.buffer, view.byteOffset, 8).getFloat64(0, true);
  }

  varint(): number {
    const { bytes } = this;
    let value = bytes[this.offset] ?? 0x80;
    if (value < 0x80) {
      this.offset++;
      return value;
    }
    value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw this.fail('a varint of more than 8 bytes', 'an integer below 2^53');
  }

  signedVarint(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    return decoder.decode(this.take(this.varint()));
  }

  take(length: number): Uint8Array {
    const end = this.offset + length;
    if (end > this.bytes.length) throw this.fail('the end of its chunk', `${length} more bytes`);
    const view = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return view;
  }

  /** A count that is followed by at least `eachAtLeast` bytes each: refuses counts that the rest cannot hold. */
  count(eachAtLeast: number): number {
    const count = this.varint();
    if (count * eachAtLeast > this.bytes.length - this.offset)
      throw this.fail(`a count of ${count}`, 'one that fits its chunk');
    return count;
  }

  fail(found: string, expected: string): TraceFormatError {
    const offset = this.base + this.offset;
    return new TraceFormatError('HH1403', `${this.subject}: byte ${offset}: found ${found}, expected ${expected}`, {
      offset,
    });
  }
}
