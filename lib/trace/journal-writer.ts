import type { Bytes } from '../base/units.js';
import { ByteWriter } from './byte-writer.js';
import { deflatePack } from './deflate-pack.js';
import { isHeapEvent, type RawSample, type TraceInfo, type TraceRecord } from './heap-event.js';
import { NOTHING_WRITTEN, sourceOfBuilder, type Written, writeBatch, writtenAll } from './journal-batch.js';
import { JournalChunks } from './journal-chunks.js';
import { ChunkType, type SideRecord } from './journal-format.js';
import { writePacked } from './pack-samples.js';
import { writeRawSample } from './raw-samples.js';
import type { TraceBuilder } from './trace-builder.js';
import { writeObjectGraph } from './write-object-graph.js';

/** Events a batch holds at the most, so that chunks stay far below the reader's limit. */
const BATCH_EVENTS = 16384;
/** Samples that are packed together: the more, the smaller. They are worth less than events: a killed process may lose the last. */
const SAMPLE_BYTES = 1 << 18;

/**
 * Writes a builder's contents as journal chunks, each with one call of `write`, in order. What is there is on its way
 * when `flush` returns; how soon it is on disk is the business of `write`.
 */
export class JournalWriter {
  private readonly chunks: JournalChunks;
  private written: Written = NOTHING_WRITTEN;
  private writtenInfo: TraceInfo | undefined;
  private readonly samples = new ByteWriter();
  private lastSample: RawSample | undefined;

  constructor(
    private readonly builder: TraceBuilder,
    write: (bytes: Uint8Array) => void,
  ) {
    this.chunks = new JournalChunks(write, deflatePack);
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
      return;
    }
    this.flush(liveBytes);
    if (record.kind === 'graph') {
      // Written and not kept, as samples are.
      writeObjectGraph(this.chunks, { ...record.graph, beforeSeq: this.builder.eventCount });
      return;
    }
    this.builder.add(record);
    if (record.kind === 'info') this.flush(liveBytes);
    else this.side({ ...record, beforeSeq: this.builder.eventCount });
  }

  /** Writes a mark, gap, epoch, note or region that stands before the event `beforeSeq`. */
  private side(record: SideRecord): void {
    this.chunks.json(ChunkType.side, record);
  }

  /** Writes what is new in the builder; nothing when nothing is. `liveBytes` goes into the batch's summary. */
  flush(liveBytes: Bytes): void {
    if (this.builder.info !== this.writtenInfo) {
      this.writtenInfo = this.builder.info;
      this.chunks.json(ChunkType.info, this.writtenInfo);
    }
    if (this.pendingEvents === 0) return;
    const source = sourceOfBuilder(this.builder);
    const to = writtenAll(source);
    this.chunks.send(ChunkType.batch, (payload) => writeBatch(payload, source, { from: this.written, to, liveBytes }));
    this.written = to;
  }

  /** Writes the samples that wait to be packed together. */
  flushSamples(): void {
    writePacked(this.chunks, this.samples);
    this.lastSample = undefined;
  }

  /** Appends a sample to the pending ones; each chunk of them can be read without those before it. */
  private sample(sample: RawSample): void {
    writeRawSample(this.samples, sample, this.lastSample);
    this.lastSample = sample;
    if (this.samples.length >= SAMPLE_BYTES) this.flushSamples();
  }

  /** Flushes and states that the capture was ended in good order. */
  end(liveBytes: Bytes): void {
    this.flush(liveBytes);
    this.flushSamples();
    this.chunks.json(ChunkType.end, { eventCount: this.builder.eventCount });
  }
}
