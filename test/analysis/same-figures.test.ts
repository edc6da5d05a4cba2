import test from 'ava';
import fc from 'fast-check';
import { callTree } from '../../lib/analysis/call-tree.js';
import { fragmentation } from '../../lib/analysis/fragmentation.js';
import { heapStats } from '../../lib/analysis/heap-stats.js';
import { heapLeaks } from '../../lib/analysis/leaks.js';
import { TRACE_WRITERS } from '../../lib/formats/export/trace-writers.js';
import type { TraceRecord } from '../../lib/trace/heap-event.js';
import { END_CAUSES, type Lifespans, lifespans } from '../../lib/trace/lifespans.js';
import type { Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { written } from '../support/written.js';

const BASE = 0x2000_0000;

const step = fc.record({
  kind: fc.constantFrom('alloc', 'alloc', 'alloc', 'existing', 'free', 'free', 'sweep', 'realloc', 'failed', 'mark'),
  slot: fc.integer({ min: 0, max: 20 }),
  from: fc.integer({ min: -1, max: 20 }),
  sizeBytes: fc.integer({ min: 0, max: 40 }),
  caller: fc.integer({ min: -1, max: 5 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function recordOf({ kind, slot, from, sizeBytes, caller }: Step): TraceRecord {
  const address = BASE + slot * 16;
  const frame = (functionName: string, line: number) => ({ address: 0x100 + line, functionName, file: 'a.c', line });
  const backtrace = caller < 0 ? {} : { backtrace: [frame(`f${caller}`, caller + 1), frame('main', 90)] };
  switch (kind) {
    case 'mark':
      return { kind, name: 'cycle' };
    case 'realloc':
      return { kind, address, fromAddress: from < 0 ? BASE + 4 : BASE + from * 16, sizeBytes, ...backtrace };
    case 'free':
    case 'sweep':
      return { kind, address, ...backtrace };
    case 'failed':
      return { kind, sizeBytes, ...backtrace };
    default:
      return { kind: kind === 'existing' ? kind : 'alloc', address, sizeBytes, ...backtrace };
  }
}

function traceOf(steps: readonly Step[]): Trace {
  const builder = new TraceBuilder({ source: 'test' });
  for (const each of steps) builder.add(recordOf(each));
  return builder.build();
}

/** The same trace with columns of 64 bits: its blocks are followed by an index of addresses, not by a table of units. */
function wide(trace: Trace): Trace {
  const sizeBytes = Float64Array.from(trace.events.sizeBytes);
  return { ...wideAddresses(trace), events: { ...wideAddresses(trace).events, sizeBytes } };
}

/** Still followed by the table, as a trace of a 64-bit host is. */
function wideAddresses(trace: Trace): Trace {
  return { ...trace, events: { ...trace.events, address: Float64Array.from(trace.events.address) } };
}

const wideTraceOf = (steps: readonly Step[]) => wide(traceOf(steps));
const farTraceOf = (steps: readonly Step[]) => wideAddresses(traceOf(steps));

function figuresOf(trace: Trace): Record<string, unknown> {
  const figures: Record<string, unknown> = {
    stats: heapStats(trace),
    tree: callTree(trace, { atSeq: trace.eventCount >> 1 }),
    callers: callTree(trace, { invert: true }),
    leaks: heapLeaks(trace),
    fragmentation: fragmentation(trace),
  };
  for (const writer of TRACE_WRITERS) figures[writer.id] = written(writer.id, trace).toString('latin1');
  return figures;
}

test('every figure and every export is the same by way of the fast scan of a trace and of the general one', (t) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const trace = traceOf(steps);
      const [fast, general] = [figuresOf(trace), figuresOf(wide(trace))];
      for (const [name, figure] of Object.entries(fast)) t.deepEqual(figure, general[name], name);
    }),
    { numRuns: 60 },
  );
});

/** What ended and when, told from each lifespan alone. */
function endsOf({ count, endSeq, endCause }: Lifespans): number[] {
  const ended = Array.from({ length: count }, (_, span) => span).filter(
    (span) => END_CAUSES[endCause[span] ?? 0] !== 'alive',
  );
  return ended.sort((a, b) => (endSeq[a] ?? 0) - (endSeq[b] ?? 0) || a - b);
}

test('the ends of a trace come in order, those of one event by number, and its peak is that of a sum over all events', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(traceOf, wideTraceOf, farTraceOf), (steps, of) => {
      const trace = of(steps);
      const spans = lifespans(trace);
      t.deepEqual([...spans.ended], endsOf(spans));
      if (!spans.peak) return;
      const alive = (seq: number) =>
        Array.from({ length: spans.count }, (_, span) => span).filter(
          (span) => (spans.startSeq[span] ?? 0) <= seq && (spans.endSeq[span] ?? 0) > seq,
        );
      const bytesAt = (seq: number) => alive(seq).reduce((sum, span) => sum + (spans.sizeBytes[span] ?? 0), 0);
      const most = Math.max(0, ...Array.from({ length: trace.eventCount }, (_, seq) => bytesAt(seq)));
      t.is(spans.peak.bytes, most);
      if (spans.peak.seq >= 0) t.is(alive(spans.peak.seq).length, spans.peak.count);
    }),
    { numRuns: 300 },
  );
});
