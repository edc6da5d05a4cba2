import {
  detectFormat,
  FORMATS,
  HarvestError,
  isJournal,
  JournalReader,
  type Trace,
  TraceBuilder,
} from '../../lib/public/browser.js';
import { unpacked } from './read-bytes.js';

const HEAD_BYTES = 64 * 1024;
/** Pieces small enough that the page can show its progress between them. */
const PIECE_BYTES = 1024 * 1024;

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
  input: Uint8Array<ArrayBuffer>,
  subject: string,
  progress: Progress = () => undefined,
): Promise<ReadTrace> {
  const bytes = await unpacked(input, subject);
  const builder = new TraceBuilder();
  const opened = openReader(bytes, subject, builder);
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      opened.reader.push(bytes.subarray(at, at + PIECE_BYTES));
      progress(Math.min(1, (at + PIECE_BYTES) / bytes.length));
      await breath();
    }
    opened.reader.end();
  } catch (error) {
    if (!(error instanceof HarvestError) || builder.eventCount === 0) throw error;
    builder.add({ kind: 'gap', reason: error.message });
  }
  return { trace: builder.build(), format: opened.format };
}

interface Reader {
  push(bytes: Uint8Array): void;
  end(): void;
}

function openReader(bytes: Uint8Array, subject: string, builder: TraceBuilder): { reader: Reader; format: string } {
  // Registers and stack copies are for `harvest resymbolize`; the page shows none of them.
  const options = { skipSamples: true, totalBytes: bytes.length };
  if (isJournal(bytes)) return { reader: new JournalReader(subject, builder, options), format: 'journal' };
  const format = detectFormat(bytes.subarray(0, HEAD_BYTES), bytes.length <= HEAD_BYTES, subject);
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
