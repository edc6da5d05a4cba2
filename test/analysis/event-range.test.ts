import test from 'ava';
import { callTree } from '../../lib/analysis/call-tree.js';
import { heapLeaks } from '../../lib/analysis/leaks.js';
import { traceWindow } from '../../lib/analysis/trace-window.js';
import { traceFromText } from '../support/trace-from-text.js';

/** Before the range: old, alive throughout, and gone, freed in it. In it: kept, short. After it: late. */
const TRACE = `
  region heap 0x1000 4096 16
  alloc 0x1000 16 old@a.c:1
  alloc 0x1010 32 gone@a.c:2
  alloc 0x1030 64 kept@a.c:3
  alloc 0x1070 128 short@a.c:4
  free 0x1070
  free 0x1010
  alloc 0x1100 256 late@a.c:5
  free 0x1030`;
const RANGE = { afterSeq: 1, throughSeq: 5 };

test('a range holds what was born in it, and what of that is alive at its end', (t) => {
  const { root } = callTree(traceWindow(traceFromText(TRACE), { range: RANGE }));
  t.is(root.total.bytes, 64 + 128);
  t.is(root.live.bytes, 64, 'it is freed later, but alive at the end of the range');
  t.is(root.temporary.bytes, 128);
  t.deepEqual(
    root.children.map(({ functionName }) => functionName),
    ['kept', 'short'],
  );
});

test('a range from before the first event on holds that event', (t) => {
  const { root } = callTree(traceWindow(traceFromText(TRACE), { range: { afterSeq: -1, throughSeq: 1 } }));
  t.is(root.total.bytes, 16 + 32);
});

test('leaks of a range compare its two moments', (t) => {
  const leaks = heapLeaks(traceFromText(TRACE), { range: RANGE });
  t.deepEqual(
    leaks.boundaries.map(({ name, beforeSeq }) => [name, beforeSeq]),
    [
      ['A', 2],
      ['B', 6],
    ],
  );
  t.deepEqual(leaks.liveBytes, [48, 80]);
  t.deepEqual(
    leaks.sites.map(({ functionName, bytes }) => [functionName, bytes]),
    [['kept', 64]],
  );
});
