import test from 'ava';
import fc from 'fast-check';
import { MAX_GRAPHS } from '../../lib/ring/graph-limit.js';
import { HeapRing } from '../../lib/ring/heap-ring.js';
import { keepInRing } from '../../lib/ring/keep-in-ring.js';
import { collectTrace, traceOf } from '../../lib/trace/collect-trace.js';
import type { Frame, HeapEvent, TraceRecord } from '../../lib/trace/heap-event.js';
import { eventAt } from '../../lib/trace/trace.js';
import { graphOf } from '../support/object-graphs.js';

const frame = (address: number): Frame => ({ address, functionName: '', file: '', line: 0 });
const alloc = (address: number, sizeBytes = 16, backtrace: Frame[] = []): HeapEvent => ({
  kind: 'alloc',
  address,
  sizeBytes,
  backtrace,
});
const free = (address: number): HeapEvent => ({ kind: 'free', address, backtrace: [frame(2)] });

function addresses(ring: HeapRing): number[] {
  const trace = traceOf(ring.records());
  return [...trace.events.address];
}

function fill(ring: HeapRing, records: Iterable<TraceRecord>): void {
  for (const record of records) ring.add(record);
}

test('a stop-on-full ring keeps the earliest events and tells how many came after', (t) => {
  const ring = new HeapRing(2);
  t.is(ring.state, 'idle');
  fill(ring, [alloc(1), alloc(2), alloc(3), alloc(4)]);
  t.is(ring.state, 'full');
  t.deepEqual(addresses(ring), [1, 2]);
  t.deepEqual(ring.counters, { captured: 2, overwritten: 0, collapsed: 0, missed: 2 });
  const trace = traceOf(ring.records());
  t.deepEqual(trace.gaps, [{ beforeSeq: 2, reason: 'ring was full', lostEvents: 2 }]);
  t.false(trace.info.complete);
});

test('a rolling ring keeps the newest events and counts what it overwrote', (t) => {
  const ring = new HeapRing(3, { stopOnFull: false });
  fill(
    ring,
    [1, 2, 3, 4, 5].map((address) => alloc(address)),
  );
  t.is(ring.state, 'recording');
  t.deepEqual(addresses(ring), [3, 4, 5]);
  const trace = traceOf(ring.records());
  t.deepEqual(trace.info.dropped, { overwritten: 2, collapsed: 0, skipped: 0 });
  t.is(trace.gaps[0]?.lostEvents, 2);
});

test('freeze keeps the contents; resume goes on behind a gap', (t) => {
  const ring = new HeapRing(10);
  fill(ring, [alloc(1)]);
  ring.freeze();
  fill(ring, [alloc(2), free(2)]);
  t.deepEqual(addresses(ring), [1]);
  t.true(ring.resume());
  fill(ring, [alloc(3)]);
  const trace = traceOf(ring.records());
  t.deepEqual([...trace.events.address], [1, 3]);
  t.deepEqual(trace.gaps, [{ beforeSeq: 1, reason: 'ring was frozen', lostEvents: 2 }]);
});

test('a full ring goes on only after reset', (t) => {
  const ring = new HeapRing(1);
  fill(ring, [alloc(1)]);
  t.false(ring.resume());
  ring.freeze();
  t.is(ring.state, 'full');
  ring.reset(7);
  t.is(ring.anchorWallMs, 7);
  fill(ring, [alloc(2)]);
  t.deepEqual(addresses(ring), [2]);
  t.deepEqual(ring.counters, { captured: 1, overwritten: 0, collapsed: 0, missed: 0 });
});

test('after reset times count from the new capture', (t) => {
  const ring = new HeapRing(4, {}, 1000);
  fill(ring, [{ ...alloc(1), atUs: 250 }]);
  t.is(traceOf(ring.records()).events.atUs?.[0], 250);
  ring.reset(1005);
  fill(ring, [{ ...alloc(2), atUs: 5250 }]);
  t.is(traceOf(ring.records()).events.atUs?.[0], 250);
});

test('collapsing drops nested pairs and leaves pairs with something between them', (t) => {
  const ring = new HeapRing(10, { collapsePairs: true });
  fill(ring, [alloc(1), alloc(2), free(2), free(1), alloc(3), alloc(4), free(3)]);
  t.deepEqual(addresses(ring), [3, 4, 3]);
  t.deepEqual(ring.counters, { captured: 7, overwritten: 0, collapsed: 2, missed: 0 });
});

test('settings apply to the next capture, at once when there was none', (t) => {
  const ring = new HeapRing(4, { stopOnFull: false });
  ring.configure({ collapsePairs: true });
  fill(ring, [alloc(1), free(1)]);
  t.is(ring.count, 0);
  ring.configure({ collapsePairs: false, backtrace: { depth: 1 } });
  fill(ring, [alloc(2), free(2)]);
  t.is(ring.count, 0);
  ring.reset();
  fill(ring, [alloc(3, 8, [frame(1), frame(2)]), free(3)]);
  t.is(ring.count, 2);
  t.deepEqual(ring.settings.backtrace, { depth: 1, minSizeBytes: 0, skipFrees: false });
});

