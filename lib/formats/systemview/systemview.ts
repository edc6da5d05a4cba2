import { TraceFormatError } from '../../errors/errors.js';
import { TraceBuilder } from '../../trace/trace-builder.js';
import type { ImportOptions, TraceDecoder, TraceFormat } from '../format.js';
import { mergeStreams } from '../merge-builders.js';
import { SystemViewHeap } from './systemview-heap.js';
import { SystemViewPackets } from './systemview-packets.js';

/** A SystemView recording (.svdat) of ESP-IDF's host mode or of SEGGER's own recorder, with heap events. */
export const systemViewFormat: TraceFormat = {
  id: 'svdat',
  title: 'SystemView recording (.svdat) with heap events of ESP-IDF or SEGGER',
  detect(head, whole) {
    const end = headerEnd(head);
    if (end < 0) return 0;
    if (head.length < end + SYNC_BYTES) return whole ? 0 : 0.6;
    return head.subarray(end, end + SYNC_BYTES).every((byte) => byte === 0) ? 0.98 : 0;
  },
  open: (builder, options) => new SystemViewDecoder(builder, options),
};

const SYNC_BYTES = 10;
const MAX_HEADER = 65_536;
const LF = 10;
const SEMICOLON = 59;

/** Where the text header ends: after the second line that is exactly `;`. -1 when it does not, or is no header. */
function headerEnd(bytes: Uint8Array): number {
  let at = 0;
  let closing = 0;
  while (at < bytes.length && bytes[at] === SEMICOLON) {
    const end = bytes.indexOf(LF, at);
    if (end < 0) return -1;
    const length = bytes[end - 1] === 13 ? end - 1 - at : end - at;
    at = end + 1;
    if (length === 1 && ++closing === 2) return at;
  }
  return -1;
}

const MAX_CORES = 8;

/** Where the streams of the cores begin behind the header (`; Offset Core1 123`), ascending; one at 0 where it says nothing. */
function coreOffsets(header: string): readonly number[] {
  const found = [...header.matchAll(/^; ?Offset Core\d{1,2} +(\d{1,12})\s*$/gm)].map((match) => Number(match[1]));
  const offsets = [...new Set(found)].sort((a, b) => a - b).slice(0, MAX_CORES);
  return offsets.length > 0 ? offsets : [0];
}

/** One core's events, or those of all cores in one stream. */
class EventStream {
  private readonly heap: SystemViewHeap;
  private readonly packets: SystemViewPackets;
  private syncLeft = SYNC_BYTES;

  constructor(
    readonly builder: TraceBuilder,
    options: ImportOptions,
    private readonly at: { readonly subject: string; readonly offset: number; readonly espCores: boolean },
  ) {
    const info = { source: 'SystemView', hasAddresses: true, sizeKind: 'requested', unitBytes: 1 } as const;
    builder.add({ kind: 'info', info });
    this.heap = new SystemViewHeap(builder, options, at.subject);
    const start = at.offset + SYNC_BYTES;
    this.packets = new SystemViewPackets((packet) => this.heap.handle(packet), at.subject, start, at.espCores);
  }

  push(bytes: Uint8Array): void {
    const sync = bytes.subarray(0, this.syncLeft);
    if (sync.some((byte) => byte !== 0)) {
      throw new TraceFormatError(
        'HH1440',
        `${this.at.subject}: byte ${this.at.offset}: found other bytes, expected 10 zero bytes before the events`,
        { offset: this.at.offset },
      );
    }
    this.syncLeft -= sync.length;
    if (bytes.length > sync.length) this.packets.push(bytes.subarray(sync.length));
  }

  end(): void {
    this.heap.finish();
    const torn = this.packets.unfinishedBytes();
    if (torn > 0)
      this.builder.add({ kind: 'gap', reason: `torn tail: ${torn} bytes of an unfinished event end the input` });
    else if (this.syncLeft > 0)
      this.builder.add({ kind: 'gap', reason: 'torn tail: the input ends before the events' });
  }
}

class SystemViewDecoder implements TraceDecoder {
  private readonly subject: string;
  private head = new Uint8Array(0);
  /** Where each stream begins, and the streams; undefined until the header is whole. */
  private streams: { readonly begins: readonly number[]; readonly all: readonly EventStream[] } | undefined;
  private readonly broken = new Set<EventStream>();
  private at = 0;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    this.subject = options.subject ?? 'SystemView recording';
  }

  push(chunk: Uint8Array): void {
    if (this.streams) {
      this.share(chunk);
      return;
    }
    const head = new Uint8Array(this.head.length + chunk.length);
    head.set(this.head);
    head.set(chunk, this.head.length);
    this.head = head;
    this.begin();
  }

  end(): void {
    if (!this.streams) {
      if (this.head.length > 0 && this.head[0] !== SEMICOLON) throw this.badHeader('no header');
      if (this.head.length > 0) this.builder.add({ kind: 'gap', reason: 'torn tail: the input ends in its header' });
      return;
    }
    const { all } = this.streams;
    for (const stream of all) stream.end();
    if (all.length === 1) return;
    const streams = all.map(({ builder }, core) => ({ name: `core ${core}`, builder }));
    mergeStreams(streams, this.builder, this.subject);
  }

  private begin(): void {
    const { head } = this;
    const end = headerEnd(head);
    if (end < 0) {
      if (head.length > 0 && head[0] !== SEMICOLON)
        throw this.badHeader(`byte ${(head[0] ?? 0).toString(16).padStart(2, '0')}`);
      if (head.length > MAX_HEADER) throw this.badHeader(`${head.length} bytes without the end of the header`);
      return;
    }
    const header = new TextDecoder('utf-8').decode(head.subarray(0, end));
    const espCores = /^; ?ESP_Extension\s*$/m.test(header);
    const begins = coreOffsets(header).map((offset) => end + offset);
    const { subject } = this;
    const all = begins.map((offset) => {
      // The events of one stream go right into the trace, those of several are put in order at the end.
      const builder = begins.length === 1 ? this.builder : new TraceBuilder();
      return new EventStream(builder, this.options, { subject, offset, espCores });
    });
    this.streams = { begins, all };
    this.head = new Uint8Array(0);
    this.at = end;
    this.share(head.subarray(end));
  }

  /** Gives each stream its part of the bytes. */
  private share(bytes: Uint8Array): void {
    if (!this.streams) return;
    const { begins, all } = this.streams;
    for (const [i, stream] of all.entries()) {
      const from = Math.max(0, (begins[i] ?? 0) - this.at);
      const to = Math.min(bytes.length, (begins[i + 1] ?? Number.POSITIVE_INFINITY) - this.at);
      if (from < to) this.pushTo(stream, bytes.subarray(from, to));
    }
    this.at += bytes.length;
  }

  /** What one of several streams lost is a gap: the others go on. */
  private pushTo(stream: EventStream, bytes: Uint8Array): void {
    if (this.broken.has(stream)) return;
    try {
      stream.push(bytes);
    } catch (error) {
      if (!(error instanceof TraceFormatError) || this.streams?.all.length === 1) throw error;
      this.broken.add(stream);
      stream.builder.add({ kind: 'gap', reason: error.message });
    }
  }

  private badHeader(found: string): TraceFormatError {
    return new TraceFormatError(
      'HH1440',
      `${this.subject}: byte 0: found ${found}, expected '; ' header lines of a SystemView file`,
      { offset: 0 },
    );
  }
}
