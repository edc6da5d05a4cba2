import { type PackZlib, storedZlib } from '../base/stored-zlib.js';
import { ByteWriter } from './byte-writer.js';
import { crc32 } from './crc32.js';
import { JOURNAL_MAGIC, JOURNAL_VERSION } from './journal-format.js';

/** Writes the head of a journal, then framed chunks (docs/journal.md), each with one call of `write`, whose bytes are used again after it. */
export class JournalChunks {
  private readonly payload = new ByteWriter();
  private readonly frame = new ByteWriter();

  constructor(
    private readonly write: (bytes: Uint8Array) => void,
    readonly pack: PackZlib = storedZlib,
  ) {
    this.frame.bytes(JOURNAL_MAGIC);
    this.frame.u32(JOURNAL_VERSION);
    write(this.frame.view());
  }

  json(type: number, value: object): void {
    this.send(type, (payload) => payload.bytes(new TextEncoder().encode(JSON.stringify(value))));
  }

  /** A chunk with what `fill` writes. */
  send(type: number, fill: (payload: ByteWriter) => void): void {
    this.payload.clear();
    fill(this.payload);
    const payload = this.payload.view();
    this.frame.clear();
    this.frame.u32(payload.length);
    this.frame.byte(type);
    this.frame.bytes(payload);
    this.frame.u32(crc32(payload, crc32(Uint8Array.of(type))));
    this.write(this.frame.view());
  }
}