test('backtraces are cut to the depth and left out for small allocations and, if wanted, frees', (t) => {
  const ring = new HeapRing(9, { backtrace: { depth: 2, minSizeBytes: 16, skipFrees: true } });
  const deep = [frame(10), frame(20), frame(30)];
  fill(ring, [alloc(1, 15, deep), alloc(2, 16, deep), free(1)]);
  const trace = traceOf(ring.records());
  t.is(eventAt(trace, 0).backtrace, undefined);
  t.deepEqual(
    eventAt(trace, 1).backtrace?.map((one) => one.address),
    [10, 20],
  );
  t.is(eventAt(trace, 2).backtrace, undefined);
});

test('the largest free block is kept only when asked for', (t) => {
  const event: HeapEvent = { ...alloc(1), largestBeforeBytes: 100, largestAfterBytes: 84 };
  const without = new HeapRing(1);
  without.add(event);
  const withLargest = new HeapRing(1, { captureLargest: true });
  withLargest.add(event);
  t.is(traceOf(without.records()).events.largestAfterBytes, undefined);
  t.is(traceOf(withLargest.records()).events.largestAfterBytes?.[0], 84);
});

test('a limit gives the newest events and says how many it left out', (t) => {
  const ring = new HeapRing(9);
  fill(ring, [alloc(1), { kind: 'mark', name: 'boot' }, alloc(2), alloc(3)]);
  const trace = traceOf(ring.records(2));
  t.deepEqual([...trace.events.address], [2, 3]);
  t.is(trace.gaps[0]?.lostEvents, 1);
  t.is(traceOf(ring.records(0)).eventCount, 0);
});

test('raw samples stay with their event', (t) => {
  const ring = new HeapRing(1, { stopOnFull: false });
  const sample = (seq: number) => ({ seq, registers: new Uint32Array(1), stackAddress: seq, stack: new Uint8Array(0) });
  fill(ring, [alloc(1), { kind: 'raw', sample: sample(0) }, alloc(2), { kind: 'raw', sample: sample(1) }]);
  t.deepEqual(
    traceOf(ring.records()).rawSamples.map((raw) => [raw.seq, raw.stackAddress]),
    [[0, 1]],
  );
});

test('as a filter it ends the source when it is full, and passes a failure on after the records', async (t) => {
  let ended = false;
  async function* source(): AsyncGenerator<TraceRecord> {
    try {
      for (let address = 1; ; address++) yield alloc(address);
    } finally {
      ended = true;
    }
  }
  const trace = await collectTrace(keepInRing(source(), new HeapRing(3)));
  t.deepEqual([...trace.events.address], [1, 2, 3]);
  t.true(ended);

  async function* failing(): AsyncGenerator<TraceRecord> {
    yield alloc(1);
    throw new Error('cable');
  }
  const seen: TraceRecord[] = [];
  await t.throwsAsync(
    async () => {
      for await (const record of keepInRing(failing(), new HeapRing(3))) seen.push(record);
    },
    { message: 'cable' },
  );
  t.true(seen.some((record) => record.kind === 'alloc'));
});

test('a capacity below 1 is refused', (t) => {
  for (const capacity of [0, -1, 1.5, Number.NaN]) t.throws(() => new HeapRing(capacity), { instanceOf: RangeError });
});

test('every event is kept, overwritten, collapsed or missed, and the ring stays within its capacity', (t) => {
  const event = fc.record({ address: fc.integer({ min: 1, max: 3 }), free: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      fc.boolean(),
      fc.boolean(),
      (events, capacity, stopOnFull, collapsePairs) => {
        const ring = new HeapRing(capacity, { stopOnFull, collapsePairs });
        fill(
          ring,
          events.map(({ address, free: isFree }) => (isFree ? free(address) : alloc(address))),
        );
        const { captured, overwritten, collapsed, missed } = ring.counters;
        const kept = traceOf(ring.records()).eventCount;
        t.is(captured + missed, events.length);
        t.is(captured, kept + overwritten + 2 * collapsed);
        t.true(ring.count <= capacity);
      },
    ),
  );
});

test('who held which block at a mark keeps its place; of many readings the last are kept', (t) => {
  const graph: TraceRecord = { kind: 'graph', graph: graphOf(['a'], []) };
  const ring = new HeapRing(100);
  fill(ring, [alloc(1), graph, { kind: 'mark', name: 'm' }, alloc(2)]);
  t.is(traceOf(ring.records()).graphs[0]?.beforeSeq, 1);
  for (let n = 0; n < MAX_GRAPHS; n++) ring.add(graph);
  const trace = traceOf(ring.records());
  t.is(trace.graphs.length, MAX_GRAPHS);
  t.is(trace.graphs[0]?.beforeSeq, 2);
  t.true(trace.notes.some(({ code }) => code === 'objects'));
  ring.reset();
  t.is(traceOf(ring.records()).graphs.length, 0);
});
