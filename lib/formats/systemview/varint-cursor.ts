/** Reads SystemView's numbers and strings. Past its end it answers 0 and sets `short`, so that a caller checks once. */
export class VarintCursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  /** More was asked for than there is. */
  short = false;
  /** A number of more than five bytes came. */
  tooLong = false;

  reset(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.short = false;
    this.tooLong = false;
  }

  byte(): number {
    if (this.at < this.end) return this.bytes[this.at++] ?? 0;
    this.short = true;
    return 0;
  }

  /** LEB128, at most 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value >>> 0;
    }
    this.tooLong = true;
    return value >>> 0;
  }

  /** Ids and lengths: one byte, or two where bit 7 of the first is set. */
  short14(): number {
    const first = this.byte();
    return (first & 0x80) === 0 ? first : (first & 0x7f) | (this.byte() << 7);
  }

  string(): string {
    let length = this.byte();
    if (length === 0xff) length = this.byte() | (this.byte() << 8);
    if (this.at + length > this.end) {
      this.short = true;
      return '';
    }
    const text = new TextDecoder('utf-8').decode(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return text;
  }
}
