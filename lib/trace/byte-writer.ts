import { MAX_VARINT, putVarint } from '../base/varint.js';

const encoder = new TextEncoder();

/** Appends little-endian integers, varints and strings to a buffer that grows. */
export class ByteWriter {
  private buffer = new Uint8Array(4096);
  length = 0;

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  u32(value: number): void {
    this.reserve(4);
    for (let shift = 0; shift < 32; shift += 8) this.buffer[this.length++] = (value >>> shift) & 0xff;
  }

  f64(value: number): void {
    this.reserve(8);
    new DataView(this.buffer.buffer).setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** LEB128, for integers from 0 to 2^53. */
  varint(value: number): void {
    this.reserve(MAX_VARINT);
    this.length = putVarint(this.buffer, this.length, value);
  }

  /** Zigzag, for integers of either sign up to 2^52. */
  signedVarint(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  /** Length in bytes, then UTF-8. */
  text(value: string): void {
    const bytes = encoder.encode(value);
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  /** A view of what was written; valid until the next write. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  /** What was written, for good: the next write begins a new buffer. */
  take(): Uint8Array {
    const taken = this.view();
    this.buffer = new Uint8Array(this.buffer.length);
    this.length = 0;
    return taken;
  }

  clear(): void {
    this.length = 0;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + more));
    grown.set(this.view());
    this.buffer = grown;
  }
}
