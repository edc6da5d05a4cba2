import test from 'ava';
import fc from 'fast-check';
import { gapTimeline } from '../../lib/analysis/gap-timeline.js';
import type { Trace } from '../../lib/trace/trace.js';
import { traceFromText } from '../support/trace-from-text.js';
import { viewerModule } from '../support/viewer-module.js';

interface Loaded {
  readonly trace: Trace;
  readonly usage: { readonly liveBytes: ArrayLike<number> };
}
/** What this uses of the viewer, whose sources are compiled for browsers. */
interface Module {
  readonly prepareTrace: (
    trace: Trace,
    options: { name: string; format: string; hide: readonly string[] },
  ) => Promise<Loaded>;
  readonly isRestOfUse: (loaded: Loaded, gaps: { freeBytes: ArrayLike<number> }) => boolean;
  readonly freeAfter: (loaded: Loaded, seq: number) => number;
  readonly sortedRows: (
    rows: Int32Array,
    keyOf: (row: number) => number,
    descending: boolean,
    into?: Int32Array,
  ) => Int32Array;
  readonly sortRows: (
    loaded: Loaded,
    rows: Int32Array,
    sort: { column: string; descending: boolean },
    room?: ArrayBuffer,
  ) => Int32Array;
}

const { prepareTrace, isRestOfUse, freeAfter, sortedRows, sortRows } = await viewerModule<Module>(
  'model/loaded-trace.ts',
  'model/free-bytes.ts',
  'model/radix-sort.ts',
  'model/table-rows.ts',
);
const loadedOf = (text: string) => prepareTrace(traceFromText(text), { name: 'it', format: 'text', hide: [] });

const TRACE = `
  region heap 0x1000 256 16
  alloc 0x1000 32 main@m.c:1
  alloc 0x1020 16 main@m.c:2
  free 0x1000 main@m.c:3
  alloc 0x1040 64 main@m.c:4`;

test('what is free is told by what is in use, without a column of its own', async (t) => {
  const loaded = await loadedOf(TRACE);
  const gaps = gapTimeline(loaded.trace);
  t.true(isRestOfUse(loaded, gaps));
  const bare = { ...loaded, gaps: { ...gaps, freeBytes: new Uint32Array(0) } };
  t.deepEqual(
    [0, 1, 2, 3].map((seq) => freeAfter(bare, seq)),
    [224, 208, 240, 176],
  );
  t.deepEqual(
    [0, 1, 2, 3].map((seq) => freeAfter({ ...loaded, gaps } as Loaded, seq)),
    [...gaps.freeBytes],
  );
});

test('a block that lies in no region, or reaches over the end of one, has the column kept', async (t) => {
  for (const address of ['0x2000', '0x10f0']) {
    const loaded = await loadedOf(`${TRACE}\n  alloc ${address} 32 main@m.c:5`);
    t.false(isRestOfUse(loaded, gapTimeline(loaded.trace)), address);
  }
});

test('rows are sorted into the room of others, where it is large enough', async (t) => {
  const loaded = await loadedOf(TRACE);
  const rows = Int32Array.of(0, 1, 3);
  for (const [room, isUsed] of [
    [new ArrayBuffer(64), true],
    [new ArrayBuffer(12), true],
    [new ArrayBuffer(8), false],
  ] as const) {
    for (const [sort, wanted] of [
      [{ column: 'size', descending: true }, [3, 0, 1]],
      [{ column: 'seq', descending: false }, [0, 1, 3]],
    ] as const) {
      const sorted = sortRows(loaded, rows, sort, room);
      t.deepEqual([...sorted], [...wanted]);
      t.is(sorted.buffer === room, isUsed);
    }
  }
  t.deepEqual([...rows], [0, 1, 3], 'they themselves stay as they are');
});

test('what was in the room before does not show', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 })), fc.boolean(), (keys, descending) => {
      const rows = Int32Array.from(keys.keys());
      const keyOf = (row: number) => keys[row] ?? 0;
      const into = new Int32Array(rows.length).fill(-7);
      t.deepEqual([...sortedRows(rows, keyOf, descending, into)], [...sortedRows(rows, keyOf, descending)]);
    }),
  );
});
