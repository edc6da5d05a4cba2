import test from 'ava';
import fc from 'fast-check';
import { addressGrid, MAX_DENSE_UNITS } from '../../lib/trace/address-index.js';
import { isDense } from '../../lib/trace/dense-lifespans.js';
import type { TraceRecord } from '../../lib/trace/heap-event.js';
import { lifespans } from '../../lib/trace/lifespans.js';
import type { Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';

const BASE = 0x2000_0000;

function traceOf(records: readonly TraceRecord[]): Trace {
  const builder = new TraceBuilder({ source: 'test' });
  for (const record of records) builder.add(record);
  return builder.build();
}

/**
 * The same events where the addresses are too far apart for a table: one block just beyond it, first of all. (At the other end of the memory
 * each trace would take a bitmap of 32 MiB.)
 */
function farApart(records: readonly TraceRecord[]): Trace {
  return traceOf([{ kind: 'alloc', address: BASE + MAX_DENSE_UNITS * 8 + 1032, sizeBytes: 8 }, ...records]);
}

const step = fc.record({
  kind: fc.constantFrom('alloc', 'alloc', 'existing', 'free', 'sweep', 'realloc', 'failed'),
  slot: fc.integer({ min: 0, max: 40 }),
  from: fc.integer({ min: -1, max: 40 }),
  sizeBytes: fc.integer({ min: 0, max: 400 }),
});

function recordOf({ kind, slot, from, sizeBytes }: { kind: string; slot: number; from: number; sizeBytes: number }) {
  const address = BASE + slot * 16;
  const fromAddress = from < 0 ? BASE + 4 : BASE + from * 16;
  switch (kind) {
    case 'realloc':
      return { kind, address, fromAddress, sizeBytes } as const;
    case 'free':
    case 'sweep':
      return { kind, address } as const;
    case 'failed':
      return { kind, sizeBytes } as const;
    default:
      return { kind: kind === 'existing' ? kind : 'alloc', address, sizeBytes } as const;
  }
}

test('a table of units finds the same lifespans as an index of addresses, whatever is wrong with the events', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 400 }), (steps, largest) => {
      const records = steps.map((each) => recordOf({ ...each, sizeBytes: each.sizeBytes % largest }));
      const apart = farApart(records);
      if (addressGrid(apart).opened > 1) t.false(isDense(apart, addressGrid(apart)));
      const [near, far] = [lifespans(traceOf(records)), lifespans(apart)];
      t.is(near.count, far.count - 1);
      for (const column of ['endCause', 'address', 'sizeBytes'] as const) {
        t.deepEqual([...near[column]].slice(0, near.count), [...far[column]].slice(1, far.count), column);
      }
      for (const column of ['startSeq', 'endSeq'] as const) {
        const later = [...far[column]].slice(1, far.count).map((seq) => seq - 1);
        t.deepEqual([...near[column]].slice(0, near.count), later, column);
      }
      for (const column of ['openedBy', 'closedBy'] as const) {
        const fewer = [...far[column]].slice(1).map((span) => (span < 0 ? span : span - 1));
        t.deepEqual([...near[column]], fewer, column);
      }
      const kinds = (spans: typeof near) => spans.findings.map(({ kind, count }) => `${kind} ${count}`);
      t.deepEqual(kinds(near), kinds(far));
    }),
    { numRuns: 2000 },
  );
});

test('blocks that the capture found there have a place in the table, though nothing was allocated near them', (t) => {
  const trace = traceOf([
    { kind: 'existing', address: BASE, sizeBytes: 24 },
    { kind: 'alloc', address: BASE + 0x1000, sizeBytes: 16 },
    { kind: 'free', address: BASE },
  ]);
  const spans = lifespans(trace);
  t.deepEqual(spans.findings, []);
  t.deepEqual([...spans.closedBy], [-1, -1, 0]);
});

test('addresses and sizes beyond 32 bits are kept as they are', (t) => {
  const trace = traceOf([
    { kind: 'alloc', address: BASE, sizeBytes: 16 },
    { kind: 'alloc', address: 0x7f00_1234_5670, sizeBytes: 2 ** 33 },
  ]);
  t.deepEqual([...trace.events.address], [BASE, 0x7f00_1234_5670]);
  t.deepEqual([...trace.events.sizeBytes], [16, 2 ** 33]);
});
