import { TraceFormatError } from '../../../errors/errors.js';

/** Reads a .mpy file forward; what is missing or impossible is an error that names the byte. */
export class MpyCursor {
  at = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly subject: string,
  ) {}

  byte(what: string): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw this.cut(what);
    this.at++;
    return byte;
  }

  /** A view, not a copy. */
  take(count: number, what: string): Uint8Array {
    if (count > this.bytes.length - this.at) throw this.cut(what, count);
    const part = this.bytes.subarray(this.at, this.at + count);
    this.at += count;
    return part;
  }

  /** Base 128, most significant group first. */
  uint(what: string): number {
    const start = this.at;
    let value = 0;
    for (;;) {
      const byte = this.byte(what);
      value = value * 128 + (byte & 0x7f);
      if ((byte & 0x80) === 0) return value;
      if (value > 0xffffffff) throw this.bad(start, `${what} above 32 bits`, 'a 32-bit number');
    }
  }

  bad(at: number, found: string, expected: string): TraceFormatError {
    return new TraceFormatError('HH1462', `${this.subject}: byte ${at}: found ${found}, expected ${expected}`, {
      offset: at,
      remedy: 'the file is damaged or of another version: compile it again with mpy-cross',
    });
  }

  private cut(what: string, count = 1): TraceFormatError {
    const left = this.bytes.length - this.at;
    return new TraceFormatError(
      'HH1461',
      `${this.subject}: byte ${this.at}: found the end of the file (${left} bytes left), expected ${count} for ${what}`,
      {
        offset: this.at,
        remedy: 'the file is cut: copy it again',
      },
    );
  }
}
