import test from 'ava';
import fc from 'fast-check';
import { poolDemand } from '../../../lib/analysis/pools/demand.js';
import { noSpillLayouts } from '../../../lib/analysis/pools/no-spill.js';
import { poolPlan } from '../../../lib/analysis/pools/pool-plan.js';
import { RangePeaks } from '../../../lib/analysis/pools/range-peaks.js';
import { replayPools } from '../../../lib/analysis/pools/replay.js';
import { sizeTable } from '../../../lib/analysis/size-table.js';
import { UsageError } from '../../../lib/errors/errors.js';
import { poolsCHeader, poolsDroneToml, poolsZephyr } from '../../../lib/report/pools-output.js';
import { poolsText } from '../../../lib/report/pools-text.js';
import { traceOf } from '../../../lib/trace/collect-trace.js';
import type { TraceRecord } from '../../../lib/trace/heap-event.js';
import { lifespans } from '../../../lib/trace/lifespans.js';
import { eventAt, type Trace } from '../../../lib/trace/trace.js';
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
  t.is(poolPlan(WORKED, { pools: 1 }).bytes, 84);
  const plan = poolPlan(WORKED, { pools: 2 });
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
    [2, 3, 4, 5].map((pools) => poolPlan(trace, { pools }).bytes - 228),
    [92, 12, 4, 0],
  );
});

test('what requested bytes, rounding, block waste and unused room add up to', (t) => {
  const plan = poolPlan(sizesTrace('a1 a12 f12 a30'), { pools: 1 });
  t.deepEqual(plan.layout, [{ blockBytes: 32, capacity: 2 }]);
  t.deepEqual(plan.replay.atPeak, { requestedBytes: 31, roundingBytes: 5, blockWasteBytes: 28, unusedBytes: 0 });
});

test('margin, alignment, filling up the heap, and a heap that is too small', (t) => {
  t.deepEqual(poolPlan(WORKED, { pools: 2, marginPercent: 50 }).layout, [
    { blockBytes: 12, capacity: 2 },
    { blockBytes: 28, capacity: 3 },
  ]);
  t.is(poolPlan(WORKED, { pools: 1, alignBytes: 8 }).bytes, 96);
  const filled = poolPlan(WORKED, { pools: 2, heapBytes: 200, fill: true });
  t.true(filled.fits && filled.bytes <= 200 && filled.bytes > 200 - 12);
  const small = poolPlan(WORKED, { pools: 2, heapBytes: 64 });
  t.false(small.fits);
  t.regex(poolsText(small), /does NOT fit 64 bytes; the least heap that fits is 68/);
  t.throws(() => poolPlan(WORKED, { pools: 0 }), { instanceOf: UsageError, code: 'HH1183' });
  t.throws(() => poolPlan(WORKED, { pools: 1, alignBytes: 6 }), { instanceOf: UsageError, code: 'HH1183' });
});

