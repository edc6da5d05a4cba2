import test from 'ava';
import fc from 'fast-check';
import { callTree } from '../../lib/analysis/call-tree.js';
import { heapLeaks } from '../../lib/analysis/leaks.js';
import { shownTrace } from '../../lib/analysis/shown-trace.js';
import { traceWindow } from '../../lib/analysis/trace-window.js';
import { lifespans } from '../../lib/trace/lifespans.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { graphOf } from '../support/object-graphs.js';
import { anyRecords } from '../support/random-trace.js';
import { traceFromText } from '../support/trace-from-text.js';

const names = (trace: Trace, seq: number) =>
  backtraceOf(trace, trace.events.stack[seq] ?? -1).map(({ functionName }) => functionName);

test('frames of the allocator are gone, and the outermost of them stands where nothing else was recorded', (t) => {
  const trace = traceFromText(`
    alloc 0x1000 64 main@m.c:1 > open@n.c:2 > malloc@s.c:3 > _malloc_r@s.c:4
    alloc 0x1100 16 malloc@s.c:3 > _malloc_r@s.c:4
    alloc 0x1200 16 main@m.c:1 > malloc@s.c:3 > hook@h.c:9
    alloc 0x1300 16
  `);
  const shown = shownTrace(trace);
  t.deepEqual(
    [0, 1, 2, 3].map((seq) => names(shown, seq)),
    [['open', 'main'], ['malloc'], ['main'], []],
  );
  t.deepEqual(names(shownTrace(trace, { showAllocator: true }), 0), ['_malloc_r', 'malloc', 'open', 'main']);
  t.deepEqual(names(shownTrace(trace, { hide: ['open'] }), 0), ['main']);
  t.is(shown.frames.count, 3, 'frames that no stack has are not handed on');
});

test('a wrapper that is looked through is said in a note', (t) => {
  const callers = [1, 2, 3, 4, 5].map((n) => `alloc 0x${n}000 64 main@m.c:1 > user${n}@u.c:${n} > my_alloc@w.c:1`);
  const shown = shownTrace(traceFromText(callers.join('\n')));
  t.deepEqual(names(shown, 0), ['user1', 'main']);
  t.regex(shown.notes.map(({ text }) => text).join(), /100 % of the bytes pass through my_alloc/);
  t.deepEqual(names(shownTrace(traceFromText(callers.join('\n')), { lookThrough: false }), 0)[0], 'my_alloc');
});

test('whatever the trace, the tree of what is shown is the tree of the trace', (t) => {
  fc.assert(
    fc.property(anyRecords, (records) => {
      const builder = new TraceBuilder();
      for (const record of records) builder.add(record);
      const trace = builder.build();
      const shown = shownTrace(trace, { hide: ['eval'] });
      const all = { showAllocator: true, lookThrough: false };
      t.deepEqual(callTree(shown, all).root, callTree(trace, { hide: ['eval'] }).root);
      t.deepEqual([...lifespans(shown).endSeq], [...lifespans(trace).endSeq]);
    }),
    { numRuns: 150 },
  );
});

const CYCLES = traceFromText(`
  alloc 0x1000 64 main@m.c:1
  mark before
  alloc 0x1100 128 main@m.c:2
  free 0x1000 main@m.c:3
  realloc 0x1100 -> 0x1200 256 main@m.c:4
  gap lost 2 overflow
  alloc 0x1300 32 main@m.c:5
  mark after
  free 0x1300 main@m.c:6
`);

test('a window between marks holds what was allocated in it, as the leaks of that window do', (t) => {
  const window = traceWindow(CYCLES, { from: 'before', to: 'after' });
  const leaks = heapLeaks(CYCLES, { from: 'before', to: 'after' });
  const { root } = callTree(window);
  t.is(root.live.bytes, 256 + 32);
  t.is(
    root.live.bytes,
    leaks.sites.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  t.is(window.eventCount, 3, 'the free of a block from before is not among them');
  t.deepEqual(lifespans(window).findings, []);
  t.false(window.info.complete);
  t.regex(window.notes[0]?.text ?? '', /^events 1 to 4 of 6 only: blocks that were allocated before are left out$/);
});

test('a block from before that is resized in the window is allocated there', (t) => {
  const trace = traceFromText(
    'alloc 0x1000 8 a@m.c:1\nmark x\nrealloc 0x1000 -> 0x1000 24 b@m.c:2\nalloc 0x2000 1 c@m.c:3',
  );
  const window = traceWindow(trace, { from: 'x' });
  t.deepEqual([...window.events.kind], [0, 0]);
  t.is(callTree(window).root.live.bytes, 25);
  t.deepEqual(lifespans(window).findings, []);
});

test('at an event, alive is what the tree says is alive after it', (t) => {
  for (const atSeq of [0, 2, 3, 5]) {
    t.is(callTree(traceWindow(CYCLES, { atSeq })).root.live.bytes, callTree(CYCLES, { atSeq }).root.at.bytes);
  }
  t.is(traceWindow(CYCLES, { atSeq: 5 }), CYCLES);
  // Who held what was read at the end, and of all blocks.
  const known = { ...CYCLES, graphs: [graphOf(['a'], ['static x -> a'], { beforeSeq: 6 })] };
  for (const options of [{ atSeq: 3 }, { from: 'before' }]) t.deepEqual(traceWindow(known, options).graphs, []);
  t.is(traceWindow(known, {}).graphs.length, 1);
  t.throws(() => traceWindow(CYCLES, { atSeq: 6 }), { code: 'HH1970' });
  t.throws(() => traceWindow(CYCLES, { from: 'nope' }), { code: 'HH1181' });
  t.throws(() => traceWindow(traceFromText('alloc 1 1\nmark a\nmark b\nalloc 2 2'), { from: 'a', to: 'b' }), {
    code: 'HH1971',
  });
});
