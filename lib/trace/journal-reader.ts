import { TraceFormatError } from '../errors/errors.js';
import { crc32 } from './crc32.js';
import type { RawSample } from './heap-event.js';
import { type BatchState, firstEventOf, newBatchState, readBatch } from './journal-batch-reader.js';
import { ChunkType, HEADER_BYTES, isJournal, JOURNAL_MAGIC, JOURNAL_VERSION } from './journal-format.js';
import { JournalFrames } from './journal-frames.js';
import { EventNumbers } from './journal-ids.js';
import { readEnd, readInfo, readSide } from './journal-json.js';
import { JournalLosses } from './journal-losses.js';
import { readRawSample, sampleBytes, unpackSamples } from './raw-samples.js';
import { readObjectGraph } from './read-object-graph.js';
import type { EventColumns } from './trace.js';
import { TraceBuilder } from './trace-builder.js';
import { type ColumnKernel, VarintReader } from './varint-reader.js';

/** What registers and stack copies may take: a journal's own are below a third of it. */
const MAX_SAMPLE_RATIO = 64;
const FREE_SAMPLE_BYTES = 64 * 1024 * 1024;
const NONE: ReadonlySet<keyof EventColumns> = new Set();
/** A capture writes a few events at a time: so many come together before they are told of. */
const MIN_TOLD = 1 << 14;

/** What of a journal is read. */
export interface JournalReaderOptions {
  /** Leave registers and stack copies out: only `resymbolize` needs them, and they are most of a journal. */
  readonly skipSamples?: boolean;
  /** Columns to leave out. */
  readonly skip?: ReadonlySet<keyof EventColumns>;
  /** A faster CRC-32 than our own, which is the default: in Node zlib's. */
  readonly crc32?: (bytes: Uint8Array) => number;
  /** How long the journal is, where that is known. */
  readonly totalBytes?: number;
  /** Read all but the events: the builder counts them only. */
  readonly withoutEvents?: boolean;
  /** Told of events that were read, which the builder then forgets: they are worked on while they lie in the cache, and are kept nowhere. */
  readonly onEvents?: (builder: TraceBuilder) => void;
  /**
   * The builder's tables are those of an earlier reading of the same bytes, in which nothing was lost: names and stacks are passed over, and checksums
   * are not looked at again. Where the journal has another number of names or stacks it reads as damaged.
   */
  readonly tablesKnown?: boolean;
  /**
   * Reads columns faster.
   * @internal
   */
  readonly kernel?: ColumnKernel;
}

/**
 * Reads a journal that is pushed in pieces cut anywhere. Whatever chunk is whole is kept: a torn or damaged one becomes a gap and
 * `info.complete` false, never an error. @throws TraceFormatError HH1404 for another file or version.
 */
export class JournalReader {
  private head: Uint8Array = new Uint8Array(0);
  private frames: JournalFrames | undefined;
  private state: BatchState = newBatchState(JOURNAL_VERSION, NONE);
  private readonly numbers = new EventNumbers();
  private readonly losses: JournalLosses;
  private ended = false;
  private bytesRead = 0;
  private samplesKept = 0;

  constructor(
    private readonly subject = 'journal',
    readonly builder: TraceBuilder = new TraceBuilder(),
    private readonly options: JournalReaderOptions = {},
  ) {
    this.losses = new JournalLosses(builder);
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const before = this.builder.eventCount;
    this.bytesRead += bytes.length;
    if (this.frames) {
      this.frames.push(bytes);
    } else {
      const wanted = HEADER_BYTES - this.head.length;
      this.head = joined(this.head, bytes.subarray(0, wanted));
      if (this.head.length < HEADER_BYTES) return;
      this.frames = this.openFrames();
      this.frames.push(bytes.subarray(wanted));
    }
    this.expectMore(bytes.length, this.builder.eventCount - before);
  }

  /** The input is over. */
  end(): void {
    if (!this.frames) throw this.notAJournal(this.head);
    this.frames.end();
    this.tell(1);
    if (this.options.tablesKnown) this.checkTables();
    this.losses.end(this.ended, this.state.lostStacks);
  }

  private checkTables(): void {
    const { strings, frames, stacks } = this.state;
    const { tables } = this.builder;
    const isSame =
      strings.length === tables.strings.length &&
      frames.length === tables.frameRows.count &&
      stacks.length === tables.trie.table().count;
    if (!isSame) this.lose(this.bytesRead, 0, 'other names and backtraces than were read before');
  }

