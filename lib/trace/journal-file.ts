import { closeSync, fsyncSync, lstatSync, openSync, rmSync, writeSync } from 'node:fs';
import { formatCount, type Milliseconds } from '../base/units.js';
import { errorMessage, OutputError } from '../errors/errors.js';
import type { TraceRecord } from './heap-event.js';
import { JournalWriter } from './journal-writer.js';
import { LiveHeap } from './live-heap.js';
import { TraceBuilder } from './trace-builder.js';

/** A killed process loses fewer than this. */
const FLUSH_EVENTS = 8;
const FLUSH_MS: Milliseconds = 5;
const FSYNC_MS: Milliseconds = 1000;

/**
 * A journal on disk that grows with the capture: events are written at the latest 5 ms after they came (so that a killed
 * process loses no more), samples once a second; all is forced to the disk once a second (so that a power cut does not lose more than
 * that). What is written is not kept: a capture's memory does not grow with its events, and its trace is read back from the file.
 */
export class JournalFile {
  /** Counts all events and holds those that are not written yet; its `build` is no whole trace. */
  readonly builder: TraceBuilder;
  readonly heap = new LiveHeap();
  private readonly writer: JournalWriter;
  private readonly descriptor: number;
  private readonly timer: NodeJS.Timeout;
  private lastSync = 0;
  private bytesWritten = 0;
  private eventsWritten = 0;
  private failure: OutputError | undefined;

  /** Creates the file anew; a link or a device of that name is neither followed nor replaced. @throws OutputError HH1901 when it cannot be created. */
  constructor(
    readonly path: string,
    builder: TraceBuilder = new TraceBuilder(),
  ) {
    this.builder = builder;
    try {
      this.descriptor = createAnew(path);
    } catch (cause) {
      throw new OutputError('HH1901', `${path}: cannot be created: ${errorMessage(cause)}`, {
        cause,
        remedy: 'name a folder that you may write to',
      });
    }
    this.writer = new JournalWriter(this.builder, (bytes) => this.write(bytes));
    this.timer = setInterval(() => this.tick(), FLUSH_MS);
    this.timer.unref();
  }

  /** @throws OutputError HH1902 when the disk takes no more; what was written before stays readable. */
  add(record: TraceRecord): void {
    this.heap.add(record);
    this.writer.add(record, this.heap.liveBytes);
    if (this.writer.pendingEvents >= FLUSH_EVENTS) this.flush();
    if (this.failure) throw this.failure;
  }

  /**
   * How many events the file has, after writing those that waited: they are there whatever happens to this process. What a user is told
   * to be captured is this number.
   */
  saved(): number {
    if (!this.failure) this.flush();
    return this.eventsWritten;
  }

  /** Writes what is pending and closes the file; without `inGoodOrder` it reads as a capture that ended early. */
  close(inGoodOrder: boolean): void {
    clearInterval(this.timer);
    try {
      if (this.failure) return;
      if (inGoodOrder) this.writer.end(this.heap.liveBytes);
      else this.flush(true);
      if (!this.failure) this.sync();
      if (this.failure) throw this.failure;
    } finally {
      closeSync(this.descriptor);
    }
  }

  private tick(): void {
    if (this.failure) return;
    const now = Date.now();
    const toSync = now - this.lastSync >= FSYNC_MS;
    this.flush(toSync);
    if (!toSync) return;
    this.lastSync = now;
    this.sync();
  }

  /** What a failing disk says only when it must show the bytes is a failure like any other. */
  private sync(): void {
    try {
      fsyncSync(this.descriptor);
    } catch (cause) {
      // Some file systems cannot sync: the writes themselves report what matters.
      if (!/^(EINVAL|ENOSYS|ENOTSUP|EROFS)$/.test(codeOf(cause))) this.fail(cause);
    }
  }

  private flush(withSamples = false): void {
    this.writer.flush(this.heap.liveBytes);
    if (!this.failure) this.eventsWritten = this.builder.eventCount;
    if (withSamples) this.writer.flushSamples();
    this.builder.forgetEvents();
  }

  /** Remembers the first failure: the timer has nobody to throw to. */
  private write(bytes: Uint8Array): void {
    if (this.failure) return;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
      this.bytesWritten += bytes.length;
    } catch (cause) {
      this.fail(cause);
    }
  }

  private fail(cause: unknown): void {
    this.failure = new OutputError(
      'HH1902',
      `${this.path}: ${errorMessage(cause)} after ${formatCount(this.bytesWritten)} bytes, which are kept and readable`,
      { cause, remedy: `make room, then \`harvest ${this.path}\` writes the outputs of what was captured` },
    );
  }
}

function createAnew(path: string): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !lstatSync(path).isFile()) throw error;
    rmSync(path);
    return openSync(path, 'wx');
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
