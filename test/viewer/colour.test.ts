import test from 'ava';
import { traceOf } from '../../lib/trace/collect-trace.js';
import type { TraceRecord } from '../../lib/trace/heap-event.js';
import type { Lifespans } from '../../lib/trace/lifespans.js';
import type { Trace } from '../../lib/trace/trace.js';
import { graphOf } from '../support/object-graphs.js';
import { traceFromText } from '../support/trace-from-text.js';
import { viewerModule } from '../support/viewer-module.js';

interface Look {
  readonly hex: string;
  readonly pattern: number;
}
interface Coloring {
  readonly classes: readonly (Look & { readonly name: string; readonly query: string })[];
  readonly ofSpan: Uint8Array;
}
interface Loaded {
  readonly spans: Lifespans;
  readonly order: unknown;
}
interface Viewer {
  prepareTrace(trace: Trace, options: { name: string; format: string; hide: readonly string[] }): Promise<Loaded>;
  coloringOf(loaded: Loaded, mode: string, atSeq: number): Coloring;
  uncolorable(loaded: Loaded, mode: string): string;
  heldBy(
    loaded: Loaded,
    of: { classOf: Uint8Array; count: number; atSeq: number },
  ): { bytes: Float64Array; count: Int32Array };
  rowQuery(
    loaded: Loaded,
    query: string,
    atSeq: number,
  ): { matches: ((seq: number) => boolean) | undefined; problem: string };
  functionsQuery(path: readonly unknown[]): string;
  looksOf(keys: readonly { functionName: string; file: string; line: number }[]): Look[];
  recolored(order: unknown, classes: Uint8Array): unknown;
  colorTable(looks: readonly Look[]): unknown;
  TimePainter: new () => { paint(order: unknown, spans: Lifespans, picture: unknown): void };
}

const viewer = viewerModule<Viewer>(
  'model/coloring.ts',
  'model/loaded-trace.ts',
  'model/held.ts',
  'model/row-query.ts',
  'model/stack-match.ts',
  'model/address-order.ts',
  'paint/hues.ts',
  'paint/palette.ts',
  'paint/time-painter.ts',
);
const NAMES = { name: 'trace', format: 'text', hide: [] };

/** Events 0 to 6; sizes 16, 64, 5000; the second is freed three events after its begin. */
const TRACE = `
  region low 0x1000 8192 16
  region high 0x8000 8192 16
  alloc 0x1000 16 main@m.c:1 > boot@b.c:10
  alloc 0x1020 64 main@m.c:2 > line@l.c:20
  alloc 0x8000 5000 main@m.c:3 > "big"@t.c:30
  alloc 0x1100 16 main@m.c:4 > boot@b.c:10
  free 0x1020 main@m.c:4
  alloc 0x1200 16 main@m.c:5 > tail@b.c:12
  alloc 0x1300 16 main@m.c:6 > xmalloc@x.c:1 > boot@b.c:10`;

const shown = ({ classes, ofSpan }: Coloring) => [...ofSpan].map((index) => (index === 0 ? '' : classes[index]?.name));

test('a block is coloured by its size, age, lifetime and memory, and each class has the query that shows it', async (t) => {
  const { prepareTrace, coloringOf, rowQuery, heldBy, uncolorable } = await viewer;
  const loaded = await prepareTrace(traceFromText(TRACE), NAMES);
  const by = (mode: string, atSeq = 6) => shown(coloringOf(loaded, mode, atSeq));
  t.deepEqual(by('size'), ['up to 16 B', 'up to 64 B', 'more than 4,096 B', 'up to 16 B', 'up to 16 B', 'up to 16 B']);
  t.deepEqual(by('region'), ['low', 'low', 'high', 'low', 'low', 'low']);
  // Seven events: steps at 1 and 3.
  t.deepEqual(by('lifetime'), ['', 'up to 3 events', '', '', '', '']);
  t.deepEqual(by('age', 5), ['more than 3 events', '', 'up to 3 events', 'up to 3 events', 'up to 1 event', '']);
  t.is(uncolorable(loaded, 'type'), 'The capture read no object types');
  // The legend's figures and what a click on each of its rows shows are of the same blocks.
  for (const mode of ['source', 'size', 'age', 'lifetime', 'region']) {
    const coloring = coloringOf(loaded, mode, 5);
    const held = heldBy(loaded, { classOf: coloring.ofSpan, count: coloring.classes.length, atSeq: 5 });
    for (const [index, { query }] of coloring.classes.entries()) {
      if (query === '') continue;
      const { matches, problem } = rowQuery(loaded, query, 5);
      t.is(problem, '', query);
      const found = [...loaded.spans.startSeq].map((seq) => matches?.(seq) ?? false);
      const own = [...coloring.ofSpan].map((it) => it === index);
      t.deepEqual(found, own, query);
      const alive = [...loaded.spans.endSeq].map((end, span) => end > 5 && (loaded.spans.startSeq[span] ?? 0) <= 5);
      t.is(held.count[index], own.filter((it, span) => it && alive[span]).length, query);
    }
  }
});

test('an object has the colour of its type where the capture read the types', async (t) => {
  const { prepareTrace, coloringOf, rowQuery } = await viewer;
  const graph = graphOf(
    ['names:dict', 'rex:Dog', 'max:Dog'],
    ['named __main__ -> names', 'names [1] -> rex', 'names [2] -> max'],
  );
  const allocations = [...graph.address].map((address): TraceRecord => ({ kind: 'alloc', address, sizeBytes: 16 }));
  const late: TraceRecord = { kind: 'alloc', address: 0x9000, sizeBytes: 16 };
  const loaded = await prepareTrace(traceOf([...allocations, { kind: 'graph', graph }, late]), NAMES);
  t.deepEqual(shown(coloringOf(loaded, 'type', 3)), ['dict', 'Dog', 'Dog', ''], 'of what came later nothing is known');
  const { matches } = rowQuery(loaded, 'type:"dog"', 3);
  t.deepEqual(
    [0, 1, 2, 3].map((seq) => matches?.(seq)),
    [false, true, true, false],
  );
});

