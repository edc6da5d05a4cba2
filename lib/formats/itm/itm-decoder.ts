/** What an ITM stream holds. All are optional; what is not listened to is passed over. */
export interface ItmHandler {
  /** A software packet: `value` is its 1, 2 or 4 bytes as a little-endian number. */
  software?(port: number, value: number, byteCount: number): void;
  /** A hardware (DWT) packet; its `id` numbers are no ports. */
  hardware?(id: number, value: number, byteCount: number): void;
  /** The target dropped packets here. */
  overflow?(): void;
  /** Ticks since the last local timestamp; `delayed` bits as in the header's bits 4 and 5. */
  localTimestamp?(ticks: number, delayed: number): void;
  /** Bits of the absolute counter: 1 for the low 26 bits, 2 for those above. */
  globalTimestamp?(part: 1 | 2, value: number): void;
  sync?(): void;
  /** A header that no packet has: bytes were lost or this is no ITM stream. Decoding goes on with the next byte. */
  reserved?(header: number, offset: number): void;
}

const MAX_CONTINUATION = { local: 4, global1: 4, global2: 6, extension: 4 } as const;

type State = 'header' | 'payload' | 'local' | 'global1' | 'global2' | 'extension' | 'zeros';

/**
 * Decodes the Arm ITM packet protocol (ARMv7-M Architecture Reference Manual, appendix D4) as it leaves the SWO pin in
 * UART mode with the formatter off, cut anywhere. Never throws and keeps a few bytes of state only.
 */
export class ItmDecoder {
  /** Bytes decoded so far. */
  offset = 0;
  private state: State = 'header';
  private header = 0;
  private value = 0;
  private have = 0;
  private need = 0;
  private zeros = 0;

  constructor(private readonly handler: ItmHandler) {}

  push(chunk: Uint8Array): void {
    const base = this.offset;
    const end = chunk.length;
    let at = 0;
    while (at < end) {
      if (this.state === 'header') at = this.sourcePackets(chunk, at, end);
      if (at >= end) break;
      const byte = chunk[at] ?? 0;
      this.offset = base + at;
      at++;
      if (this.state === 'header') this.begin(byte);
      else this.continue(byte);
    }
    this.offset = base + end;
  }

  /** Bytes of an unfinished packet that are left; 0 when the stream ended between two packets. */
  end(): number {
    return this.state === 'header' || this.state === 'zeros' ? 0 : this.have + 1;
  }

  /** The common case, without state: whole source packets one after another. */
  private sourcePackets(chunk: Uint8Array, from: number, end: number): number {
    const { handler } = this;
    let at = from;
    while (at < end) {
      const header = chunk[at] ?? 0;
      const size = header & 3;
      if (size === 0) return at;
      const count = size === 3 ? 4 : size;
      if (at + count >= end) return at;
      let value = chunk[at + 1] ?? 0;
      if (count > 1) value |= (chunk[at + 2] ?? 0) << 8;
      if (count > 2) value = (value | ((chunk[at + 3] ?? 0) << 16) | ((chunk[at + 4] ?? 0) << 24)) >>> 0;
      if (header & 4) handler.hardware?.(header >> 3, value, count);
      else handler.software?.(header >> 3, value, count);
      at += count + 1;
    }
    return at;
  }

  private begin(byte: number): void {
    this.header = byte;
    this.value = 0;
    this.have = 0;
    const size = byte & 3;
    if (size !== 0) {
      this.need = size === 3 ? 4 : size;
      this.state = 'payload';
    } else if (byte === 0) {
      this.zeros = 1;
      this.state = 'zeros';
    } else if (byte === 0x70) this.handler.overflow?.();
    else if (byte === 0x94) this.state = 'global1';
    else if (byte === 0xb4) this.state = 'global2';
    else if ((byte & 0x0f) === 0 && byte < 0x80) this.handler.localTimestamp?.(byte >> 4, 0);
    else if ((byte & 0xcf) === 0xc0) this.state = 'local';
    else if ((byte & 0x0b) === 8) {
      if (byte & 0x80) this.state = 'extension';
    } else this.handler.reserved?.(byte, this.offset);
  }

  private continue(byte: number): void {
    switch (this.state) {
      case 'payload':
        this.value = (this.value | (byte << (8 * this.have))) >>> 0;
        if (++this.have === this.need) this.endPayload();
        return;
      case 'zeros':
        this.afterZeros(byte);
        return;
      case 'local':
      case 'global1':
      case 'global2':
      case 'extension':
        // At most 6 x 7 bits: beyond 32 bits only multiplication is exact.
        this.value += (byte & 0x7f) * 2 ** (7 * this.have);
        this.have++;
        if ((byte & 0x80) === 0 || this.have >= MAX_CONTINUATION[this.state]) this.endContinuation(this.state);
        return;
      default:
        this.begin(byte);
    }
  }

  private endPayload(): void {
    this.state = 'header';
    if (this.header & 4) this.handler.hardware?.(this.header >> 3, this.value, this.need);
    else this.handler.software?.(this.header >> 3, this.value, this.need);
  }

  private endContinuation(state: 'local' | 'global1' | 'global2' | 'extension'): void {
    this.state = 'header';
    if (state === 'local') this.handler.localTimestamp?.(this.value, (this.header >> 4) & 3);
    else if (state === 'global1') this.handler.globalTimestamp?.(1, this.value);
    else if (state === 'global2') this.handler.globalTimestamp?.(2, this.value);
  }

  /** A sync packet is at least 47 zero bits and a one: five whole zero bytes, then 0x80 (more zeros are allowed). */
  private afterZeros(byte: number): void {
    if (byte === 0) {
      this.zeros++;
      return;
    }
    this.state = 'header';
    if (byte === 0x80 && this.zeros >= 5) this.handler.sync?.();
    else {
      this.handler.reserved?.(0, this.offset - this.zeros);
      this.begin(byte);
    }
  }
}
