import { TraceFormatError } from '../errors/errors.js';

const decoder = new TextDecoder();

/** Reads columns faster than a loop of ours, where it can. */
export interface ColumnKernel {
  /** As {@link VarintReader.differences}: where it ended in `bytes`, or 0 when it is to be read without help. */
  differences(bytes: Uint8Array, offset: number, out: ArrayBufferView, from: number, count: number): number;
  /** True when all these bytes are below `limit`; false says nothing. */
  bytesBelow(bytes: Uint8Array, offset: number, count: number, limit: number): boolean;
  /** Turns negative ids into -1. True when all ids are below `limit`; false says nothing. */
  clampIds(ids: Int32Array, limit: number): boolean;
}

/** Reads what {@link ByteWriter} writes. @throws TraceFormatError HH1403, naming the byte, past the end or on a varint above 2^53. */
export class VarintReader {
  offset = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly subject: string,
    /** Where `bytes` begins in the whole input, for messages. */
    private readonly base = 0,
    readonly kernel?: ColumnKernel,
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

  /** The next byte, which stays; 0 at the end. */
  peek(): number {
    return this.bytes[this.offset] ?? 0;
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

  /**
   * Reads `count` integers, each written as its difference to the one before (the first to 0), into `out` from `from` on. False, with
   * nothing read, when a number is none of 32 bits without a sign and `out` holds only such.
   */
  differences(out: Float64Array | Int32Array | Uint32Array, from: number, count: number): boolean {
    const unsigned = out instanceof Uint32Array;
    const { bytes, offset: start } = this;
    const ended = this.kernel?.differences(bytes, start, out, from, count) ?? 0;
    if (ended > 0) {
      this.offset = ended;
      return true;
    }
    const end = from + count;
    let at = start;
    let value = 0;
    for (let i = from; i < end; i++) {
      // In local variables and step by step: this is where loading a trace spends its time. Beyond the end zeros are read.
      let byte = bytes[at++] as number;
      let zigzag = byte & 0x7f;
      if (byte >= 0x80) {
        byte = bytes[at++] as number;
        zigzag |= (byte & 0x7f) << 7;
        if (byte >= 0x80) {
          byte = bytes[at++] as number;
          zigzag |= (byte & 0x7f) << 14;
          if (byte >= 0x80) {
            byte = bytes[at++] as number;
            zigzag |= (byte & 0x7f) << 21;
          }
        }
      }
      if (byte < 0x80 || byte === undefined) value += (zigzag >>> 1) ^ -(zigzag & 1);
      else {
        this.offset = at - 4;
        value += this.signedVarint();
        at = this.offset;
      }
      if (unsigned && value >>> 0 !== value) {
        this.offset = start;
        return false;
      }
      out[i] = value;
    }
    this.offset = at;
    if (at > bytes.length) throw this.fail('the end of its chunk', `${count} values`);
    return true;
  }

  signedVarint(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  skipVarints(count: number): void {
    let at = this.offset;
    for (let left = count; left > 0; at++) {
      const byte = this.bytes[at];
      if (byte === undefined) throw this.fail('the end of its chunk', `${left} more values`);
      if (byte < 0x80) left--;
    }
    this.offset = at;
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

  /** Whether bytes that were taken are all below `limit`. */
  areBelow(taken: Uint8Array, limit: number): boolean {
    const offset = taken.byteOffset - this.bytes.byteOffset;
    return (
      this.kernel?.bytesBelow(this.bytes, offset, taken.length, limit) === true || taken.every((byte) => byte < limit)
    );
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.take(this.bytes.length - this.offset);
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