  private openFrames(): JournalFrames {
    if (!isJournal(this.head)) throw this.notAJournal(this.head);
    const version = new VarintReader(this.head.subarray(JOURNAL_MAGIC.length), this.subject).u32();
    if (version < 1 || version > JOURNAL_VERSION) {
      throw new TraceFormatError(
        'HH1404',
        `${this.subject}: byte ${JOURNAL_MAGIC.length}: found journal version ${version}, expected 1 to ${JOURNAL_VERSION}`,
        {
          offset: JOURNAL_MAGIC.length,
          remedy: 'read it with the release of heap-harvest that wrote it, or update this one',
        },
      );
    }
    const { skip = NONE, withoutEvents = false, tablesKnown = false, crc32: sum = crc32 } = this.options;
    this.state = newBatchState(version, skip, { withoutEvents, tablesKnown });
    const handler = {
      frame: (type: number, payload: Uint8Array, at: number) => this.frame(type, payload, at),
      damaged: (at: number, bytes: number, found: string) => this.lose(at, bytes, found),
    };
    return new JournalFrames(handler, HEADER_BYTES, tablesKnown ? undefined : sum);
  }

  private frame(type: number, payload: Uint8Array, at: number): void {
    try {
      this.apply(type, payload, at);
    } catch (error) {
      if (!(error instanceof TraceFormatError)) throw error;
      this.lose(at, payload.length, error.message);
    }
  }

  private lose(at: number, bytes: number, found: string): void {
    this.losses.add({ at, bytes, found });
    this.state.incomplete = true;
  }

  private apply(type: number, payload: Uint8Array, at: number): void {
    const reader = new VarintReader(payload, this.subject, at, this.options.kernel);
    switch (type) {
      case ChunkType.info:
        this.builder.add({ kind: 'info', info: readInfo(reader, payload) });
        break;
      case ChunkType.batch:
        this.reach(firstEventOf(reader), reader);
        this.numbers.next += readBatch(reader, this.builder, this.state);
        this.tell(MIN_TOLD);
        break;
      case ChunkType.side:
        readSide(reader, payload, { builder: this.builder, placeOf: (seq) => this.placeOf(seq, reader) });
        break;
      case ChunkType.raw:
        if (!this.options.skipSamples) this.readSamples(reader);
        break;
      case ChunkType.packedRaw:
        if (!this.options.skipSamples) this.readSamples(new VarintReader(unpackSamples(reader), this.subject, at));
        break;
      case ChunkType.objectGraph:
        this.builder.graphs.push(readObjectGraph(reader, this.subject, (seq) => this.placeOf(seq, reader)));
        break;
      case ChunkType.end:
        this.reach(readEnd(reader, payload), reader);
        this.ended = true;
        break;
      default: // Chunks of later versions that older readers may leave out.
    }
  }

  private tell(atLeast: number): void {
    const { onEvents } = this.options;
    if (!onEvents || this.builder.kind.length < atLeast) return;
    onEvents(this.builder);
    this.builder.forgetEvents();
  }

  /** What comes next stands before the event `seq`: those between were lost. */
  private reach(seq: number, reader: VarintReader): void {
    if (seq < this.numbers.next) throw reader.fail(`event ${seq}`, `one from ${this.numbers.next}`);
    const lost = this.numbers.loseUpTo(seq);
    if (lost > 0) this.state.incomplete = true;
    this.losses.settle(lost);
  }

  private placeOf(seq: number, reader: VarintReader): number {
    if (seq > this.numbers.next) this.reach(seq, reader);
    return this.numbers.kept(seq);
  }

  private readSamples(reader: VarintReader): void {
    for (let previous: RawSample | undefined; !reader.done; ) {
      previous = readRawSample(reader, previous);
      const { seq } = previous;
      this.samplesKept += sampleBytes(previous);
      if (this.samplesKept > FREE_SAMPLE_BYTES + MAX_SAMPLE_RATIO * this.bytesRead)
        throw reader.fail(`${this.samplesKept} bytes of samples`, `at most ${MAX_SAMPLE_RATIO} times the journal's`);
      // After a loss a sample of an event that is not there, or not there yet, may be one of a lost event.
      if (this.state.incomplete && (seq >= this.numbers.next || this.numbers.isLost(seq))) continue;
      const kept = this.numbers.kept(seq);
      this.builder.add({ kind: 'raw', sample: kept === seq ? previous : { ...previous, seq: kept } });
    }
  }

  /** By what the last piece held: the first one also has most of the strings and frames. */
  private expectMore(pieceBytes: number, events: number): void {
    const { totalBytes, withoutEvents = false, onEvents } = this.options;
    if (withoutEvents || onEvents || totalBytes === undefined || this.bytesRead >= totalBytes) return;
    const left = ((totalBytes - this.bytesRead) / pieceBytes) * events;
    // A page that no event comes to takes no memory: rather too much than growing once more.
    this.builder.expectAtLeast(Math.ceil(this.builder.eventCount + left * 1.2));
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
export function readJournal(bytes: Uint8Array, subject?: string, options?: JournalReaderOptions): TraceBuilder {
  const reader = new JournalReader(subject, undefined, options);
  reader.push(bytes);
  reader.end();
  return reader.builder;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
