import test from 'ava';
import fc from 'fast-check';
import { isHeapEvent, type TraceRecord } from '../../lib/trace/heap-event.js';
import { recordsOf } from '../../lib/trace/records-of.js';
import { selectEvents } from '../../lib/trace/select-events.js';
import type { Trace } from '../../lib/trace/trace.js';
import { eventAt } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { anyRecords } from '../support/random-trace.js';

function traceFrom(records: Iterable<TraceRecord>): Trace {
  const builder = new TraceBuilder({ source: 'test' });
  for (const record of records) builder.add(record);
  return builder.build();
}

function contents(trace: Trace) {
  const { info, marks, gaps, epochs, notes, regions, rawSamples } = trace;
  return { info, marks, gaps, epochs, notes, regions, rawSamples, events: events(trace) };
}

function events(trace: Trace) {
  return Array.from({ length: trace.eventCount }, (_, seq) => eventAt(trace, seq));
}

test('the records of a trace make the same trace again, samples included', (t) => {
  fc.assert(
    fc.property(anyRecords, (records) => {
      const trace = traceFrom(records);
      t.deepEqual(contents(traceFrom(recordsOf(trace))), contents(trace));
    }),
    { numRuns: 60 },
  );
});

test('leaving events out is the same as never having had them', (t) => {
  fc.assert(
    fc.property(anyRecords, fc.integer({ min: 2, max: 4 }), (records, every) => {
      const trace = traceFrom(records);
      let seq = 0;
      const without = [...recordsOf(trace)].filter((record) => !isHeapEvent(record) || seq++ % every !== 0);
      const selected = selectEvents(trace, (at) => at % every !== 0);
      t.deepEqual(contents(selected), contents(traceFrom(without)));
    }),
    { numRuns: 60 },
  );
});
