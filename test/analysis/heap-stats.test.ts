import test from 'ava';
import fc from 'fast-check';
import { heapStats } from '../../lib/analysis/heap-stats.js';
import { usageCurve } from '../../lib/analysis/heap-usage.js';
import { distribution } from '../../lib/analysis/lifetimes.js';
import { heapStatsText } from '../../lib/report/heap-stats-text.js';
import { droneSize, sizeTableText } from '../../lib/report/size-table-text.js';
import { DRONE_BOOK, sizesTrace } from '../support/drone-book.js';
import { heapTrace } from '../support/heap-trace.js';
import { traceFromText } from '../support/trace-from-text.js';

test('gives exactly the table of the Drone book', (t) => {
  const stats = heapStats(sizesTrace(DRONE_BOOK), { heapBytes: 10 * 1024 });
  t.is(
    sizeTableText(stats.sizes, stats.heapBytes),
    [
      ' Block Size | Max Load | Total Allocations ',
      '------------+----------+-------------------',
      '          1 |        1 |                 1 ',
      '         12 |        3 |                 7 ',
      '         28 |        1 |                 2 ',
      '         32 |        1 |                 1 ',
      '        128 |        1 |                 2 ',
      '',
      'Maximum memory usage: 225 / 2.20%',
      '',
    ].join('\n'),
  );
  // 1 + 3 x 12 + 28 + 32 + 128 bytes are alive together from event 16 on (but for 17).
  t.deepEqual(stats.peak, { bytes: 225, count: 7, seq: 16 });
  t.regex(heapStatsText(stats), /\nSimultaneous peak: 225 \/ 2\.20% in 7 blocks, at event 16\n/);
});

test('the simultaneous peak is not the sum of the maxima', (t) => {
  const stats = heapStats(sizesTrace('a12 a12 a12 f12 f12 f12 a28 a28 f28 f28'));
  t.is(stats.sizes.maximumBytes, 3 * 12 + 2 * 28);
  t.deepEqual(stats.peak, { bytes: 56, count: 2, seq: 7 });
});

test('prints sizes as K and M only for exact multiples', (t) => {
  t.deepEqual([1, 1023, 1024, 1025, 3072, 1048576, 1049600].map(droneSize), [
    ...['1', '1023', '1K', '1025', '3K', '1M', '1025K'],
  ]);
});

test('a realloc frees the old size, then allocates the new', (t) => {
  const trace = traceFromText('alloc 0x10 12\nrealloc 0x10 -> 0x40 28\nrealloc 0x40 -> 0x40 12');
  t.deepEqual(heapStats(trace).sizes.rows, [
    { sizeBytes: 12, maxLive: 1, total: 2 },
    { sizeBytes: 28, maxLive: 1, total: 1 },
  ]);
});

