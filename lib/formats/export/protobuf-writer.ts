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
    const inner = new ProtobufWriter();
    for (const value of values) inner.varint(value);
    return this.data(field, inner.finish());
  }

  text(field: number, value: string): this {
    return this.data(field, new TextEncoder().encode(value));
  }

  message(field: number, write: (into: ProtobufWriter) => void): this {
    const inner = new ProtobufWriter();
    write(inner);
    return this.data(field, inner.finish());
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
    this.reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.length++] = rest;
    return this;
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
