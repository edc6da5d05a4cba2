import test from 'ava';
import { UsageError } from '../../lib/errors/errors.js';
import { captureInRing, makeRing } from '../../lib/ring/ring-options.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import type { HeapEvent, TraceRecord } from '../../lib/trace/heap-event.js';
import { eventAt } from '../../lib/trace/trace.js';

const frame = (address: number) => ({ address, functionName: 'f', file: 'f.c', line: 1 });
const alloc = (address: number, sizeBytes = 16): HeapEvent => ({
  kind: 'alloc',
  address,
  sizeBytes,
  backtrace: [frame(1), frame(2), frame(3)],
});
const free = (address: number): HeapEvent => ({ kind: 'free', address, backtrace: [frame(4)] });
const source = { maxDepth: 128, captureLargest: false };

/** A capture that says whether it was ended, and where. */
function capture(records: readonly TraceRecord[]) {
  const state = { given: 0, closed: false };
  async function* stream(): AsyncGenerator<TraceRecord> {
    try {
      for (const record of records) {
        state.given++;
        yield record;
      }
      yield { kind: 'info', info: { endReason: 'reached the end' } };
    } finally {
      state.closed = true;
    }
  }
  return { state, stream: stream() };
}

test('a full ring ends the capture, which says so and is complete up to there', async (t) => {
  const { state, stream } = capture([1, 2, 3, 4, 5].map((address) => alloc(address)));
  const trace = await collectTrace(captureInRing(stream, makeRing({ records: 3 }, source)));
  t.deepEqual([...trace.events.address], [1, 2, 3]);
  t.is(trace.info.endReason, 'the ring of 3 records is full');
  t.true(trace.info.complete);
  t.deepEqual(trace.gaps, []);
  t.deepEqual(state, { given: 3, closed: true });
});

test('a rolling ring keeps the newest events, and what it overwrote is a gap and a number', async (t) => {
  const { stream } = capture([1, 2, 3, 4, 5].map((address) => alloc(address)));
  const ring = makeRing({ records: 3, stopOnFull: false }, source);
  const trace = await collectTrace(captureInRing(stream, ring));
  t.deepEqual([...trace.events.address], [3, 4, 5]);
  t.is(trace.info.endReason, 'reached the end');
  t.deepEqual(trace.info.dropped, { overwritten: 2, collapsed: 0, skipped: 0 });
  t.deepEqual(trace.gaps, [{ beforeSeq: 0, reason: 'overwritten by the rolling ring', lostEvents: 2 }]);
  t.false(trace.info.complete);
  t.is(trace.notes.at(-1)?.text, 'a ring of 3 records: 5 events seen, 2 overwritten, 0 pairs collapsed');
});

test('pairs are collapsed and counted; backtraces are left out as asked', async (t) => {
  const { stream } = capture([alloc(1), alloc(2), free(2), alloc(3, 64), alloc(4, 8), free(1)]);
  const ring = makeRing({ records: 10, collapsePairs: true, minSizeBytes: 16, skipFrees: true }, source);
  const trace = await collectTrace(captureInRing(stream, ring));
  t.deepEqual([...trace.events.address], [1, 3, 4, 1]);
  t.is(trace.info.dropped?.collapsed, 1);
  t.deepEqual(
    [0, 1, 2, 3].map((seq) => eventAt(trace, seq).backtrace?.length),
    [3, 3, undefined, undefined],
  );
});

test('the backtrace depth of the capture holds in the ring, deeper ones than six too', async (t) => {
  const deep: HeapEvent = { ...alloc(1), backtrace: Array.from({ length: 40 }, (_, i) => frame(i)) };
  for (const maxDepth of [4, 20, 128]) {
    const { stream } = capture([deep]);
    const ring = makeRing({ records: 5 }, { ...source, maxDepth });
    const trace = await collectTrace(captureInRing(stream, ring));
    t.is(eventAt(trace, 0).backtrace?.length, Math.min(40, maxDepth));
  }
});

test('an error of the capture comes after what the ring holds', async (t) => {
  async function* broken(): AsyncGenerator<TraceRecord> {
    yield alloc(1);
    throw new Error('link lost');
  }
  const kept: string[] = [];
  await t.throwsAsync(
    (async () => {
      for await (const { kind } of captureInRing(broken(), makeRing({ records: 5 }, source))) kept.push(kind);
    })(),
    { message: 'link lost' },
  );
  t.true(kept.includes('alloc'));
});

for (const records of [0, -1, 1.5, Number.NaN, 10_000_001]) {
  test(`a ring of ${records} records is refused`, (t) => {
    t.throws(() => makeRing({ records }, source), { instanceOf: UsageError, code: 'HH1190' });
  });
}
