const DIGITS = new TextEncoder().encode('0123456789abcdef');
const ZERO = 0x30;
const NEWLINE = 0x0a;
const SPACE = 0x20;
/** What a buffer holds before it is handed on. */
const FULL_BYTES = 1 << 18;
/** Room behind that for what is written before somebody asks whether it is full. */
const SLACK_BYTES = 1 << 16;
/** The longest number: 2^53 in decimal. */
const MAX_DIGITS = 16;
/** What two halves of a large number are below. */
const HALF = 1e9;

const encoder = new TextEncoder();

/** UTF-8 text in pieces. What is written often (numbers, prepared bytes) is written without a string for each. */
export class TextBuffer {
  private bytes = new Uint8Array(FULL_BYTES + SLACK_BYTES);
  private length = 0;

  get isFull(): boolean {
    return this.length >= FULL_BYTES;
  }

  /** Any text. */
  text(text: string): this {
    this.reserve(text.length * 3);
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
    return this;
  }

  /** Any line, without its end. */
  line(text: string): void {
    this.text(text).byte(NEWLINE);
  }

  /** A character of ASCII. */
  byte(character: number): this {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = character;
    return this;
  }

  /** Bytes of UTF-8 that were made before. */
  raw(prepared: Uint8Array): this {
    const { length } = prepared;
    if (this.length + length > this.bytes.length) this.reserve(length);
    this.bytes.set(prepared, this.length);
    this.length += length;
    return this;
  }

  /** Any number as `String` writes it; whole ones from 0 to 2^53 quickly. */
  decimal(value: number): this {
    if (value >>> 0 === value) return this.digits(value);
    if (!(value > 0 && Number.isSafeInteger(value))) return this.text(String(value));
    const high = Math.floor(value / HALF);
    return this.digits(high).padded(value - high * HALF);
  }

  /** Any number as `toString(16)` writes it, with zeros before it up to `atLeast` digits; whole ones below 2^32 quickly. */
  hex(value: number, atLeast = 1): this {
    if (value >>> 0 !== value || atLeast > 8) return this.text(value.toString(16).padStart(atLeast, '0'));
    if (this.length + MAX_DIGITS > this.bytes.length) this.reserve(MAX_DIGITS);
    const { bytes } = this;
    let at = this.length;
    const first = value === 0 ? 0 : (31 - Math.clz32(value)) & ~3;
    for (let shift = Math.max(first, (atLeast - 1) * 4); shift >= 0; shift -= 4)
      bytes[at++] = DIGITS[(value >>> shift) & 15] as number;
    this.length = at;
    return this;
  }

  /** A line of one ASCII character and a hexadecimal number. */
  hexLine(character: number, value: number): void {
    this.byte(character).byte(SPACE).hex(value).byte(NEWLINE);
  }

  /** What is there, for good; the buffer is empty then. */
  take(): Uint8Array {
    const { bytes, length } = this;
    this.length = 0;
    if (length < FULL_BYTES / 2) return bytes.slice(0, length);
    // A new buffer costs less than a copy.
    this.bytes = new Uint8Array(FULL_BYTES + SLACK_BYTES);
    return bytes.subarray(0, length);
  }

  /** A whole number below 2^32. */
  private digits(value: number): this {
    let count = 1;
    for (let limit = 10; value >= limit; limit *= 10) count++;
    return this.put(value, count);
  }

  /** The lower half of a large number, with its zeros. */
  private padded(value: number): this {
    return this.put(value, 9);
  }

  private put(value: number, count: number): this {
    if (this.length + MAX_DIGITS > this.bytes.length) this.reserve(MAX_DIGITS);
    const { bytes } = this;
    let rest = value >>> 0;
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const tenth = (rest / 10) >>> 0;
      bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.length += count;
    return this;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array((this.length + more) * 2 + SLACK_BYTES);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
