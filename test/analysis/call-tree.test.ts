import test from 'ava';
import fc from 'fast-check';
import { type CallNode, callTree } from '../../lib/analysis/call-tree.js';
import { callTreeNodes } from '../../lib/analysis/tree-nodes.js';
import { callTreeText } from '../../lib/report/call-tree-text.js';
import { lifespans } from '../../lib/trace/lifespans.js';
import { heapTrace } from '../support/heap-trace.js';
import { microbitOutput, microbitTrace } from '../support/microbit-trace.js';
import { traceFromText } from '../support/trace-from-text.js';

const TWO_PATHS = `
  alloc 0x1000 32 main@m.c:10 > load@l.c:5 > m_malloc@../../py/malloc.c:86 > gc_alloc@../py/gc.c:9
  alloc 0x1020 16 main@m.c:10 > load@l.c:7 > gc_alloc@py/gc.c:9
  alloc 0x1030 64 main@m.c:9
  free 0x1020 main@m.c:12
  alloc 0x1020 16 main@m.c:12 > load@l.c:7
  free 0x1020 main@m.c:13
  alloc 0x1070 8
`;

test('sums each node over its subtree and counts what the allocator itself calls as its caller', (t) => {
  const tree = callTree(traceFromText(TWO_PATHS, { unitBytes: 16 }));
  // By hand: alive at the end are 32 + 64 + 8 bytes = 2 + 4 + 1 blocks.
  t.is(
    callTreeText(tree),
    ['m.c:10 main 2 blocks', '  l.c:5 load 2 blocks', 'm.c:9 main 4 blocks', '7 total blocks', ''].join('\n'),
  );
  t.deepEqual(tree.root.total, { count: 5, units: 9, bytes: 136 });
  // Event 5 frees what event 4 allocated; between 1 and 3, by contrast, there is the allocation at 2.
  t.deepEqual(tree.root.temporary, { count: 1, units: 1, bytes: 16 });
  t.is(tree.peakSeq, 2);
  t.deepEqual(tree.root.peak, { count: 3, units: 7, bytes: 112 });
});

test('counts what is alive at a chosen event', (t) => {
  const tree = callTree(traceFromText(TWO_PATHS, { unitBytes: 16 }), { atSeq: 4 });
  t.is(
    callTreeText(tree, { figure: 'at', unit: 'bytes' }),
    'm.c:10 main 32 bytes\n  l.c:5 load 32 bytes\nm.c:12 main 16 bytes\n  l.c:7 load 16 bytes\nm.c:9 main 64 bytes\n112 total bytes\n',
  );
});

test('inverted, the first level are the sources of the allocations', (t) => {
  const tree = callTree(traceFromText(TWO_PATHS, { unitBytes: 16 }), { invert: true });
  t.is(
    callTreeText(tree, { figure: 'total', unit: 'bytes' }),
    'l.c:5 load 32 bytes\n  m.c:10 main 32 bytes\nl.c:7 load 32 bytes\n  m.c:10 main 16 bytes\n  m.c:12 main 16 bytes\nm.c:9 main 64 bytes\n136 total bytes\n',
  );
});

test('hides frames by a prefix of their function or file, and shows the allocator on request', (t) => {
  const trace = traceFromText(TWO_PATHS, { unitBytes: 16 });
  t.is(callTreeText(callTree(trace, { hide: ['lo'] })), 'm.c:10 main 2 blocks\nm.c:9 main 4 blocks\n7 total blocks\n');
  t.true(callTreeText(callTree(trace, { showAllocator: true })).includes('      ../py/gc.c:9 gc_alloc 2 blocks'));
});

test('limits depth and share', (t) => {
  const tree = callTree(traceFromText(TWO_PATHS, { unitBytes: 16 }));
  t.is(callTreeText(tree, { maxDepth: 1 }), 'm.c:10 main 2 blocks\nm.c:9 main 4 blocks\n7 total blocks\n');
  t.is(callTreeText(tree, { minPercent: 50 }), 'm.c:9 main 4 blocks\n7 total blocks\n');
});

test('gives the lines that CircuitPython printed for a real capture, its allocator frames included', (t) => {
  const expected = microbitOutput()
    .filter((line) => / blocks$/.test(line))
    // The original indents by 1, 2, 4, 6 spaces; ours by 0, 2, 4, 6.
    .map((line) => line.replace(/^ (?=\S)/, ''));
  const tree = callTree(microbitTrace(), { showAllocator: true });
  t.deepEqual(callTreeText(tree).trimEnd().split('\n'), expected);
  t.is(expected.at(-1), '204 total blocks');
});

test('prunes the allocator of the real capture without losing a block', (t) => {
  const text = callTreeText(callTree(microbitTrace()));
  t.true(text.endsWith('\n204 total blocks\n'));
  t.notRegex(text, /py\/(gc|malloc)\.c/);
  t.true(text.startsWith('main.c:51 main 5 blocks\n  ../../py/runtime.c:114 mp_init 2 blocks\n'));
});

test('gives tree-model nodes', (t) => {
  const root = callTreeNodes(callTree(traceFromText(TWO_PATHS, { unitBytes: 16 })));
  const load = root.first((node) => node.model.location === 'l.c:5');
  t.is(load?.model.live.bytes, 32);
  t.deepEqual(
    load?.getPath().map((node) => node.model.location),
    ['', 'm.c:10', 'l.c:5'],
  );
});

test('escapes names that would act on the terminal', (t) => {
  const trace = traceFromText('alloc 0x1000 16 \u001b[31mevil@\u202ef.c:1', { unitBytes: 16 });
  t.is(callTreeText(callTree(trace)), '\\u202ef.c:1 \\x1b[31mevil 1 blocks\n1 total blocks\n');
});

test('cuts paths deeper than a thousand calls and says so', (t) => {
  const path = Array.from({ length: 1500 }, (_, depth) => `f${depth}@f.c:${depth + 1}`).join(' > ');
  const tree = callTree(traceFromText(`alloc 0x1000 16 ${path}`));
  t.deepEqual(tree.assumptions, ['call paths deeper than 1000 are cut there']);
  let depth = 0;
  for (let node: CallNode | undefined = tree.root.children[0]; node; node = node.children[0]) depth++;
  t.is(depth, 1000);
});

test('a node is the sum of its children and its own, and the root is the heap, for any trace', (t) => {
  fc.assert(
    fc.property(heapTrace(), (trace) => {
      const tree = callTree(trace);
      const spans = lifespans(trace);
      let live = 0;
      for (let i = 0; i < spans.count; i++) if (spans.endCause[i] === 0) live += spans.sizeBytes[i] ?? 0;
      t.is(tree.root.live.bytes, live);
      t.is(tree.root.total.count, spans.count);
      const visit = (node: CallNode) => {
        const below = node.children.reduce((sum, child) => sum + child.live.bytes, 0);
        t.true(below <= node.live.bytes);
        node.children.forEach(visit);
      };
      visit(tree.root);
    }),
    { numRuns: 200 },
  );
});
