import { TraceFormatError } from '../../errors/errors.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import type { ImportOptions, TraceDecoder, TraceFormat } from '../format.js';
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

class SystemViewDecoder implements TraceDecoder {
  private readonly subject: string;
  private readonly heap: SystemViewHeap;
  private head = new Uint8Array(0);
  private packets: SystemViewPackets | undefined;

  constructor(
    private readonly builder: TraceBuilder,
    options: ImportOptions,
  ) {
    this.subject = options.subject ?? 'SystemView recording';
    this.heap = new SystemViewHeap(builder, options, this.subject);
    const info = { source: 'SystemView', hasAddresses: true, sizeKind: 'requested', unitBytes: 1 } as const;
    builder.add({ kind: 'info', info });
  }

  push(chunk: Uint8Array): void {
    if (this.packets) {
      this.packets.push(chunk);
      return;
    }
    const head = new Uint8Array(this.head.length + chunk.length);
    head.set(this.head);
    head.set(chunk, this.head.length);
    this.head = head;
    this.begin();
  }

  end(): void {
    const torn = this.packets ? this.packets.unfinishedBytes() : this.head.length;
    if (!this.packets && torn > 0 && this.head[0] !== SEMICOLON) throw this.badHeader('no header');
    this.heap.finish();
    if (torn > 0)
      this.builder.add({ kind: 'gap', reason: `torn tail: ${torn} bytes of an unfinished event end the input` });
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
    if (head.length < end + SYNC_BYTES) return;
    const start = end + SYNC_BYTES;
    if (!head.subarray(end, start).every((byte) => byte === 0)) {
      throw new TraceFormatError(
        'HH1440',
        `${this.subject}: byte ${end}: found other bytes, expected 10 zero bytes after the header`,
        { offset: end },
      );
    }
    const header = new TextDecoder('utf-8').decode(head.subarray(0, end));
    const espCores = /^; ?ESP_Extension\s*$/m.test(header);
    this.packets = new SystemViewPackets((packet) => this.heap.handle(packet), this.subject, start, espCores);
    this.head = new Uint8Array(0);
    this.packets.push(head.subarray(start));
  }

  private badHeader(found: string): TraceFormatError {
    return new TraceFormatError(
      'HH1440',
      `${this.subject}: byte 0: found ${found}, expected '; ' header lines of a SystemView file`,
      { offset: 0 },
    );
  }
}
