/** Where the payloads of a framed stream go. */
export interface FramedPortHandler {
  data(port: number, bytes: Uint8Array): void;
  /** A byte that starts no frame was passed over. */
  reserved?(byte: number, offset: number): void;
}

/** Cuts a stream into frames of a short header and up to 255 bytes; what the header bytes mean is the subclass's. */
abstract class FramedPorts {
  offset = 0;
  private readonly held = new Uint8Array(260);
  private heldBytes = 0;

  constructor(protected readonly handler: FramedPortHandler) {}

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.heldBytes > 0) {
        this.held[this.heldBytes++] = chunk[at++] ?? 0;
        const length = this.frameLength(this.held, 0, this.heldBytes);
        if (length !== this.heldBytes) continue;
        this.heldBytes = 0;
        this.deliver(this.held.slice(0, length), 0, length);
        continue;
      }
      const length = this.frameLength(chunk, at, chunk.length - at);
      if (length > 0 && at + length <= chunk.length) {
        this.deliver(chunk, at, length);
        at += length;
      } else if (length === 0) {
        this.skip(chunk[at] ?? 0);
        at++;
      } else this.held[this.heldBytes++] = chunk[at++] ?? 0;
    }
  }

  /** Bytes of an unfinished frame that are left. */
  end(): number {
    return this.heldBytes;
  }

  /** The whole frame's length; 0 when no frame begins with the first byte, -1 when more bytes are needed to tell. */
  protected abstract frameLength(bytes: Uint8Array, at: number, available: number): number;
  protected abstract portOf(bytes: Uint8Array, at: number): number;
  protected abstract skip(byte: number): void;

  private deliver(bytes: Uint8Array, at: number, length: number): void {
    this.offset += length;
    if (length > 2) this.handler.data(this.portOf(bytes, at), bytes.subarray(at + 2, at + length));
  }
}

/**
 * Drone OS DSO, the protocol of its J-Link UART log.
 *
 *     0x4B << 1 | port >> 4,  (port & 15) << 4 | (length - 1),  payload of 1 to 16 bytes
 */
export class DsoDecoder extends FramedPorts {
  protected frameLength(bytes: Uint8Array, at: number, available: number): number {
    if (((bytes[at] ?? 0) & 0xfe) !== 0x96) return 0;
    return available < 2 ? -1 : ((bytes[at + 1] ?? 0) & 15) + 3;
  }

  protected portOf(bytes: Uint8Array, at: number): number {
    return (((bytes[at] ?? 0) & 1) << 4) | ((bytes[at + 1] ?? 0) >> 4);
  }

  protected skip(byte: number): void {
    this.handler.reserved?.(byte, this.offset++);
  }
}

/**
 * Drone OS Stream (2022): `stream, length, data`; a lone 0xFF marks where the target's buffer wrapped.
 */
export class DroneStreamDecoder extends FramedPorts {
  protected frameLength(bytes: Uint8Array, at: number, available: number): number {
    const stream = bytes[at] ?? 0;
    if (stream >= 32) return 0;
    return available < 2 ? -1 : (bytes[at + 1] ?? 0) + 2;
  }

  protected portOf(bytes: Uint8Array, at: number): number {
    return bytes[at] ?? 0;
  }

  protected skip(byte: number): void {
    if (byte !== 0xff) this.handler.reserved?.(byte, this.offset);
    this.offset++;
  }
}
