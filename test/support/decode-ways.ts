import type { ExecutionContext } from 'ava';
import { TraceFormatError } from '../../lib/errors/errors.js';
import type { ImportOptions, TraceFormat } from '../../lib/formats/format.js';
import { eventAt, type Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';

/** What a decoder made of an input: the trace so far, and the error that ended it. */
export interface Decoded {
  readonly trace: Trace;
  readonly error: TraceFormatError | undefined;
}

/** Decodes in chunks of a size; any error but a TraceFormatError is thrown on. */
export function decodeIn(format: TraceFormat, bytes: Uint8Array, options: ImportOptions = {}, chunk = bytes.length) {
  const builder = new TraceBuilder();
  let error: TraceFormatError | undefined;
  try {
    const decoder = format.open(builder, options);
    for (let at = 0; at < bytes.length; at += chunk) {
      // A piece is the decoder's during the call only.
      const piece = bytes.slice(at, at + chunk);
      decoder.push(piece);
      piece.fill(0xa5);
    }
    decoder.end();
  } catch (thrown) {
    if (!(thrown instanceof TraceFormatError)) throw thrown;
    error = thrown;
  }
  return { trace: builder.build(), error } satisfies Decoded;
}

/** The trace as plain values, for comparing two decodings. */
export function plain({ trace, error }: Decoded) {
  const events = [];
  for (let seq = 0; seq < trace.eventCount; seq++) events.push(eventAt(trace, seq));
  return {
    events,
    info: trace.info,
    gaps: trace.gaps,
    notes: trace.notes,
    marks: trace.marks,
    regions: trace.regions,
    error: error?.message,
  };
}

/** Checks that an input gives the same cut into bytes and sevens as whole, and that no prefix of it crashes or invents events. */
export function survivesEveryCut(t: ExecutionContext, format: TraceFormat, bytes: Uint8Array, options?: ImportOptions) {
  const whole = plain(decodeIn(format, bytes, options));
  for (const chunk of [1, 7]) t.deepEqual(plain(decodeIn(format, bytes, options, chunk)), whole, `chunks of ${chunk}`);
  const step = Math.max(1, Math.floor(bytes.length / 1500));
  for (let end = 0; end < bytes.length; end += step) {
    const { trace } = decodeIn(format, bytes.subarray(0, end), options);
    t.true(trace.eventCount <= whole.events.length + 1, `the first ${end} bytes`);
  }
}

/** Bytes written as hexadecimal digits, blanks allowed. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** `a12 f12 g12-28`: what happened, in short. */
export function shortEvents(trace: Trace): string {
  const words: string[] = [];
  for (let seq = 0; seq < trace.eventCount; seq++) {
    const event = eventAt(trace, seq);
    const size = 'sizeBytes' in event ? event.sizeBytes : undefined;
    if (event.kind === 'realloc') words.push(`r${event.fromSizeBytes}-${size}`);
    else words.push(`${event.kind[0]}${size}`);
  }
  return words.join(' ');
}
