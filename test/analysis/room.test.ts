import test from 'ava';
import fc from 'fast-check';
import { fragmentation } from '../../lib/analysis/fragmentation.js';
import { heapMap } from '../../lib/analysis/heap-map.js';
import { roomFor } from '../../lib/analysis/room.js';
import { fragmentationText } from '../../lib/report/fragmentation-text.js';
import { lifespans } from '../../lib/trace/lifespans.js';
import type { Trace } from '../../lib/trace/trace.js';
import { heapTrace } from '../support/heap-trace.js';
import { traceFromText } from '../support/trace-from-text.js';

/**
 * 256 bytes at 0x1000; free: 0x1020 (16), 0x1040 (32), 0x10a0 (96). Blocks: a 32, b 16 at 0x1030, c 32 at 0x1060, d 32 at 0x1080.
 */
const HEAP = `
  region heap 0x1000 256 16
  alloc 0x1000 32 a@m.c:1
  alloc 0x1020 16 gone@m.c:2
  alloc 0x1030 16 b@m.c:3
  alloc 0x1040 32 gone@m.c:4
  alloc 0x1060 32 c@m.c:5
  alloc 0x1080 32 d@m.c:6
  free 0x1020
  free 0x1040
`;

test('the fewest blocks that stand in the way of a piece, and where it would be', (t) => {
  const trace = traceFromText(HEAP);
  const map = heapMap(trace);
  const asked = (bytes: number) => {
    const room = roomFor(trace, map, bytes);
    return room && [room.blocks.map((block) => block.address), room.address, room.pieceBytes, room.blockBytes];
  };
  t.deepEqual(asked(96), [[], 0x10a0, 96, 0]);
  // One block: d alone gives 32 + 96.
  t.deepEqual(asked(128), [[0x1080], 0x1080, 128, 32]);
  // Two: c and d give 32 + 64 + 96.
  t.deepEqual(asked(129), [[0x1060, 0x1080], 0x1040, 192, 64]);
  t.deepEqual(asked(224), [[0x1030, 0x1060, 0x1080], 0x1020, 224, 80]);
  t.deepEqual(asked(256), [[0x1000, 0x1030, 0x1060, 0x1080], 0x1000, 256, 112]);
  t.is(asked(257), undefined);
});

test('blocks can move when each fits into free memory elsewhere', (t) => {
  const trace = traceFromText(HEAP);
  const map = heapMap(trace);
  // d (32) into the gap of 32 at 0x1040; of c and d (32 each) none fits in 16 bytes, which is all that is left elsewhere.
  t.true(roomFor(trace, map, 128)?.movable);
  t.false(roomFor(trace, map, 129)?.movable);
});

test('the report says who is in the way, and what it takes', (t) => {
  const trace = traceFromText(HEAP);
  // Of 144 free bytes 96 are in one piece. b parts 16 + 32, the row c d parts 32 + 96: d is the worst.
  const text = fragmentationText(fragmentation(trace, { makeBytes: 128 }));
  t.true(text.includes('33 % fragmented: 144 B free, largest 96 B; d (1 block) is in the way'), text);
  t.true(
    text.includes('1 block stands in the way of 128 B in one piece, no fewer: 32 B in heap between 0x00001080'),
    text,
  );
  t.true(fragmentationText(fragmentation(trace, { makeBytes: 4096 })).includes('has 256 B in all'));
  t.true(fragmentationText(fragmentation(trace, { makeBytes: 90 })).includes('90 B are free in one piece already'));
});

test('each memory has a verdict of its own', (t) => {
  const trace = traceFromText(`
    region fast 0x1000 64 16
    region slow 0x9000 128 16
    alloc 0x1000 64 a@m.c:1
    alloc 0x9000 16 b@m.c:2
  `);
  const text = fragmentationText(fragmentation(trace));
  t.true(text.includes('fast: Full: nothing is free\nslow: Not fragmented: 112 B free in one piece'), text);
});

test('where the bounds are taken from what was traced, the verdict says so', (t) => {
  const trace = traceFromText(`
    alloc 0x1000 64 a@m.c:1
    alloc 0x1040 64 b@m.c:2
  `);
  const text = fragmentationText(fragmentation(trace, { makeBytes: 4096 }));
  t.regex(
    text,
    /^Full: nothing is free, from its lowest to its highest traced byte \(where the memory ends, the trace does not say\)$/m,
  );
  t.regex(text, /^No room can be made: the largest memory of the heap has 128 B that were traced; where it ends,/m);
});

/** All runs of neighbours, the slow way. */
function fewestByTrying(trace: Trace, bytes: number): number | undefined {
  const spans = lifespans(trace);
  let best: number | undefined;
  for (const { region, blocks } of heapMap(trace).regions) {
    const end = region.baseAddress + region.sizeBytes;
    const starts = [...blocks].map((span) => spans.address[span] ?? 0);
    const ends = [...blocks].map((span) => (spans.address[span] ?? 0) + (spans.sizeBytes[span] ?? 0));
    for (let from = 0; from <= blocks.length; from++) {
      for (let to = from; to <= blocks.length; to++) {
        const piece = (starts[to] ?? end) - (ends[from - 1] ?? region.baseAddress);
        if (piece >= bytes && (best === undefined || to - from < best)) best = to - from;
      }
    }
  }
  return best;
}

test('no fewer blocks would do, in any heap', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(heapTrace(), fc.nat(4_400), (trace, bytes) => {
        const room = roomFor(trace, heapMap(trace), bytes);
        t.is(room?.blocks.length, fewestByTrying(trace, bytes));
        if (room) t.true(room.pieceBytes >= bytes);
      }),
      { numRuns: 200 },
    ),
  );
});
