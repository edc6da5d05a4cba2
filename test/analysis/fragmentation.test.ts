import test from 'ava';
import fc from 'fast-check';
import { fragmentation } from '../../lib/analysis/fragmentation.js';
import { gapTimeline } from '../../lib/analysis/gap-timeline.js';
import { heapMap } from '../../lib/analysis/heap-map.js';
import { wallsOf } from '../../lib/analysis/walls.js';
import { UsageError } from '../../lib/errors/errors.js';
import { fragmentationText } from '../../lib/report/fragmentation-text.js';
import { traceOf } from '../../lib/trace/collect-trace.js';
import { sizesTrace } from '../support/drone-book.js';
import { heapTrace } from '../support/heap-trace.js';
import { microbitTrace } from '../support/microbit-trace.js';
import { traceFromText } from '../support/trace-from-text.js';

/** The vector of analysis.md; events count from 0 here and from 1 there. */
const VECTOR = `
  region heap 0x1000 256 16
  alloc 0x1000 32 main@m.c:1
  alloc 0x1020 16 main@m.c:2
  alloc 0x1030 64 main@m.c:3
  free 0x1020
  alloc 0x1070 32 main@m.c:5
  free 0x1030
`;

test('free and largest free block after each event of the vector', (t) => {
  const trace = traceFromText(VECTOR);
  const free = [224, 208, 144, 160, 128, 192];
  const largest = [224, 208, 144, 144, 112, 112];
  const maps = free.map((_, seq) => heapMap(trace, seq));
  t.deepEqual(
    maps.map((map) => map.freeBytes),
    free,
  );
  t.deepEqual(
    maps.map((map) => map.largestFreeBytes),
    largest,
  );
  const line = gapTimeline(trace);
  t.deepEqual([...(line?.freeBytes ?? [])], free);
  t.deepEqual([...(line?.largestFreeBytes ?? [])], largest);
  t.is(maps[5]?.fragmentation, 1 - 112 / 192);
});

test('ranks the walls of the vector and says what freeing and sliding give', (t) => {
  const trace = traceFromText(VECTOR);
  const walls = wallsOf(trace, heapMap(trace));
  t.deepEqual(
    walls.map((wall) => [
      wall.address,
      wall.walledInBytes,
      wall.gapIfGoneBytes,
      wall.largestIfFreedBytes,
      wall.largestIfSlidBytes,
    ]),
    [
      [0x1070, 192, 224, 224, 192],
      [0x1000, 80, 112, 112, 112],
    ],
  );
});

test('the allocations that cut the largest free block', (t) => {
  const result = fragmentation(traceFromText(VECTOR));
  t.deepEqual(
    result.cuts.map((cut) => [cut.seq, cut.largestBeforeBytes, cut.largestAfterBytes]),
    [
      [2, 208, 144],
      [0, 256, 224],
      [4, 144, 112],
      [1, 224, 208],
    ],
  );
  t.is(result.cutsFrom, 'reconstructed');
});

test('takes the cuts from the capture where the target told them', (t) => {
  const trace = traceOf([
    { kind: 'region', region: { name: 'heap', baseAddress: 0x1000, sizeBytes: 256, unitBytes: 16 } },
    { kind: 'alloc', address: 0x1000, sizeBytes: 32, largestBeforeBytes: 240, largestAfterBytes: 200 },
    { kind: 'alloc', address: 0x1020, sizeBytes: 32 },
  ]);
  const result = fragmentation(trace);
  t.is(result.cutsFrom, 'captured');
  t.deepEqual(
    result.cuts.map((cut) => [cut.seq, cut.largestBeforeBytes, cut.largestAfterBytes]),
    [[0, 240, 200]],
  );
});

test('names the culprit of a failed allocation', (t) => {
  const trace = traceFromText(`${VECTOR}\n failed 150 big@b.c:9 > gc_alloc@py/gc.c:1`);
  const [failure] = fragmentation(trace).failures;
  t.like(failure, { seq: 6, requestedBytes: 150, verdict: 'fragmented', freeBytes: 192, largestFreeBytes: 112 });
  t.is(failure?.walls[0]?.address, 0x1070);
  const text = fragmentationText(fragmentation(trace));
  t.regex(text, /FAILED event 6: 150 B requested with 192 B free, largest block 112 B, fragmentation 41\.7%/);
  t.regex(text, /without 0x00001070 \(32 B\): 112 -> 224 bytes, enough {2}main {2}m\.c:5/);
  t.regex(text, /\n {2}big {2}b\.c:9\n/);
});

test('tells exhaustion from fragmentation, and a failure that the map does not explain', (t) => {
  const verdict = (bytes: number) => fragmentation(traceFromText(`${VECTOR}\nfailed ${bytes}`)).failures[0]?.verdict;
  t.deepEqual([verdict(100), verdict(113), verdict(193)], ['unexplained', 'fragmented', 'exhausted']);
});

test('a trace without addresses has no heap map', (t) => {
  t.throws(() => heapMap(sizesTrace('a12 f12')), { instanceOf: UsageError, code: 'HH1180' });
});

test('without recorded bounds the heap reaches from the lowest to the highest block, and the result says so', (t) => {
  const map = heapMap(traceFromText('alloc 0x1000 16\nalloc 0x1040 16'));
  t.is(map.freeBytes, 48);
  t.regex(map.assumptions.join(), /bounds of the heap are not recorded/);
});

test('blocks outside every region are counted, not hidden', (t) => {
  const map = heapMap(traceFromText('region heap 0x1000 64 16\nalloc 0x900 16\nalloc 0x1000 16\nalloc 0x2000 16'));
  t.is(map.outsideCount, 2);
  t.is(map.freeBytes, 48);
});

test('the real capture: 204 of the blocks are used at the end', (t) => {
  const map = heapMap(microbitTrace());
  t.is(map.regions[0]?.usedBytes, 204 * 16);
});

test('the map never overlaps, gaps and blocks add up, and the timeline agrees with it, for any trace', (t) => {
  fc.assert(
    fc.property(heapTrace({ wild: true, maxLength: 80 }), (trace) => {
      const line = gapTimeline(trace);
      for (let seq = 0; seq < trace.eventCount; seq++) {
        const map = heapMap(trace, seq);
        t.is(line?.freeBytes[seq], map.freeBytes);
        t.is(line?.largestFreeBytes[seq], map.largestFreeBytes);
        for (const region of map.regions) {
          t.is(region.usedBytes + region.freeBytes, region.region.sizeBytes);
          region.gaps.forEach((gap, i) => {
            const before = region.gaps[i - 1];
            t.true(gap.sizeBytes > 0 && (before === undefined || before.address + before.sizeBytes < gap.address));
          });
        }
      }
    }),
    { numRuns: 100 },
  );
});
