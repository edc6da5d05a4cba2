/** Where the bytes of a TPIU stream go: `stream` is the trace source id (ITM is usually 1). */
export interface TpiuHandler {
  data(stream: number, bytes: Uint8Array): void;
  /** A full sync packet (FF FF FF 7F) stood between two frames. */
  sync?(): void;
}

const FRAME = 16;
const PENDING = 4096;

/**
 * Undoes the TPIU formatter (CoreSight Architecture Specification, section D4): 16-byte frames of 15 bytes of data and
 * ids. Even bytes with bit 0 set switch the stream; the last byte holds bit 0 of the even data bytes, and for an id
 * whether it takes effect one byte later. Full and half sync packets are dropped. Never throws.
 */
export class TpiuDeformatter {
  private readonly frame = new Uint8Array(FRAME);
  private filled = 0;
  /** How many FF the last bytes were (3 at most): FF FF FF 7F is a full sync, FF 7F at an even position a half one. */
  private ones = 0;
  private stream = 0;
  private readonly out = new Uint8Array(PENDING);
  private outLength = 0;

  constructor(private readonly handler: TpiuHandler) {}

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.filled === 0 && this.ones === 0 && this.isPlainFrame(chunk, at)) {
        this.decodeFrame(chunk, at);
        at += FRAME;
      } else this.byte(chunk[at++] ?? 0);
    }
    this.flush();
  }

  /** Bytes of an unfinished frame that are left. */
  end(): number {
    this.flush();
    return this.filled;
  }

  private byte(byte: number): void {
    this.frame[this.filled++] = byte;
    if (byte === 0xff) this.ones = Math.min(3, this.ones + 1);
    else {
      const full = byte === 0x7f && this.ones === 3;
      const half = byte === 0x7f && this.ones > 0 && this.filled % 2 === 0 && !full;
      this.ones = 0;
      if (full) {
        // Sync packets come between frames: wherever this one stands, the next byte starts a frame.
        this.filled = 0;
        this.handler.sync?.();
        return;
      }
      if (half) {
        this.filled -= 2;
        return;
      }
    }
    if (this.filled === FRAME) {
      this.filled = 0;
      this.decodeFrame(this.frame, 0);
    }
  }

  /** Whether a whole frame stands here in which no sync can begin or hide. */
  private isPlainFrame(chunk: Uint8Array, at: number): boolean {
    if (at + FRAME > chunk.length) return false;
    for (let i = at; i < at + FRAME; i++) if (chunk[i] === 0xff) return false;
    return true;
  }

  private decodeFrame(bytes: Uint8Array, at: number): void {
    const aux = bytes[at + FRAME - 1] ?? 0;
    let pending = -1;
    for (let i = 0; i < FRAME - 1; i++) {
      const byte = bytes[at + i] ?? 0;
      const bit = (aux >> (i >> 1)) & 1;
      if (i % 2 === 1) {
        this.emit(byte);
        if (pending >= 0) this.switchTo(pending);
        pending = -1;
      } else if ((byte & 1) === 0) this.emit(byte | bit);
      else if (bit === 1 && i < FRAME - 2) pending = byte >> 1;
      else this.switchTo(byte >> 1);
    }
  }

  private switchTo(stream: number): void {
    if (stream === this.stream) return;
    this.flush();
    this.stream = stream;
  }

  private emit(byte: number): void {
    this.out[this.outLength++] = byte;
    if (this.outLength === PENDING) this.flush();
  }

  private flush(): void {
    if (this.outLength === 0) return;
    const bytes = this.out.slice(0, this.outLength);
    this.outLength = 0;
    this.handler.data(this.stream, bytes);
  }
}