test('a size above the heap and a free of nothing are reported with their place', (t) => {
  const stats = heapStats(sizesTrace('a12 f28 a99999'), { heapBytes: 1024 });
  t.deepEqual(stats.sizes.tooLarge, [{ seq: 2, sizeBytes: 99999 }]);
  t.deepEqual(stats.findings, [{ kind: 'unknown-free', count: 1, firstSeqs: [1] }]);
  const text = heapStatsText(stats);
  t.regex(text, /corrupt: event 2 allocates 99,999 bytes, more than the heap's 1,024/);
  t.regex(text, /finding: 1 frees of blocks that were never allocated \(event 1\)/);
});

test('counts temporaries, failures, lifetimes, and what each phase left', (t) => {
  const trace = traceFromText(`
    alloc 0x10 16 main@m.c:1
    mark warm
    alloc 0x20 16 main@m.c:2
    free 0x20
    alloc 0x20 32 main@m.c:2
    failed 4096
    mark idle
    free 0x10
  `);
  const stats = heapStats(trace);
  t.deepEqual(stats.temporary, { count: 1, bytes: 16 });
  t.deepEqual(stats.failed, { largestBytes: 4096, firstSeq: 4 });
  // 0x20 lived for 1 event, 0x10 for 5.
  t.deepEqual(stats.lifetimes.events, { count: 2, mean: 3, p50: 1, p90: 5, p99: 5, max: 5 });
  t.deepEqual(
    stats.phases.map(({ name, allocations, frees, failures, peakBytes, liveAtStartBytes, liveAtEndBytes }) => [
      ...[name, allocations, frees, failures, peakBytes, liveAtStartBytes, liveAtEndBytes],
    ]),
    [
      ['(start)', 1, 0, 0, 16, 0, 16],
      ['warm', 2, 1, 1, 48, 16, 48],
      ['idle', 0, 1, 0, 48, 48, 32],
    ],
  );
  t.deepEqual(
    stats.sources.map((row) => [row.location, row.liveBytes, row.peakBytes, row.allocations, row.temporary]),
    [
      ['m.c:2', 32, 32, 2, 1],
      ['m.c:1', 0, 16, 1, 0],
    ],
  );
  t.deepEqual(stats.histogram, [
    { fromBytes: 16, toBytes: 31, count: 2, bytes: 32 },
    { fromBytes: 32, toBytes: 63, count: 1, bytes: 32 },
  ]);
});

test('percentiles are nearest ranks', (t) => {
  const values = Int32Array.from({ length: 100 }, (_, i) => 100 - i);
  t.deepEqual(distribution(values), { count: 100, mean: 50.5, p50: 50, p90: 90, p99: 99, max: 100 });
  t.is(distribution(new Int32Array(0)), undefined);
});

test('an empty trace has statistics of zeros', (t) => {
  const stats = heapStats(traceFromText(''));
  t.is(stats.peak.seq, -1);
  t.is(heapStatsText(stats).split('\n')[0], ' Block Size | Max Load | Total Allocations ');
});

test('live bytes are allocations minus frees at every event, whatever the trace', (t) => {
  fc.assert(
    fc.property(heapTrace({ wild: true }), (trace) => {
      const curve = usageCurve(trace);
      const stats = heapStats(trace);
      // An independent count: the sizes of the blocks that the events leave, by address.
      const blocks = new Map<number, number>();
      let peak = 0;
      for (let seq = 0; seq < trace.eventCount; seq++) {
        applyEvent(blocks, trace, seq);
        const sum = [...blocks.values()].reduce((a, b) => a + b, 0);
        peak = Math.max(peak, sum);
        t.is(curve.liveBytes[seq], sum);
        t.is(curve.liveCount[seq], blocks.size);
      }
      t.is(stats.peak.bytes, peak);
    }),
    { numRuns: 200 },
  );
});

function applyEvent(blocks: Map<number, number>, trace: ReturnType<typeof traceFromText>, seq: number): void {
  const { kind, address, sizeBytes, fromAddress } = trace.events;
  const at = address[seq] ?? 0;
  const size = sizeBytes[seq] ?? 0;
  if (kind[seq] === 1 || kind[seq] === 2) blocks.delete(at);
  if (kind[seq] === 3) blocks.delete(fromAddress?.[seq] ?? at);
  if (kind[seq] !== 0 && kind[seq] !== 3) return;
  for (const [start, length] of blocks) {
    if (start === at || (start < at + size && at < start + length)) blocks.delete(start);
  }
  blocks.set(at, size);
}

test('the first sources are listed, and how many there are is told', (t) => {
  const text = [1, 2, 3].map((k) => `alloc 0x${k}00 ${k * 8} f${k}@a.c:${k}`).join('\n');
  const few = heapStats(traceFromText(text), { top: 2 });
  t.deepEqual(
    few.sources.map(({ functionName, liveBytes }) => [functionName, liveBytes]),
    [
      ['f3', 24],
      ['f2', 16],
    ],
  );
  t.is(few.sourceCount, 3);
  t.is(few.liveBytes, 48);
  t.regex(heapStatsText(few, { topSources: 2 }), /\nand 1 more sources\n/);
});
