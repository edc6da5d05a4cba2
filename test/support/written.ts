import { writerById } from '../../lib/formats/export/trace-writers.js';
import type { Trace } from '../../lib/trace/trace.js';

/** A trace in a format, whole: writers hand on pieces, of text or of bytes. */
export function written(id: string, trace: Trace): Buffer {
  return Buffer.concat(Array.from(writerById(id).write(trace), (piece) => Buffer.from(piece)));
}
