import { MAX_VARINT, putVarint, varintLength } from '../../base/varint.js';

/** Writes protocol buffer fields: varints, and length-delimited bytes, strings, messages and packed numbers. */
export class ProtobufWriter {
  private bytes = new Uint8Array(256);
  private length = 0;

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  number(field: number, value: number): this {
    return this.varint(field * 8).varint(value);
  }

  /** 64 bits, little endian. */
  fixed64(field: number, value: bigint): this {
    this.varint(field * 8 + 1);
    this.reserve(8);
    new DataView(this.bytes.buffer).setBigUint64(this.length, value, true);
    this.length += 8;
    return this;
  }

  packed(field: number, values: readonly number[]): this {
    return this.message(field, () => {
      for (const value of values) this.varint(value);
    });
  }

  text(field: number, value: string): this {
    return this.data(field, new TextEncoder().encode(value));
  }

  /** What `write` writes goes where it belongs and is moved on for its length, which is known then: no writer for each message. */
  message(field: number, write: (into: ProtobufWriter) => void): this {
    this.varint(field * 8 + 2);
    const start = this.length;
    write(this);
    const size = this.length - start;
    this.reserve(MAX_VARINT);
    this.bytes.copyWithin(start + varintLength(size), start, this.length);
    this.length = start;
    this.varint(size);
    this.length += size;
    return this;
  }

  /** Bytes as they are; strings and messages are made of it. */
  data(field: number, bytes: Uint8Array): this {
    this.varint(field * 8 + 2).varint(bytes.length);
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  /** Non-negative integers up to 2^53. */
  private varint(value: number): this {
    this.reserve(MAX_VARINT);
    this.length = putVarint(this.bytes, this.length, value);
    return this;
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
