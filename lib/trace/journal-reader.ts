import { TraceFormatError } from '../errors/errors.js';
import { ByteReader } from './byte-reader.js';
import { crc32 } from './crc32.js';
import type { RawSample } from './heap-event.js';
import { IdMaps, readBatch } from './journal-batch.js';
import {
  CHUNK_HEAD_BYTES,
  CHUNK_TAIL_BYTES,
  ChunkType,
  HEADER_BYTES,
  isJournal,
  JOURNAL_MAGIC,
  JOURNAL_VERSION,
  MAX_CHUNK_BYTES,
} from './journal-format.js';
import { readInfo, readSide } from './journal-json.js';
import { readRawSample } from './raw-samples.js';
import { TraceBuilder } from './trace-builder.js';

/**
 * Reads a journal that is pushed in pieces cut anywhere. Everything up to the last whole chunk is kept: a torn or damaged
 * tail becomes a gap and `info.complete` false, never an error. @throws TraceFormatError HH1404 for another file or version.
 */
export class JournalReader {
  readonly builder: TraceBuilder;
  private pending: Uint8Array = new Uint8Array(0);
  /** Where `pending` begins in the file. */
  private offset = 0;
  private headerRead = false;
  private damage: string | undefined;
  private ended = false;
  private readonly ids = new IdMaps();

  constructor(
    private readonly subject = 'journal',
    builder: TraceBuilder = new TraceBuilder(),
  ) {
    this.builder = builder;
  }

  push(bytes: Uint8Array): void {
    if (this.damage !== undefined) return;
    this.pending = this.pending.length === 0 ? bytes : concat(this.pending, bytes);
    let at = this.readHeader();
    while (this.headerRead && this.damage === undefined) {
      const next = this.readChunk(at);
      if (next === at) break;
      at = next;
    }
    this.offset += at;
    // A copy even of a Node Buffer, whose own slice is a view: the caller may use its memory again.
    this.pending = Uint8Array.prototype.slice.call(this.pending, at);
  }

  /** The input is over. */
  end(): void {
    if (!this.headerRead) throw this.notAJournal(this.pending);
    const { complete } = this.builder.info;
    if (this.damage === undefined && this.ended && this.pending.length === 0) return;
    const reason =
      this.damage ??
      (this.pending.length > 0
        ? `torn chunk at byte ${this.offset}: ${this.pending.length} bytes left out`
        : 'the capture was not ended in good order');
    this.builder.add({ kind: 'gap', reason });
    if (complete && this.builder.info.endReason === undefined) {
      this.builder.add({ kind: 'info', info: { endReason: 'the capture process ended early' } });
    }
  }

  private readHeader(): number {
    if (this.headerRead) return 0;
    if (this.pending.length < HEADER_BYTES) return 0;
    if (!isJournal(this.pending)) throw this.notAJournal(this.pending);
    const version = new ByteReader(this.pending.subarray(JOURNAL_MAGIC.length), this.subject).u32();
    if (version !== JOURNAL_VERSION) {
      throw new TraceFormatError(
        'HH1404',
        `${this.subject}: byte ${JOURNAL_MAGIC.length}: found journal version ${version}, expected ${JOURNAL_VERSION}`,
        {
          offset: JOURNAL_MAGIC.length,
          remedy: 'read it with the release of heap-harvest that wrote it, or update this one',
        },
      );
    }
    this.headerRead = true;
    return HEADER_BYTES;
  }

  /** Returns where the next chunk begins, or `at` when this one is not whole yet. */
  private readChunk(at: number): number {
    const left = this.pending.length - at;
    if (left < CHUNK_HEAD_BYTES) return at;
    const length = new ByteReader(this.pending.subarray(at, at + 4), this.subject).u32();
    if (length > MAX_CHUNK_BYTES) return this.damaged(at, `a chunk of ${length} bytes`);
    const total = CHUNK_HEAD_BYTES + length + CHUNK_TAIL_BYTES;
    if (left < total) return at;
    const body = this.pending.subarray(at + 4, at + CHUNK_HEAD_BYTES + length);
    const sum = new ByteReader(this.pending.subarray(at + CHUNK_HEAD_BYTES + length, at + total), this.subject).u32();
    if (crc32(body) !== sum) return this.damaged(at, 'a checksum that does not match');
    try {
      this.apply(body[0] ?? 0, body.subarray(1), this.offset + at + CHUNK_HEAD_BYTES);
    } catch (error) {
      if (error instanceof TraceFormatError) return this.damaged(at, error.message);
      throw error;
    }
    return at + total;
  }

  private apply(type: number, payload: Uint8Array, base: number): void {
    const reader = new ByteReader(payload, this.subject, base);
    switch (type) {
      case ChunkType.info:
        this.builder.add({ kind: 'info', info: readInfo(reader, payload) });
        break;
      case ChunkType.batch:
        readBatch(reader, this.builder, this.ids);
        break;
      case ChunkType.side:
        readSide(reader, payload, this.builder);
        break;
      case ChunkType.raw:
        this.readSamples(reader);
        break;
      case ChunkType.end:
        this.ended = true;
        break;
      default: // Chunks of later versions that older readers may leave out.
    }
  }

  private readSamples(reader: ByteReader): void {
    for (let previous: RawSample | undefined; !reader.done; ) {
      previous = readRawSample(reader, previous);
      this.builder.add({ kind: 'raw', sample: previous });
    }
  }

  private damaged(at: number, found: string): number {
    this.damage = `damaged at byte ${this.offset + at}: ${found}; the rest is left out`;
    return at;
  }

  private notAJournal(bytes: Uint8Array): TraceFormatError {
    const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const found = bytes.length === 0 ? 'an empty file' : start;
    return new TraceFormatError('HH1404', `${this.subject}: byte 0: found ${found}, expected a journal ("HHJRNL")`, {
      offset: 0,
      remedy: 'other traces are read by `harvest import FILE`',
    });
  }
}

/** Reads a journal that is all there. */
export function readJournal(bytes: Uint8Array, subject?: string): TraceBuilder {
  const reader = new JournalReader(subject);
  reader.push(bytes);
  reader.end();
  return reader.builder;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
