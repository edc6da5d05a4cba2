import test from 'ava';
import fc from 'fast-check';
import { traceOf } from '../../lib/trace/collect-trace.js';
import { isHeapEvent } from '../../lib/trace/heap-event.js';
import { END_CAUSES, lifespans } from '../../lib/trace/lifespans.js';
import { LiveHeap } from '../../lib/trace/live-heap.js';
import { OrderedBits } from '../../lib/trace/ordered-bits.js';
import type { Trace } from '../../lib/trace/trace.js';
import { anyRecords } from '../support/random-trace.js';
import { traceFromText } from '../support/trace-from-text.js';

function spansOf(trace: Trace): string[] {
  const spans = lifespans(trace);
  return Array.from({ length: spans.count }, (_, i) => {
    const cause = END_CAUSES[spans.endCause[i] ?? 0];
    return `${spans.address[i]}+${spans.sizeBytes[i]} ${spans.startSeq[i]}-${spans.endSeq[i]} ${cause}`;
  });
}

test('names the event and the cause that ended each allocation', (t) => {
  const trace = traceFromText(`
    alloc 16 16
    alloc 32 32
    alloc 64 16
    free 16
    realloc 32 -> 32 16
    sweep 64
    realloc 32 -> 128 64
  `);
  t.deepEqual(spansOf(trace), [
    '16+16 0-3 free',
    '32+32 1-4 realloc',
    '64+16 2-5 sweep',
    '32+16 4-6 realloc',
    '128+64 6-7 alive',
  ]);
  t.deepEqual(lifespans(trace).findings, []);
});

test('an epoch closes what was alive as lost, and the same block begins a new life', (t) => {
  t.deepEqual(spansOf(traceFromText('alloc 16 16\nepoch gc_init\nalloc 16 32\nfree 16\nalloc 48 16\nepoch reset')), [
    '16+16 0-1 epoch',
    '16+32 1-2 free',
    '48+16 3-4 epoch',
  ]);
});

test('a block that a later one lies over was freed unseen', (t) => {
  const trace = traceFromText('alloc 16 64\nalloc 96 16\nalloc 112 16\nalloc 64 64\nalloc 64 16');
  t.deepEqual(spansOf(trace), [
    '16+64 0-3 implied',
    '96+16 1-3 implied',
    '112+16 2-3 implied',
    '64+64 3-4 implied',
    '64+16 4-5 alive',
  ]);
  const findings = lifespans(trace).findings.map(({ kind, count, firstSeqs }) => ({ kind, count, firstSeqs }));
  t.deepEqual(findings, [
    { kind: 'overlap', count: 3, firstSeqs: [3, 3, 3] },
    { kind: 'alloc-over-live', count: 1, firstSeqs: [4] },
  ]);
});

test('frees of unknown and of freed blocks are findings, and end nothing', (t) => {
  const trace = traceFromText('free 16\nalloc 16 0\nfree 16\nfree 16\nrealloc 512 -> 32 16');
  t.deepEqual(spansOf(trace), ['16+0 1-2 free', '32+16 4-5 alive']);
  t.deepEqual(
    lifespans(trace).findings.map(({ kind, count }) => [kind, count]),
    [
      ['unknown-free', 1],
      ['zero-size', 1],
      ['double-free', 1],
      ['unknown-realloc', 1],
    ],
  );
});

test('without addresses a free ends the oldest block of its size, and that is said', (t) => {
  const trace = traceOf(
    [
      { kind: 'alloc', address: 0, sizeBytes: 12 },
      { kind: 'alloc', address: 0, sizeBytes: 12 },
      { kind: 'alloc', address: 0, sizeBytes: 28 },
      { kind: 'free', address: 0, sizeBytes: 12 },
      { kind: 'free', address: 0, sizeBytes: 99 },
    ],
    { hasAddresses: false },
  );
  t.deepEqual(spansOf(trace), ['0+12 0-3 free', '0+12 1-5 alive', '0+28 2-5 alive']);
  t.deepEqual(lifespans(trace).findings, [{ kind: 'unknown-free', count: 1, firstSeqs: [4] }]);
  t.is(lifespans(trace).assumptions.length, 1);
});

test('live spans never overlap, and each lies within its events', (t) => {
  fc.assert(
    fc.property(anyRecords, (records) => {
      const trace = traceOf(records);
      const spans = lifespans(trace);
      const alive = new Map<number, number>();
      for (let seq = 0; seq <= trace.eventCount; seq++) {
        for (let i = 0; i < spans.count; i++) if (spans.endSeq[i] === seq) alive.delete(i);
        const opened = spans.openedBy[seq] ?? -1;
        if (opened >= 0 && (spans.endSeq[opened] ?? 0) > seq) alive.set(opened, seq);
        const ranges = [...alive.keys()].map((i) => [spans.address[i] ?? 0, spans.sizeBytes[i] ?? 0] as const);
        ranges.sort((a, b) => a[0] - b[0]);
        ranges.forEach(([address], i) => {
          const before = ranges[i - 1];
          if (before) t.true(before[0] + before[1] <= address || before[1] === 0, `overlap at ${seq}`);
        });
      }
    }),
    { numRuns: 100 },
  );
});

test('the running live heap agrees with the lifespans on consistent streams', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(40), fc.boolean()), { maxLength: 200 }), (steps) => {
      const live = new Set<number>();
      const records = steps.map(([slot, isFree]) => {
        const address = 0x1000 + slot * 64;
        if (isFree && live.delete(address)) return { kind: 'free', address } as const;
        if (live.has(address)) return { kind: 'realloc', address, fromAddress: address, sizeBytes: slot + 1 } as const;
        live.add(address);
        return { kind: 'alloc', address, sizeBytes: 64 } as const;
      });
      const heap = new LiveHeap();
      for (const record of records) heap.add(record);
      const spans = lifespans(traceOf(records));
      const aliveBytes = Array.from(spans.sizeBytes).reduce(
        (sum, size, i) => sum + (spans.endCause[i] === 0 ? size : 0),
        0,
      );
      t.is(heap.liveBytes, aliveBytes);
      t.is(heap.blocks.size, live.size);
      t.is(heap.eventCount, records.filter(isHeapEvent).length);
      t.deepEqual(spans.findings, []);
    }),
    { numRuns: 100 },
  );
});

test('ordered bits find the nearest member on either side', (t) => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(40_000), { maxLength: 40 }),
      fc.array(fc.nat(40_000), { maxLength: 40 }),
      (adds, asks) => {
        const bits = new OrderedBits(40_001);
        const model = new Set(adds);
        for (const value of adds) bits.add(value);
        for (const value of adds.slice(0, adds.length / 3)) {
          bits.delete(value);
          model.delete(value);
        }
        for (const ask of asks) {
          t.is(bits.has(ask), model.has(ask));
          const after = [...model].filter((value) => value >= ask);
          const before = [...model].filter((value) => value <= ask);
          t.is(bits.atOrAfter(ask), after.length === 0 ? -1 : Math.min(...after));
          t.is(bits.atOrBefore(ask), before.length === 0 ? -1 : Math.max(...before));
        }
      },
    ),
    { numRuns: 20 },
  );
});

test('a free of what a restart took away is a free of an unknown block, not a second free', (t) => {
  const trace = traceFromText('alloc 0x10 8\nalloc 0x20 8\nfree 0x20\nepoch gc_init\nfree 0x10\nfree 0x20');
  t.deepEqual(lifespans(trace).findings, [{ kind: 'unknown-free', count: 2, firstSeqs: [3, 4] }]);
});
