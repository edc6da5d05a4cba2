/*
 * Framing of gdb's remote serial protocol (gdb manual, appendix E.1 "Overview"):
 *
 *   $payload#cc     a packet; cc = sum of the bytes between $ and #, modulo 256, as two hex digits
 *   %payload#cc     a notification; it is never acknowledged
 *   + or -          acknowledgement, or a request to send again
 *   } x             one byte, x ^ 0x20 (for # $ } * inside a payload)
 *   c * n           c repeated n - 29 more times (only in replies)
 */
import type { Bytes } from '../../base/units.js';

const DOLLAR = 0x24;
const HASH = 0x23;
const PERCENT = 0x25;
const STAR = 0x2a;
const PLUS = 0x2b;
const MINUS = 0x2d;
const ESCAPE = 0x7d;
const ESCAPE_XOR = 0x20;
/** `n - 29` in the run-length encoding: 29 keeps the count printable. */
const RUN_BIAS = 29;

/** No server is known to send more than 128 KiB in one packet; the bound keeps a hostile one from filling memory. */
export const MAX_PACKET_BYTES: Bytes = 1024 * 1024;

/** What came over the line. `broken` means that bytes were lost or changed: replies can no longer be told apart. */
export type RspItem =
  | { readonly kind: 'packet'; readonly payload: Buffer }
  | { readonly kind: 'notification'; readonly payload: Buffer }
  | { readonly kind: 'nak' }
  | { readonly kind: 'broken'; readonly reason: string };

/** The bytes of one packet. A text payload is taken as latin-1, so that binary data may be part of it. */
export function encodePacket(payload: string | Uint8Array): Buffer {
  const raw = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  let extra = 0;
  for (const byte of raw) if (needsEscape(byte)) extra++;
  const packet = Buffer.allocUnsafe(raw.length + extra + 4);
  let at = 0;
  let sum = 0;
  packet[at++] = DOLLAR;
  for (const byte of raw) {
    if (needsEscape(byte)) {
      packet[at++] = ESCAPE;
      packet[at++] = byte ^ ESCAPE_XOR;
      sum += ESCAPE + (byte ^ ESCAPE_XOR);
    } else {
      packet[at++] = byte;
      sum += byte;
    }
  }
  packet[at++] = HASH;
  packet.write((sum & 0xff).toString(16).padStart(2, '0'), at, 'latin1');
  return packet;
}

function needsEscape(byte: number): boolean {
  return byte === DOLLAR || byte === HASH || byte === ESCAPE || byte === STAR;
}

/**
 * Splits a byte stream into packets. Bytes may come in pieces of any size. After a broken packet it goes on at the next `$`;
 * whether what follows can be trusted is for the caller to decide (a client that has lost step must drop the connection).
 */
export class PacketDecoder {
  /** The pieces of the packet that is not complete yet; its first byte is `$` or `%`. */
  private pieces: Uint8Array[] = [];
  private held = 0;
  /** Of the two checksum digits after `#`, how many are still missing; -1 while the payload goes on. */
  private missing = -1;
  private skipping = false;
  /** How many `+` came. */
  acks = 0;

  push(chunk: Uint8Array): RspItem[] {
    const items: RspItem[] = [];
    let at = 0;
    while (at < chunk.length)
      at = this.held > 0 ? this.continuePacket(chunk, at, items) : this.between(chunk, at, items);
    return items;
  }

  private between(chunk: Uint8Array, at: number, items: RspItem[]): number {
    const byte = chunk[at];
    if (byte === DOLLAR || byte === PERCENT) {
      this.pieces = [];
      this.held = 0;
      this.missing = -1;
      this.skipping = false;
      return this.continuePacket(chunk, at, items);
    }
    if (byte === PLUS) this.acks++;
    else if (byte === MINUS) items.push({ kind: 'nak' });
    else if (!this.skipping) {
      // One report a run of noise, not one a byte.
      this.skipping = true;
      items.push({ kind: 'broken', reason: `byte 0x${hex2(byte ?? 0)} between two packets` });
    }
    return at + 1;
  }

