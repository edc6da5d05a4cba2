import test from 'ava';
import { callTree } from '../../lib/analysis/call-tree.js';
import { stackDoubtLines } from '../../lib/report/trust-text.js';
import { type Backtrace, CUT_FRAME } from '../../lib/trace/heap-event.js';
import { stackDoubts } from '../../lib/trace/stack-doubts.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { frameNamed } from '../support/frame-named.js';

const MAIN = frameNamed('main');

function traceOf(...backtraces: readonly Backtrace[]): Trace {
  const builder = new TraceBuilder();
  backtraces.forEach((backtrace, index) => {
    builder.add({ kind: 'alloc', address: 0x20000000 + index * 64, sizeBytes: 16, backtrace });
  });
  return builder.build();
}

test('whole and exact backtraces leave no doubt', (t) => {
  t.is(stackDoubts(traceOf([frameNamed('leaf'), MAIN], [MAIN])), undefined);
});

test('counts events that are cut, those without any caller, and where guessing began', (t) => {
  const guessed = { certainty: 'guessed' } as const;
  const trace = traceOf(
    [frameNamed('leaf'), MAIN],
    [frameNamed('leaf'), CUT_FRAME],
    [CUT_FRAME],
    [frameNamed('leaf'), frameNamed('by_hand', guessed), frameNamed('outer', guessed), MAIN],
    [frameNamed('other'), frameNamed('by_hand', guessed), CUT_FRAME],
  );
  t.deepEqual(stackDoubts(trace), {
    events: 5,
    cutEvents: 3,
    bareEvents: 1,
    guessedEvents: 2,
    guessedFrames: 2,
    guessedAt: [{ functionName: 'by_hand', events: 2 }],
  });
  t.deepEqual(stackDoubtLines(stackDoubts(trace)), [
    'backtraces: 3 of 5 do not reach the outermost call, 1 of them at the allocation itself: [...] stands for the rest',
    'backtraces: 2 of 5 are guessed in part (2 frames; no unwind information, or no call before the return address), from by_hand on outwards',
  ]);
});

test('a cut path hangs under [...] in the tree, beside main', (t) => {
  const tree = callTree(traceOf([frameNamed('leaf'), MAIN], [frameNamed('leaf'), CUT_FRAME]));
  t.deepEqual(
    tree.root.children.map(({ location, children }) => [location, children.map(({ location: under }) => under)]),
    [
      ['[...]', ['leaf.c:1']],
      ['main.c:1', ['leaf.c:1']],
    ],
  );
});

test('the mark is kept in the tables of a trace', (t) => {
  const trace = traceOf([frameNamed('leaf'), CUT_FRAME]);
  t.deepEqual(backtraceOf(trace, trace.events.stack[0] ?? -1).at(-1), CUT_FRAME);
});
