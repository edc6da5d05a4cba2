import type { ExecutionContext } from 'ava';
import type { ImportOptions } from '../../lib/formats/format.js';
import { detectFormat } from '../../lib/formats/registry.js';
import { EndCause, lifespans } from '../../lib/trace/lifespans.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { type Decoded, decodeIn, survivesEveryCut, utf8 } from './decode-ways.js';
import { mutate, Random } from './mutate.js';

/** Reads a text as the format that its content tells, which must be `id`; the reader must survive every cut and any damage. */
export function readCase(t: ExecutionContext, id: string, text: string, options: ImportOptions = {}): Trace {
  const bytes = utf8(text);
  const format = detectFormat(bytes, true);
  t.is(format.id, id, 'told by content');
  const { trace, error }: Decoded = decodeIn(format, bytes, options);
  if (error) throw error;
  survivesEveryCut(t, format, bytes, options);
  const crlf = decodeIn(format, utf8(text.replaceAll('\n', '\r\n')), options);
  t.is(crlf.trace.eventCount, trace.eventCount, 'with CRLF');
  const random = new Random(text.length);
  // decodeIn lets nothing but a TraceFormatError pass.
  t.notThrows(() => {
    for (let i = 0; i < 150; i++) decodeIn(format, mutate(bytes, random), options);
  });
  return trace;
}

/** `0xADDRESS`: bytes, of what is alive at the end. */
export function liveBlocks(trace: Trace): Record<string, number> {
  const spans = lifespans(trace);
  const out: Record<string, number> = {};
  for (let i = 0; i < spans.count; i++) {
    if (spans.endCause[i] === EndCause.alive) out[`0x${spans.address[i]?.toString(16)}`] = spans.sizeBytes[i] ?? 0;
  }
  return out;
}

/** The blocks that are alive at the end: how many, and their bytes. */
export function liveSum(trace: Trace): [blocks: number, bytes: number] {
  const spans = lifespans(trace);
  let [blocks, bytes] = [0, 0];
  for (let i = 0; i < spans.count; i++) {
    if (spans.endCause[i] !== EndCause.alive) continue;
    blocks++;
    bytes += spans.sizeBytes[i] ?? 0;
  }
  return [blocks, bytes];
}

/** `f@file:line` or the address of each frame of an event's backtrace, innermost first. */
export function framesOf(trace: Trace, seq: number): string[] {
  return backtraceOf(trace, trace.events.stack[seq] ?? -1).map(({ functionName, file, line, address }) =>
    functionName === '' && file === '' ? `0x${address.toString(16)}` : `${functionName}@${file}:${line}`,
  );
}