  private continuePacket(chunk: Uint8Array, start: number, items: RspItem[]): number {
    let end = start;
    if (this.missing < 0) {
      const hash = chunk.indexOf(HASH, start);
      if (hash < 0) return this.hold(chunk, start, chunk.length, items);
      this.missing = 2;
      end = hash + 1;
    }
    const digits = Math.min(this.missing, chunk.length - end);
    this.missing -= digits;
    end += digits;
    if (this.missing > 0) return this.hold(chunk, start, end, items);
    const last = chunk.subarray(start, end);
    const packet = this.held === 0 ? last : Buffer.concat([...this.pieces, last]);
    this.pieces = [];
    this.held = 0;
    items.push(openPacket(Buffer.from(packet.buffer, packet.byteOffset, packet.length)));
    return end;
  }

  private hold(chunk: Uint8Array, start: number, end: number, items: RspItem[]): number {
    this.held += end - start;
    if (this.held > MAX_PACKET_BYTES) {
      items.push({ kind: 'broken', reason: `a packet of more than ${MAX_PACKET_BYTES} bytes` });
      this.pieces = [];
      this.held = 0;
      this.skipping = true;
      return chunk.length;
    }
    // A copy: the socket may use its buffer again.
    this.pieces.push(Uint8Array.prototype.slice.call(chunk, start, end));
    return end;
  }
}

/** `packet` is complete: mark, payload, `#`, two digits. The payload is copied out. */
function openPacket(packet: Buffer): RspItem {
  const bodyEnd = packet.length - 3;
  let sum = 0;
  let plain = true;
  for (let i = 1; i < bodyEnd; i++) {
    const byte = packet[i] ?? 0;
    sum += byte;
    if (byte === ESCAPE || byte === STAR) plain = false;
    else if (byte === DOLLAR) return { kind: 'broken', reason: 'a packet begins inside another' };
  }
  const sent = packet.toString('latin1', bodyEnd + 1);
  if (!/^[0-9a-f]{2}$/i.test(sent) || Number.parseInt(sent, 16) !== (sum & 0xff)) {
    return {
      kind: 'broken',
      reason: `checksum '${printable(sent)}' of a ${bodyEnd - 1}-byte packet, expected ${hex2(sum & 0xff)}`,
    };
  }
  const body = packet.subarray(1, bodyEnd);
  const payload = plain ? Buffer.from(body) : expand(body);
  if (typeof payload === 'string') return { kind: 'broken', reason: payload };
  return { kind: packet[0] === PERCENT ? 'notification' : 'packet', payload };
}

/** Undoes escapes and run lengths; a text is the reason why it cannot. */
function expand(body: Buffer): Buffer | string {
  const length = expandedLength(body);
  if (typeof length === 'string') return length;
  const out = Buffer.allocUnsafe(length);
  let at = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i] ?? 0;
    if (byte === STAR) {
      const repeat = (body[++i] ?? RUN_BIAS) - RUN_BIAS;
      out.fill(out[at - 1] ?? 0, at, at + repeat);
      at += repeat;
    } else {
      out[at++] = byte === ESCAPE ? (body[++i] ?? 0) ^ ESCAPE_XOR : byte;
    }
  }
  return out;
}

function expandedLength(body: Buffer): number | string {
  let length = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte === STAR) {
      const repeat = (body[++i] ?? 0) - RUN_BIAS;
      if (length === 0 || repeat < 1) return 'a run length that repeats nothing';
      length += repeat;
    } else if (byte === ESCAPE) {
      if (++i >= body.length) return 'an escape at the end of a packet';
      length++;
    } else length++;
    if (length > MAX_PACKET_BYTES) return `a packet of more than ${MAX_PACKET_BYTES} bytes when expanded`;
  }
  return length;
}

function hex2(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