test('writes the layout for Drone, Zephyr and C', (t) => {
  const plan = poolPlan(WORKED, { pools: 2 });
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
  const plan = poolPlan(traceOf([]), { pools: 3 });
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
        const plan = poolPlan(trace, { pools });
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

/** Few sizes and few requests: what can be tried out whole. */
function fewRequests(): fc.Arbitrary<Trace> {
  const steps = fc.array(fc.record({ free: fc.boolean(), pick: fc.nat() }), { minLength: 2, maxLength: 16 });
  const sizes = fc.uniqueArray(fc.constantFrom(4, 8, 12, 20, 28), { minLength: 2, maxLength: 4 });
  return fc.tuple(sizes, steps).map(([list, picks]) => {
    const live: { address: number; sizeBytes: number }[] = [];
    const records = picks.map(({ free, pick }, i): TraceRecord => {
      const [block] = free && live.length > 0 ? live.splice(pick % live.length, 1) : [];
      if (block) return { kind: 'free', ...block };
      const made = { address: 0x1000 + i * 512, sizeBytes: list[pick % list.length] ?? 4 };
      live.push(made);
      return { kind: 'alloc', ...made };
    });
    return traceOf(records);
  });
}

/** Whether pools serve a trace: written anew, from the rule alone. */
function serves(trace: Trace, pools: readonly { blockBytes: number; capacity: number }[]): boolean {
  const left = pools.map((pool) => pool.capacity);
  const places = new Map<number, number>();
  for (let seq = 0; seq < trace.eventCount; seq++) {
    const event = eventAt(trace, seq);
    if (event.kind === 'alloc') {
      const at = pools.findIndex((pool, i) => pool.blockBytes >= event.sizeBytes && (left[i] ?? 0) > 0);
      if (at < 0) return false;
      left[at] = (left[at] ?? 0) - 1;
      places.set(event.address, at);
    } else if (event.kind === 'free') {
      const at = places.get(event.address) ?? 0;
      left[at] = (left[at] ?? 0) + 1;
    }
  }
  return true;
}

/** The least bytes over every choice of at most so many sizes and every capacity that costs less than `limit`; `limit` if none does. */
function leastBytes(trace: Trace, sizes: readonly number[], pools: number, limit: number): number {
  let least = limit;
  const extend = (from: number, chosen: { blockBytes: number; capacity: number }[], bytes: number) => {
    if (serves(trace, chosen)) least = Math.min(least, bytes);
    if (chosen.length === pools) return;
    for (let at = from; at < sizes.length; at++) {
      const blockBytes = sizes[at] ?? 0;
      for (let capacity = 1; bytes + capacity * blockBytes < least; capacity++) {
        extend(at + 1, [...chosen, { blockBytes, capacity }], bytes + capacity * blockBytes);
      }
    }
  };
  extend(0, [], 0);
  return least;
}

test('no layout is smaller than one that is called the smallest: checked against trying every layout', (t) => {
  let better = 0;
  fc.assert(
    fc.property(fewRequests(), fc.integer({ min: 1, max: 3 }), (trace, pools) => {
      const plan = poolPlan(trace, { pools });
      t.is(plan.optimum, 'proven');
      const sizes = [...poolDemand(trace, lifespans(trace), 4).blockBytes];
      t.is(leastBytes(trace, sizes, pools, plan.bytes), plan.bytes);
      if (plan.bytes < plan.noSpillBytes) better++;
    }),
    { numRuns: 300 },
  );
  t.true(better > 0);
});

test('eight requests where raising the pool that fails does not find the smallest layout', (t) => {
  const trace = traceOf([
    { kind: 'alloc', address: 0x100, sizeBytes: 4 },
    { kind: 'alloc', address: 0x200, sizeBytes: 4 },
    { kind: 'alloc', address: 0x300, sizeBytes: 12 },
    { kind: 'free', address: 0x100 },
    { kind: 'realloc', address: 0x100, fromAddress: 0x200, sizeBytes: 4 },
    { kind: 'free', address: 0x100 },
    { kind: 'alloc', address: 0x100, sizeBytes: 20 },
    { kind: 'alloc', address: 0x200, sizeBytes: 12 },
  ]);
  // 2 x 12 + 20 = 44 is too small: the third block takes the 20, which is then missing. One 12 gives way to a second 20.
  const plan = poolPlan(trace, { pools: 2 });
  t.deepEqual(
    [plan.bytes, plan.optimum, plan.layout],
    [
      52,
      'proven',
      [
        { blockBytes: 12, capacity: 1 },
        { blockBytes: 20, capacity: 2 },
      ],
    ],
  );
  t.regex(poolsText(plan), /Layout: 52 bytes \(the smallest, proven; no-spill optimum 56, bound 44\)/);
});

test('a search that takes too long says so, and how far from the bound it may be', (t) => {
  let state = 1;
  const random = (limit: number) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor(state / 65536) % limit;
  };
  const live: number[] = [];
  const records = Array.from({ length: 3000 }, (_, i): TraceRecord => {
    if (live.length > 25 || (live.length > 0 && random(2) === 0)) {
      return { kind: 'free', address: live.splice(random(live.length), 1)[0] ?? 0 };
    }
    live.push(0x1000 + i * 4096);
    return { kind: 'alloc', address: 0x1000 + i * 4096, sizeBytes: 4 + 4 * random(12) };
  });
  const plan = poolPlan(traceOf(records), { pools: 6 });
  t.is(plan.optimum, 'not-proven');
  t.true(plan.boundBytes < plan.bytes && plan.bytes <= plan.noSpillBytes);
  t.regex(poolsText(plan), /the smallest found, at most \d+\.\d % above the bound/);
});
