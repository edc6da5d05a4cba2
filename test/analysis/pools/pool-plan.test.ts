import test from 'ava';
import fc from 'fast-check';
import { poolDemand } from '../../../lib/analysis/pools/demand.js';
import { noSpillLayouts } from '../../../lib/analysis/pools/no-spill.js';
import { planPools } from '../../../lib/analysis/pools/pool-plan.js';
import { RangePeaks } from '../../../lib/analysis/pools/range-peaks.js';
import { replayPools } from '../../../lib/analysis/pools/replay.js';
import { sizeTable } from '../../../lib/analysis/size-table.js';
import { UsageError } from '../../../lib/errors/errors.js';
import { poolsCHeader, poolsDroneToml, poolsZephyr } from '../../../lib/report/pools-output.js';
import { poolsText } from '../../../lib/report/pools-text.js';
import { traceOf } from '../../../lib/trace/collect-trace.js';
import type { TraceRecord } from '../../../lib/trace/heap-event.js';
import { lifespans } from '../../../lib/trace/lifespans.js';
import type { Trace } from '../../../lib/trace/trace.js';
import { DRONE_BOOK, sizesTrace } from '../../support/drone-book.js';
import { dronePools } from '../../support/drone-pools.js';

/** analysis.md's worked example: 12 x3 allocated, all freed, 28 x2 allocated, both freed. */
const WORKED = traceOf([
  ...[0x10, 0x20, 0x30].map((address): TraceRecord => ({ kind: 'alloc', address, sizeBytes: 12 })),
  ...[0x10, 0x20, 0x30].map((address): TraceRecord => ({ kind: 'free', address })),
  ...[0x40, 0x80].map((address): TraceRecord => ({ kind: 'alloc', address, sizeBytes: 28 })),
  ...[0x40, 0x80].map((address): TraceRecord => ({ kind: 'free', address })),
]);

test('the worked example: 84 bytes without spilling, 68 with it, where Drone takes 140 and 92', (t) => {
  t.is(dronePools(sizeTable(WORKED), 1).bytes, 140);
  t.is(dronePools(sizeTable(WORKED), 2).bytes, 92);
  t.is(planPools(WORKED, { pools: 1 }).bytes, 84);
  const plan = planPools(WORKED, { pools: 2 });
  t.deepEqual(plan.layout, [
    { blockBytes: 12, capacity: 1 },
    { blockBytes: 28, capacity: 2 },
  ]);
  t.deepEqual([plan.bytes, plan.noSpillBytes, plan.boundBytes, plan.kind], [68, 84, 68, 'spill']);
  t.is(plan.replay.unserved, 0);
  t.is(plan.replay.spilled, 2);
});

test("the book's data: Drone's fragmentation for 2, 3, 4 pools, and what is possible", (t) => {
  const trace = sizesTrace(DRONE_BOOK);
  const table = sizeTable(trace);
  t.deepEqual(
    [2, 3, 4].map((pools) => dronePools(table, pools).fragmentation),
    [168, 104, 96],
  );
  // Rounded to words the sizes that are alive together add up to 4 + 3 x 12 + 28 + 32 + 128 = 228 bytes.
  t.deepEqual(
    [2, 3, 4, 5].map((pools) => planPools(trace, { pools }).bytes - 228),
    [92, 12, 4, 0],
  );
});

test('what requested bytes, rounding, block waste and unused room add up to', (t) => {
  const plan = planPools(sizesTrace('a1 a12 f12 a30'), { pools: 1 });
  t.deepEqual(plan.layout, [{ blockBytes: 32, capacity: 2 }]);
  t.deepEqual(plan.replay.atPeak, { requestedBytes: 31, roundingBytes: 5, blockWasteBytes: 28, unusedBytes: 0 });
});

test('margin, alignment, filling up the heap, and a heap that is too small', (t) => {
  t.deepEqual(planPools(WORKED, { pools: 2, marginPercent: 50 }).layout, [
    { blockBytes: 12, capacity: 2 },
    { blockBytes: 28, capacity: 3 },
  ]);
  t.is(planPools(WORKED, { pools: 1, alignBytes: 8 }).bytes, 96);
  const filled = planPools(WORKED, { pools: 2, heapBytes: 200, fill: true });
  t.true(filled.fits && filled.bytes <= 200 && filled.bytes > 200 - 12);
  const small = planPools(WORKED, { pools: 2, heapBytes: 64 });
  t.false(small.fits);
  t.regex(poolsText(small), /does NOT fit 64 bytes; the least heap that fits is 68/);
  t.throws(() => planPools(WORKED, { pools: 0 }), { instanceOf: UsageError, code: 'HH1183' });
  t.throws(() => planPools(WORKED, { pools: 1, alignBytes: 6 }), { instanceOf: UsageError, code: 'HH1183' });
});

