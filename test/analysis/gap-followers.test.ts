import test from 'ava';
import fc from 'fast-check';
import { gapTimeline } from '../../lib/analysis/gap-timeline.js';
import { GapTracker } from '../../lib/analysis/gap-tracker.js';
import { heapMap } from '../../lib/analysis/heap-map.js';
import { heapRegions } from '../../lib/analysis/heap-regions.js';
import { regionLevelAt } from '../../lib/analysis/region-timeline.js';
import { SparseGapTracker } from '../../lib/analysis/sparse-gap-tracker.js';
import { lifespans } from '../../lib/trace/lifespans.js';
import type { Trace } from '../../lib/trace/trace.js';
import { traceFromText } from '../support/trace-from-text.js';

const REGION = { name: 'heap', baseAddress: 0x1000, sizeBytes: 4096, unitBytes: 16 };

test('gaps counted by places are those counted in steps, whatever comes and goes', (t) => {
  const block = fc.record({ at: fc.integer({ min: 0, max: 255 }), units: fc.integer({ min: 1, max: 12 }) });
  fc.assert(
    fc.property(fc.array(block, { maxLength: 120 }), (blocks) => {
      const places = blocks.flatMap(({ at, units }) => [0x1000 + at * 16, 0x1000 + (at + units) * 16]);
      const sparse = new SparseGapTracker(REGION, Float64Array.from(places));
      const dense = new GapTracker(REGION, 16);
      const live = new Map<number, number>();
      for (const { at, units } of blocks) {
        const address = 0x1000 + at * 16;
        if (live.delete(at)) {
          sparse.give(address);
          dense.give(address);
        } else if (![...live].some(([from, size]) => at < from + size && from < at + units)) {
          live.set(at, units);
          sparse.take(address, units * 16);
          dense.take(address, units * 16);
        }
        t.is(sparse.freeBytes, dense.freeBytes);
        t.is(sparse.largestFreeBytes, dense.largestFreeBytes);
      }
    }),
    { numRuns: 150 },
  );
});

test('a region of a tebibyte is followed through every event', (t) => {
  const trace = traceFromText(`
    region heap 0x7f0000000000 1099511627776 1
    alloc 0x7f0000000000 3 a@a.c:1
    alloc 0x7f8000000000 5 b@b.c:1
    free 0x7f0000000000
    free 0x7f8000000000`);
  const half = 2 ** 39;
  const line = gapTimeline(trace);
  t.deepEqual([...line.freeBytes], [2 ** 40 - 3, 2 ** 40 - 8, 2 ** 40 - 5, 2 ** 40]);
  t.deepEqual([...line.largestFreeBytes], [2 ** 40 - 3, half - 3, half, 2 ** 40]);
});

const TWO_BANKS = `
  region internal 0x1000 256 16
  region psram 0x8000 1024 16
  alloc 0x1000 32 a@a.c:1
  alloc 0x8000 512 b@b.c:1
  alloc 0x1080 16 a@a.c:1
  failed 4096
  free 0x8000
  free 0x1080`;

test('each of several regions is told for itself, event by event', (t) => {
  const { regions } = gapTimeline(traceFromText(TWO_BANKS));
  const rows = regions.map(({ region, seq, freeBytes, largestFreeBytes }) => [
    region.name,
    [...seq],
    [...freeBytes],
    [...largestFreeBytes],
  ]);
  t.deepEqual(rows, [
    ['internal', [0, 2, 5], [224, 208, 224], [224, 112, 224]],
    ['psram', [1, 4], [512, 1024], [512, 1024]],
  ]);
  const levels = [-1, 0, 3, 4].map((seq) => regions.map((it) => regionLevelAt(it, seq).largestFreeBytes));
  t.deepEqual(levels, [
    [256, 1024],
    [224, 1024],
    [112, 512],
    [112, 1024],
  ]);
  t.deepEqual(gapTimeline(traceFromText('region heap 0x1000 256 16\nalloc 0x1000 16')).regions, []);
});

test('at every event the regions together are what the map of that event has', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 31 }), fc.boolean()), { maxLength: 40 }), (steps) => {
      const lines = steps.map(([slot, allocates]) => {
        const address = `0x${(slot < 16 ? 0x1000 + slot * 16 : 0x8000 + (slot - 16) * 16).toString(16)}`;
        return allocates ? `alloc ${address} 16 a@a.c:1` : `free ${address}`;
      });
      const trace = traceFromText(`region one 0x1000 256 16\nregion two 0x8000 256 16\n${lines.join('\n')}`);
      const { regions } = gapTimeline(trace);
      for (let seq = 0; seq < trace.eventCount; seq++) {
        const expected = heapMap(trace, seq).regions.map(({ freeBytes, largestFreeBytes }) => ({
          freeBytes,
          largestFreeBytes,
        }));
        t.deepEqual(
          regions.map((it) => regionLevelAt(it, seq)),
          expected,
        );
      }
    }),
    { numRuns: 60 },
  );
});

/** A trace without regions, of areas as `[first address, blocks of 100 bytes, step]`. */
function areasTrace(...areas: readonly (readonly [from: number, count: number, step: number])[]): Trace {
  const lines = areas.flatMap(([from, count, step]) =>
    Array.from({ length: count }, (_, i) => `alloc 0x${(from + i * step).toString(16)} 100 f@f.c:1`),
  );
  return traceFromText(lines.join('\n'));
}

function regionsOf(trace: Trace): string[] {
  const { regions } = heapRegions(trace, lifespans(trace));
  return regions.map(({ baseAddress, sizeBytes }) => `0x${baseAddress.toString(16)}+${sizeBytes}`);
}

test('memories whose bounds are not recorded are parted at holes that dwarf what was used', (t) => {
  // Of an ESP32: internal RAM and PSRAM, 7.7 MiB apart; largest free is never the hole.
  const esp32 = areasTrace([0x3f800000, 100, 128], [0x3ffb8000, 50, 128]);
  t.deepEqual(regionsOf(esp32), ['0x3f800000+12772', '0x3ffb8000+6372']);
  t.is(heapMap(esp32).largestFreeBytes, 28);
  // Areas that sbrk gave.
  const two = areasTrace([0x20001000, 100, 128], [0x20030000, 100, 128]);
  t.deepEqual(regionsOf(two), ['0x20001000+12772', '0x20030000+12772']);
  t.is(regionsOf(areasTrace([0x20000000, 10, 128], [0x20200000, 10, 128], [0x20500000, 10, 128])).length, 3);
  // One heap with blocks here and there stays one, and so does one with a small hole.
  t.is(regionsOf(areasTrace([0x3f800000, 40, 200_000])).length, 1);
  t.is(regionsOf(areasTrace([0x20000000, 10, 128], [0x2000f000, 10, 128])).length, 1);
});
