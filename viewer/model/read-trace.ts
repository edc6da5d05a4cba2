import {
  detectFormat,
  FORMATS,
  HarvestError,
  isJournal,
  JournalReader,
  type Trace,
  TraceBuilder,
} from '../../lib/public/browser.js';
import { isGzip, unpacked } from './read-bytes.js';

const HEAD_BYTES = 64 * 1024;
/** Pieces small enough that the page can show its progress between them; each of a file takes a question to the browser. */
const PIECE_BYTES = { memory: 1024 * 1024, file: 4 * 1024 * 1024 } as const;

export interface ReadTrace {
  readonly trace: Trace;
  /** What the bytes were taken for. */
  readonly format: string;
}

export type Progress = (share: number) => void;

/**
 * Reads a journal or any format of the registry, packed with gzip or not. What was read before an error in the middle is kept,
 * with a gap; without a single event the error is thrown. @throws HarvestError
 */
export async function readTrace(
  input: Uint8Array<ArrayBuffer> | Blob,
  subject: string,
  progress: Progress = () => undefined,
): Promise<ReadTrace> {
  const source = await sourceOf(input, subject);
  const { size, pieceBytes } = source;
  const builder = new TraceBuilder();
  const opened = openReader(await source.bytes(0, HEAD_BYTES), size, subject, builder);
  try {
    for (let at = 0; at < size; at += pieceBytes) {
      opened.reader.push(await source.bytes(at, at + pieceBytes));
      progress(Math.min(1, (at + pieceBytes) / size));
      await breath();
    }
    opened.reader.end();
  } catch (error) {
    if (!(error instanceof HarvestError) || builder.eventCount === 0) throw error;
    builder.add({ kind: 'gap', reason: error.message });
  }
  return { trace: builder.build(), format: opened.format };
}

interface Source {
  readonly size: number;
  readonly pieceBytes: number;
  /** From one place up to another, or to the end. */
  bytes(from: number, to: number): Promise<Uint8Array>;
}

/** A file is read piece by piece, and never in memory as a whole; what is packed is unpacked whole. */
async function sourceOf(input: Uint8Array<ArrayBuffer> | Blob, subject: string): Promise<Source> {
  if (input instanceof Blob) {
    const read = async (from: number, to: number) => new Uint8Array(await input.slice(from, to).arrayBuffer());
    if (!isGzip(await read(0, 2))) return { size: input.size, pieceBytes: PIECE_BYTES.file, bytes: read };
  }
  const packed = input instanceof Blob ? new Uint8Array(await input.arrayBuffer()) : input;
  const whole = await unpacked(packed, subject);
  const bytes = async (from: number, to: number) => whole.subarray(from, to);
  return { size: whole.length, pieceBytes: PIECE_BYTES.memory, bytes };
}

interface Reader {
  push(bytes: Uint8Array): void;
  end(): void;
}

function openReader(
  head: Uint8Array,
  size: number,
  subject: string,
  builder: TraceBuilder,
): { reader: Reader; format: string } {
  // Registers and stack copies are for `harvest resymbolize`; the page shows none of them.
  const options = { skipSamples: true, totalBytes: size };
  if (isJournal(head)) return { reader: new JournalReader(subject, builder, options), format: 'journal' };
  const format = detectFormat(head, size <= HEAD_BYTES, subject);
  return { reader: format.open(builder, { subject }), format: format.title };
}

/** The formats that the page opens, for its help. */
export function formatTitles(): readonly string[] {
  return ['heap-harvest journal (capture.harvest)', ...FORMATS.map((format) => format.title)];
}

/** Lets the browser draw. A message, not a timer: timers are slowed down to 4 ms and more. */
export function breath(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}