test('writes the layout for Drone, Zephyr and C', (t) => {
  const plan = planPools(WORKED, { pools: 2 });
  t.is(
    poolsDroneToml(plan),
    '[heap]\n\n[heap.main]\nsize = "68"\npools = [\n    { block = "12", capacity = 1 },\n    { block = "28", capacity = 2 },\n]\n',
  );
  t.is(
    poolsZephyr(plan),
    '#include <zephyr/kernel.h>\n\nK_MEM_SLAB_DEFINE(heap_pool_12, 12, 1, 4);\nK_MEM_SLAB_DEFINE(heap_pool_28, 28, 2, 4);\n',
  );
  t.regex(poolsCHeader(plan), /#define HEAP_POOLS\(X\) \\\n {2}X\(12, 1\) \\\n {2}X\(28, 2\)\n/);
});

test('a trace without allocations needs no pools', (t) => {
  const plan = planPools(traceOf([]), { pools: 3 });
  t.deepEqual(plan.layout, []);
  t.is(plan.bytes, 0);
});

/** Random requests of 2 to 12 sizes, 200 operations, with or without addresses: as in analysis.md. */
function requests(hasAddresses: boolean): fc.Arbitrary<Trace> {
  const sizes = fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 12 });
  const steps = fc.array(fc.record({ free: fc.boolean(), pick: fc.nat() }), { maxLength: 200 });
  return fc.tuple(sizes, steps).map(([list, picks]) => {
    const live: { address: number; sizeBytes: number }[] = [];
    const records = picks.map(({ free, pick }, i): TraceRecord => {
      const [block] = free && live.length > 0 ? live.splice(pick % live.length, 1) : [];
      if (block) return { kind: 'free', ...block, address: hasAddresses ? block.address : 0 };
      const made = { address: 0x1000 + i * 512, sizeBytes: list[pick % list.length] ?? 0 };
      live.push(made);
      return { kind: 'alloc', ...made, address: hasAddresses ? made.address : 0 };
    });
    return traceOf(records, { hasAddresses });
  });
}

for (const hasAddresses of [true, false]) {
  test(`every layout serves its trace and costs no more than Drone's (addresses: ${hasAddresses})`, (t) => {
    fc.assert(
      fc.property(requests(hasAddresses), fc.integer({ min: 1, max: 5 }), (trace, pools) => {
        const plan = planPools(trace, { pools });
        t.is(plan.replay.unserved, 0);
        t.true(plan.layout.length <= pools);
        t.true(plan.boundBytes <= plan.bytes && plan.bytes <= plan.noSpillBytes);
        t.true(plan.noSpillBytes <= dronePools(sizeTable(trace), pools).bytes);
        const { requestedBytes, roundingBytes, blockWasteBytes, unusedBytes } = plan.replay.atPeak;
        t.is(requestedBytes + roundingBytes + blockWasteBytes + unusedBytes, plan.bytes);
      }),
      { numRuns: 300 },
    );
  });
}

test('the no-spill layout is the best of all: checked against trying every grouping', (t) => {
  fc.assert(
    fc.property(requests(true), fc.integer({ min: 1, max: 4 }), (trace, pools) => {
      const demand = poolDemand(trace, lifespans(trace), 4);
      const layout = noSpillLayouts(demand.blockBytes, new RangePeaks(demand), pools)[pools - 1] ?? [];
      t.is(replayPools(demand, layout).unserved, 0);
      t.is(
        layout.reduce((sum, pool) => sum + pool.blockBytes * pool.capacity, 0),
        bruteForce(demand.blockBytes, [...demand.steps], pools),
      );
    }),
    { numRuns: 60 },
  );
});

/** The least bytes over every way to cut the sizes into at most so many groups. */
function bruteForce(blocks: Float64Array, steps: readonly number[], pools: number): number {
  const best = (from: number, left: number): number => {
    if (from === blocks.length) return 0;
    if (left === 0) return Number.POSITIVE_INFINITY;
    let least = Number.POSITIVE_INFINITY;
    for (let end = from; end < blocks.length; end++) {
      least = Math.min(least, (blocks[end] ?? 0) * peak(steps, from, end) + best(end + 1, left - 1));
    }
    return least;
  };
  return best(0, pools);
}

function peak(steps: readonly number[], from: number, end: number): number {
  let live = 0;
  let most = 0;
  for (const step of steps) {
    const id = step < 0 ? -1 - step : step;
    if (id >= from && id <= end) live += step < 0 ? -1 : 1;
    most = Math.max(most, live);
  }
  return most;
}
