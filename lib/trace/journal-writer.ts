import type { Bytes } from '../base/units.js';
import { ByteWriter } from './byte-writer.js';
import { crc32 } from './crc32.js';
import { isHeapEvent, type RawSample, type TraceInfo, type TraceRecord } from './heap-event.js';
import { NOTHING_WRITTEN, type Written, writeBatch, writtenAll } from './journal-batch.js';
import { ChunkType, JOURNAL_MAGIC, JOURNAL_VERSION, type SideRecord } from './journal-format.js';
import { writeRawSample } from './raw-samples.js';
import type { TraceBuilder } from './trace-builder.js';

/** Events a batch holds at the most, so that chunks stay far below the reader's limit. */
const BATCH_EVENTS = 16384;
const SAMPLE_BYTES = 1 << 18;

/**
 * Writes a builder's contents as journal chunks, each with one call of `write`, in order. What is there is on its way
 * when `flush` returns; how soon it is on disk is the business of `write`.
 */
export class JournalWriter {
  private readonly payload = new ByteWriter();
  private readonly frame = new ByteWriter();
  private written: Written = NOTHING_WRITTEN;
  private writtenInfo: TraceInfo | undefined;
  private readonly samples = new ByteWriter();
  private lastSample: RawSample | undefined;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly write: (bytes: Uint8Array) => void,
  ) {
    this.frame.bytes(JOURNAL_MAGIC);
    this.frame.u32(JOURNAL_VERSION);
    write(this.frame.view());
  }

  /** Whether the builder holds events that were not written yet. */
  get pendingEvents(): number {
    return this.builder.eventCount - this.written.events;
  }

  /**
   * Adds a record to the builder; all but heap events are written at once, after the events before them. Raw samples are
   * written and not kept in the builder: they would make memory grow with the capture.
   */
  add(record: TraceRecord, liveBytes: Bytes): void {
    if (isHeapEvent(record)) {
      this.builder.add(record);
      if (this.pendingEvents >= BATCH_EVENTS) this.flush(liveBytes);
      return;
    }
    if (record.kind === 'status') {
      this.flush(liveBytes);
      return;
    }
    if (record.kind === 'raw') {
      this.sample(record.sample);
      if (this.samples.length >= SAMPLE_BYTES) this.flush(liveBytes);
      return;
    }
    this.flush(liveBytes);
    this.builder.add(record);
    if (record.kind === 'info') this.flush(liveBytes);
    else this.side({ ...record, beforeSeq: this.builder.eventCount });
  }

  /** Writes a mark, gap, epoch, note or region that stands before the event `beforeSeq`. */
  side(record: SideRecord): void {
    this.chunk(ChunkType.side, JSON.stringify(record));
  }

  /** Writes what is new in the builder; nothing when nothing is. `liveBytes` goes into the batch's summary. */
  flush(liveBytes: Bytes): void {
    if (this.builder.info !== this.writtenInfo) {
      this.writtenInfo = this.builder.info;
      this.chunk(ChunkType.info, JSON.stringify(this.writtenInfo));
    }
    if (this.pendingEvents > 0) {
      this.payload.clear();
      writeBatch(this.payload, this.builder, this.written, liveBytes);
      this.written = writtenAll(this.builder);
      this.send(ChunkType.batch);
    }
    if (this.samples.length === 0) return;
    this.payload.clear();
    this.payload.bytes(this.samples.view());
    this.samples.clear();
    this.lastSample = undefined;
    this.send(ChunkType.raw);
  }

  /** Appends a sample to the pending ones; each chunk of them can be read without those before it. */
  sample(sample: RawSample): void {
    writeRawSample(this.samples, sample, this.lastSample);
    this.lastSample = sample;
  }

  /** Flushes and states that the capture was ended in good order. */
  end(liveBytes: Bytes): void {
    this.flush(liveBytes);
    this.chunk(ChunkType.end, JSON.stringify({ eventCount: this.builder.eventCount }));
  }

  private chunk(type: number, json: string): void {
    this.payload.clear();
    this.payload.bytes(new TextEncoder().encode(json));
    this.send(type);
  }

  private send(type: number): void {
    const payload = this.payload.view();
    this.frame.clear();
    this.frame.u32(payload.length);
    this.frame.byte(type);
    this.frame.bytes(payload);
    this.frame.u32(crc32(payload, crc32(Uint8Array.of(type))));
    this.write(this.frame.view());
  }
}

/**
 * A whole trace as journal bytes: to save an imported trace, or to embed one in a page.
 * Chunks come in order; joined they are the file.
 */
export function journalBytes(builder: TraceBuilder): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const writer = new JournalWriter(builder, (bytes) => chunks.push(bytes.slice()));
  writer.flush(0);
  for (const mark of builder.marks) writer.side({ kind: 'mark', ...mark });
  for (const gap of builder.gaps) writer.side({ kind: 'gap', ...gap });
  for (const epoch of builder.epochs) writer.side({ kind: 'epoch', ...epoch });
  for (const note of builder.notes) writer.side({ kind: 'note', ...note });
  for (const sample of builder.rawSamples) writer.sample(sample);
  for (const region of builder.regions) writer.side({ kind: 'region', beforeSeq: 0, region });
  writer.end(0);
  return chunks;
}