test('paths name what was allocated below them from either end, whatever wraps the allocator', async (t) => {
  const { prepareTrace, rowQuery, functionsQuery } = await viewer;
  const loaded = await prepareTrace(traceFromText(TRACE), NAMES);
  const found = (query: string) => {
    const { matches } = rowQuery(loaded, query, 6);
    return [0, 1, 2, 3, 4, 5, 6].filter((seq) => matches?.(seq));
  };
  t.deepEqual(found('path:"main m.c:2"'), [1, 4], 'a free with its allocation');
  t.deepEqual(found('path:"main > boot"'), [0, 3]);
  t.deepEqual(found('path:"main > boot b.c:10" size=16'), [0, 3]);
  t.deepEqual(found('by:"boot b.c:10"'), [0, 3, 6]);
  t.deepEqual(found('by:"boot b.c:10 < main m.c:4"'), [3]);
  t.deepEqual(found('source:"boot b.c:10"'), [0, 3, 6]);
  t.deepEqual(found('source:boot'), [0, 3, 6]);
  t.deepEqual(found('path:"nothing here"'), []);
  const path = ['main', 'boot'].map((functionName) => ({ functionName, location: 'moved.c:1' }));
  t.deepEqual(found(functionsQuery(path)), [0, 3], 'whatever the lines are');
  const bare = await prepareTrace(traceFromText('alloc 0x1 8'), NAMES);
  t.true(rowQuery(bare, functionsQuery([]), 0).matches?.(0), 'no backtrace');
});

test('a function has one colour whatever else the trace holds; those that would look alike differ by a pattern', async (t) => {
  const { looksOf } = await viewer;
  const key = (n: number) => ({ functionName: `function_${n}`, file: `/a/b/file_${n % 5}.c`, line: n });
  const many = Array.from({ length: 12 }, (_, n) => key(n));
  const alone = many.map((one) => looksOf([one])[0]?.hex);
  t.deepEqual(
    looksOf(many).map(({ hex }) => hex),
    alone,
  );
  t.deepEqual(
    looksOf([...many].reverse())
      .map(({ hex }) => hex)
      .reverse(),
    alone,
  );
  const looks = looksOf(many).map(({ hex, pattern }) => `${hex} ${pattern}`);
  t.is(new Set(looks).size, looks.length);
  // In another checkout, on another line: the same colour. Many lines of one function: all differ in something.
  t.is(looksOf([{ ...key(3), file: 'C:\\src\\file_3.c', line: 99 }])[0]?.hex, alone[3]);
  const lines = looksOf(Array.from({ length: 8 }, (_, line) => ({ ...key(3), line })));
  t.is(new Set(lines.slice(0, 4).map(({ pattern }) => pattern)).size, 4);
  // Frames without names are told apart by their addresses.
  const bare = (location: string) => ({ functionName: '??', file: '', line: 0, location });
  const places = ['0x08012001', '0x08012041', '0x080120c1', '0x08012101', '0x080121c1', '0x08012141'];
  t.true(new Set(places.map((place) => looksOf([bare(place)])[0]?.hex)).size > 2);
  t.is(looksOf([bare('0x08012001')])[0]?.hex, looksOf([bare('0x08012001')])[0]?.hex);
});

test('a pixel of the time view has the colour of who has most of it, and is as bright as it is full', async (t) => {
  const { prepareTrace, recolored, colorTable, TimePainter } = await viewer;
  const hexes = ['#000000', '#ff0000', '#00ff00'];
  const table = colorTable(hexes.map((hex) => ({ hex, pattern: 0 })));
  // Two events, 64 bytes in one row of pixels: three quarters red and a quarter green, then nothing but the red.
  const trace = traceFromText(`
    region heap 0x1000 64 16
    alloc 0x1000 48 a@a.c:1
    alloc 0x1030 16 b@b.c:1
    free 0x1030`);
  const loaded = await prepareTrace(trace, NAMES);
  const paint = (classes: number[], height: number) => {
    const image = new Uint32Array(4 * height);
    const axis = { at: Float64Array.of(0, 1, 2, 3), kind: 'events' };
    const range = { time: { from: 0, to: 4 }, address: { from: 0x1000, to: 0x1040 } };
    new TimePainter().paint(recolored(loaded.order, Uint8Array.from(classes)), loaded.spans, {
      width: 4,
      height,
      image,
      table,
      axis,
      ...range,
    });
    return [...image].map((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255]);
  };
  const [first, second, third] = paint([1, 2], 1);
  t.deepEqual(second, [255, 0, 0], 'full, and most of it red: no mixture');
  t.true((first?.[0] ?? 0) > 150 && (first?.[0] ?? 0) < 255, 'three quarters full');
  t.deepEqual(first, third);
  // Dimmed red blocks never hide a lit green one.
  const dimmed = paint([1 + 32, 2], 1)[1] ?? [];
  t.true((dimmed[1] ?? 0) > 200 && (dimmed[0] ?? 255) < 30, String(dimmed));
  // The same in four rows, low addresses at the bottom: the green block is above, for one event.
  const rows = paint([1, 2], 4);
  t.deepEqual(
    rows.slice(0, 4).map((it) => it[1] === 255),
    [false, true, false, false],
  );
  t.deepEqual(rows.slice(12, 15), [
    [255, 0, 0],
    [255, 0, 0],
    [255, 0, 0],
  ]);
});
