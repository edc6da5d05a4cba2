import { TraceFormatError } from '../../errors/errors.js';
import { VarintCursor } from './varint-cursor.js';

/** One SystemView event. `cursor` stands at its parameters until the handler returns. */
export interface SystemViewPacket {
  id: number;
  core: number;
  /** Timer ticks since the event before it. */
  delta: number;
  /** Where the event begins in the stream. */
  offset: number;
  readonly cursor: VarintCursor;
}

/** What the parameters of the events without a length are: `u` a number, `s` a string (SystemView ids below 24). */
const PARAMETERS: readonly string[] = [
  '',
  'u',
  'u',
  '',
  'u',
  '',
  'u',
  'uu',
  'u',
  'uus',
  '',
  '',
  'u',
  'uu',
  's',
  'u',
  'u',
  '',
  '',
  'u',
  '',
  'uuuu',
  'uus',
];
const FIRST_WITH_LENGTH = 24;
/** The longest event: two strings of 64 KiB in an event without length are not sent by anyone. */
const MAX_EVENT = 200_000;

/** Cuts a SystemView event stream into events, whatever the chunks. */
export class SystemViewPackets {
  private held = new Uint8Array(1024);
  private heldBytes = 0;
  private readonly cursor = new VarintCursor();
  private readonly packet: SystemViewPacket = { id: 0, core: 0, delta: 0, offset: 0, cursor: new VarintCursor() };

  constructor(
    private readonly handle: (packet: SystemViewPacket) => void,
    private readonly subject: string,
    /** The stream offset of the first event. */
    private offset: number,
    /** ESP-IDF's extension: bit 6 of an id's last byte is the core. */
    private readonly espCores: boolean,
  ) {}

  /** @throws TraceFormatError HH1441 at an event that cannot be. */
  push(chunk: Uint8Array): void {
    if (this.heldBytes === 0) {
      const used = this.events(chunk, chunk.length);
      this.hold(chunk.subarray(used));
      return;
    }
    // Only as much as may complete the held event is copied; the rest is read in place.
    let at = 0;
    while (this.heldBytes > 0 && at < chunk.length) {
      const part = chunk.subarray(at, at + 256);
      this.hold(part);
      at += part.length;
      const used = this.events(this.held, this.heldBytes);
      this.held.copyWithin(0, used, this.heldBytes);
      this.heldBytes -= used;
    }
    if (at < chunk.length) this.push(chunk.subarray(at));
  }

  unfinishedBytes(): number {
    return this.heldBytes;
  }

  private hold(bytes: Uint8Array): void {
    const needed = this.heldBytes + bytes.length;
    if (needed > this.held.length) {
      const grown = new Uint8Array(needed * 2);
      grown.set(this.held.subarray(0, this.heldBytes));
      this.held = grown;
    }
    this.held.set(bytes, this.heldBytes);
    this.heldBytes = needed;
  }

  /** Handles all whole events and returns how many bytes they took. */
  private events(bytes: Uint8Array, length: number): number {
    let at = 0;
    while (at < length) {
      const next = this.event(bytes, at, length);
      if (next < 0) {
        if (length - at > MAX_EVENT) throw this.bad(`an event of more than ${MAX_EVENT} bytes`, 'a shorter one');
        return at;
      }
      this.offset += next - at;
      at = next;
    }
    return at;
  }

  /** Handles the event at an offset; returns where the next one starts, or -1 when it is not whole. */
  private event(bytes: Uint8Array, at: number, length: number): number {
    const { cursor, packet } = this;
    cursor.reset(bytes, at, length);
    const id = cursor.short14();
    // Bit 6 of the id's last byte.
    const coreBit = cursor.at - at === 1 ? 0x40 : 0x2000;
    packet.core = this.espCores && id & coreBit ? 1 : 0;
    packet.id = this.espCores ? id & ~coreBit : id;
    let start = cursor.at;
    if (packet.id >= FIRST_WITH_LENGTH) {
      const size = cursor.short14();
      start = cursor.at;
      cursor.at += size;
      if (cursor.at > length) return -1;
    } else if (!cursor.short && !this.skipParameters(packet.id)) {
      throw this.bad(`event id ${packet.id} without a length`, 'ids 0 to 22, or 24 and above');
    }
    const end = cursor.at;
    packet.delta = cursor.u32();
    if (cursor.short) return -1;
    if (cursor.tooLong) throw this.bad('a number of more than 5 bytes', 'a 32-bit number');
    const next = cursor.at;
    packet.offset = this.offset;
    packet.cursor.reset(bytes, start, end);
    this.handle(packet);
    return next;
  }

  private skipParameters(id: number): boolean {
    const parameters = PARAMETERS[id];
    if (parameters === undefined) return false;
    for (const kind of parameters) {
      if (kind === 'u') this.cursor.u32();
      else this.cursor.string();
    }
    return true;
  }

  private bad(found: string, expected: string): TraceFormatError {
    const { offset } = this;
    return new TraceFormatError(
      'HH1441',
      `${this.subject}: byte ${offset}: found ${found}, expected ${expected} (SystemView)`,
      {
        offset,
        remedy:
          'the events before it were kept; capture again with a larger SystemView buffer if the recording is damaged',
      },
    );
  }
}
