import type { Frame, TraceInfo, TraceRecord } from '../../lib/trace/heap-event.js';
import type { Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';

/**
 * Builds a trace from lines, one record each:
 *
 *     alloc 0x1000 32 main@m.c:1 > foo@f.c:10      backtrace outermost to innermost
 *     free 0x1000 main@m.c:1 > bar@b.c:3
 *     sweep 0x1000
 *     realloc 0x1000 -> 0x2000 64 main@m.c:5
 *     failed 4096
 *     mark boot | gap lost 3 overflow | epoch gc_init | region heap 0x1000 256 16
 *
 * Blank lines and lines that start with # are left out.
 */
export function traceFromText(text: string, info: Partial<TraceInfo> = {}): Trace {
  return builderFromText(text, info).build();
}

/** The same, still open for more. */
export function builderFromText(text: string, info: Partial<TraceInfo> = {}): TraceBuilder {
  const builder = new TraceBuilder(info);
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed !== '' && !trimmed.startsWith('#')) builder.add(parseLine(trimmed));
  }
  return builder;
}

function parseLine(line: string): TraceRecord {
  const [kind = '', ...words] = line.split(/\s+/);
  const rest = (from: number) => words.slice(from).join(' ');
  const number = (index: number) => Number(words[index]);
  switch (kind) {
    case 'alloc':
      return { kind, address: number(0), sizeBytes: number(1), ...backtrace(rest(2)) };
    case 'free':
    case 'sweep':
      return { kind, address: number(0), ...backtrace(rest(1)) };
    case 'realloc':
      return { kind, fromAddress: number(0), address: number(2), sizeBytes: number(3), ...backtrace(rest(4)) };
    case 'failed':
      return { kind, sizeBytes: number(0), ...backtrace(rest(1)) };
    case 'mark':
      return { kind, name: rest(0) };
    case 'gap':
      return { kind, lostEvents: number(1), reason: rest(2) };
    case 'epoch':
      return { kind, reason: rest(0) };
    case 'region':
      return {
        kind,
        region: { name: words[0] ?? '', baseAddress: number(1), sizeBytes: number(2), unitBytes: number(3) },
      };
    default:
      throw new Error(`trace text: unknown record '${line}'`);
  }
}

function backtrace(text: string): { backtrace?: Frame[] } {
  if (text === '') return {};
  const frames = text.split('>').map((part): Frame => {
    const match = /^\s*(\S+?)@(\S+):(\d+)\s*$/.exec(part);
    if (!match) throw new Error(`trace text: not a frame '${part}'`);
    const [, functionName = '', file = '', line = '0'] = match;
    return { address: 0x8000 + Number(line) * 2, functionName, file, line: Number(line) };
  });
  return { backtrace: frames.reverse() };
}
