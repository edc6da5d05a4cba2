const DIGITS = new TextEncoder().encode('0123456789abcdef');
const NEWLINE = 0x0a;
const SPACE = 0x20;
/** What a buffer holds before it is handed on. */
const FULL_BYTES = 1 << 17;
/** Room behind that for the longest short line. */
const SLACK_BYTES = 64;

/** Lines of text, the many short ones without a string for each. */
export class LineBuffer {
  private bytes = new Uint8Array(FULL_BYTES + SLACK_BYTES);
  private length = 0;
  private readonly encoder = new TextEncoder();

  get isFull(): boolean {
    return this.length >= FULL_BYTES;
  }

  /** Any line, without its end. */
  line(text: string): void {
    const room = this.length + text.length * 3 + 1;
    if (room + SLACK_BYTES > this.bytes.length) this.grow(room);
    this.length += this.encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
    this.bytes[this.length++] = NEWLINE;
  }

  /** A line of one ASCII character and a hexadecimal number below 2^31. May be called whenever the buffer is not full. */
  hexLine(character: number, value: number): void {
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = character;
    bytes[at++] = SPACE;
    for (let shift = value === 0 ? 0 : (31 - Math.clz32(value)) & ~3; shift >= 0; shift -= 4)
      bytes[at++] = DIGITS[(value >>> shift) & 15] as number;
    bytes[at++] = NEWLINE;
    this.length = at;
  }

  /** A copy of what is there, whole lines of UTF-8; the buffer is empty then. */
  take(): Uint8Array {
    const lines = this.bytes.slice(0, this.length);
    this.length = 0;
    return lines;
  }

  private grow(atLeast: number): void {
    const grown = new Uint8Array(atLeast * 2 + SLACK_BYTES);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
