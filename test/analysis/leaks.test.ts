import test from 'ava';
import fc from 'fast-check';
import { addMarks } from '../../lib/analysis/add-marks.js';
import { verdictOf } from '../../lib/analysis/leak-ranks.js';
import { heapLeaks } from '../../lib/analysis/leaks.js';
import { UsageError } from '../../lib/errors/errors.js';
import { leaksText } from '../../lib/report/leaks-text.js';
import { traceOf } from '../../lib/trace/collect-trace.js';
import { EXISTING_BACKTRACE, type TraceRecord } from '../../lib/trace/heap-event.js';
import { lifespans } from '../../lib/trace/lifespans.js';
import { heapTrace } from '../support/heap-trace.js';
import { traceFromText } from '../support/trace-from-text.js';

test('the vector of analysis.md: alive at the end are the blocks of events 1 and 5', (t) => {
  const leaks = heapLeaks(
    traceFromText(`
      alloc 0x1000 32 main@m.c:1
      alloc 0x1020 16 main@m.c:2
      alloc 0x1030 64 main@m.c:3
      free 0x1020
      alloc 0x1070 32 main@m.c:5
      free 0x1030
    `),
  );
  t.deepEqual(
    leaks.sites.map((site) => [site.location, site.verdict, site.count, site.bytes]),
    [
      ['m.c:1', 'left', 1, 32],
      ['m.c:5', 'left', 1, 32],
    ],
  );
  t.deepEqual(leaks.liveBytes, [0, 64]);
});

const THREE_CYCLES = `
  alloc 0x100 8 main@m.c:1
  mark cycle
  alloc 0x1000 64 main@m.c:9 > reconnect@l.c:77 > tls_new@t.c:118
  alloc 0x2000 100 main@m.c:9 > lazy@z.c:3
  alloc 0x3000 40 main@m.c:9 > swap@s.c:4
  mark cycle
  alloc 0x1040 64 main@m.c:9 > reconnect@l.c:77 > tls_new@t.c:118
  alloc 0x3040 40 main@m.c:9 > swap@s.c:4
  free 0x3000
  mark cycle
  alloc 0x1080 64 main@m.c:9 > reconnect@l.c:77 > tls_new@t.c:118
  alloc 0x4000 24 main@m.c:9 > odd@o.c:2
  mark cycle
  alloc 0x5000 4 main@m.c:10
`;

test('of an attached capture it says what was given back of before it, for which what is left may be new', (t) => {
  const [before, sessions] = [EXISTING_BACKTRACE, [{ address: 0, functionName: 'session', file: 's.c', line: 4 }]];
  const records: TraceRecord[] = [
    { kind: 'existing', address: 0x1000, sizeBytes: 96, backtrace: before },
    { kind: 'existing', address: 0x2000, sizeBytes: 40, backtrace: before },
    { kind: 'existing', address: 0x3000, sizeBytes: 8, backtrace: before },
    { kind: 'free', address: 0x1000, backtrace: sessions },
    { kind: 'alloc', address: 0x4000, sizeBytes: 96, backtrace: sessions },
    // Moved: the old one is gone, the new one is a source's.
    { kind: 'realloc', fromAddress: 0x2000, address: 0x5000, sizeBytes: 48, backtrace: sessions },
  ];
  const leaks = heapLeaks(traceOf(records, {}));
  t.deepEqual(leaks.freedFromBefore, { count: 2, bytes: 136 });
  t.deepEqual([leaks.suspectBytes, leaks.suspectCount], [144, 2]);
  t.regex(
    leaksText(leaks),
    /^From before: 136 B in 2 blocks of before the capture were given back: what is left behind/m,
  );
  const kept = heapLeaks(traceOf(records.slice(0, 3), {}));
  t.is(kept.freedFromBefore, undefined);
  t.notRegex(leaksText(kept), /From before/);
});

test('tells what grows in every cycle from what is allocated once', (t) => {
  const leaks = heapLeaks(traceFromText(THREE_CYCLES));
  t.deepEqual(
    leaks.sites.map((site) => [site.functionName, site.verdict, site.count, site.bytes, site.growthBytes]),
    [
      ['tls_new', 'grows', 3, 192, [64, 64, 64]],
      ['odd', 'irregular', 1, 24, [0, 0, 24]],
      ['lazy', 'one-time', 1, 100, [100, 0, 0]],
      ['swap', 'one-time', 1, 40, [40, 0, 0]],
    ],
  );
  t.deepEqual(leaks.sites[0]?.perInterval, { count: 1, bytes: 64 });
  t.deepEqual([leaks.suspectBytes, leaks.suspectCount], [216, 4]);
  t.deepEqual(leaks.liveBytes, [8, 212, 276, 364]);
  t.regex(
    leaksText(leaks),
    / {2}3 x 64 B {2}tls_new {2}t\.c:118 {3}exactly 1 per iteration\n {5}<- reconnect l\.c:77 <- main m\.c:9\n/,
  );
});

test('new blocks in the place of old ones are told apart from what grew', (t) => {
  // A soft reset: what the site had is given back and made anew, with one block more.
  const leaks = heapLeaks(
    traceFromText(`
      alloc 0x100 16 main@m.c:1 > node@n.c:5
      alloc 0x110 16 main@m.c:1 > node@n.c:5
      alloc 0x120 48 main@m.c:1 > table@t.c:2
      mark reset
      free 0x100
      free 0x110
      free 0x120
      alloc 0x200 16 main@m.c:1 > node@n.c:5
      alloc 0x210 16 main@m.c:1 > node@n.c:5
      alloc 0x220 16 main@m.c:1 > node@n.c:5
      alloc 0x230 48 main@m.c:1 > table@t.c:2
    `),
  );
  t.deepEqual(leaks.liveBytes, [80, 96]);
  t.deepEqual(
    leaks.sites.map((site) => [site.functionName, site.verdict, site.count, site.bytes, site.netCount, site.netBytes]),
    [
      ['node', 'left', 3, 48, 1, 16],
      ['table', 'steady', 1, 48, 0, 0],
    ],
  );
  t.deepEqual([leaks.suspectBytes, leaks.suspectCount], [16, 1]);
  t.deepEqual([leaks.replacedBytes, leaks.replacedCount], [32 + 48, 2 + 1]);
  const text = leaksText(leaks);
  t.regex(text, /Left behind: 16 B in 1 blocks\nNew for old: 80 B in 3 blocks/);
  t.regex(text, /3 x 16 B {2}node {2}n\.c:5 {3}net 16 B/);
});

test('counts only between the named marks', (t) => {
  const trace = traceFromText(`
    alloc 0x100 8 main@m.c:1
    mark before
    alloc 0x200 16 main@m.c:2
    alloc 0x300 32 main@m.c:3
    free 0x200
    mark after
    free 0x300
    alloc 0x400 64 main@m.c:4
  `);
  const leaks = heapLeaks(trace, { from: 'before', to: 'after' });
  t.deepEqual(
    leaks.sites.map((site) => [site.location, site.bytes]),
    [['m.c:3', 32]],
  );
  t.throws(() => heapLeaks(trace, { from: 'befor' }), { instanceOf: UsageError, code: 'HH1181' });
  t.throws(() => heapLeaks(trace, { from: 'after', to: 'before' }), { instanceOf: UsageError, code: 'HH1181' });
});

test('what a restart of the heap took away is lost, not leaked', (t) => {
  const leaks = heapLeaks(traceFromText('alloc 0x100 8 main@m.c:1\nepoch gc_init\nalloc 0x100 16 main@m.c:2'));
  t.deepEqual(
    leaks.sites.map((site) => site.bytes),
    [16],
  );
  t.is(leaks.lostAtEpochs, 1);
});

test('marks by event number and by function', (t) => {
  const trace = traceFromText(`
    alloc 0x100 8 main@m.c:1
    alloc 0x200 8 main@m.c:2 > body@b.c:1
    alloc 0x300 8 main@m.c:2 > body@b.c:2
    alloc 0x400 8 main@m.c:3
    alloc 0x500 8 main@m.c:2 > body@b.c:1
  `);
  t.deepEqual(addMarks(trace, ['x=2', 'loop=body']).marks, [
    { name: 'loop', beforeSeq: 1 },
    { name: 'x', beforeSeq: 2 },
    { name: 'loop', beforeSeq: 4 },
  ]);
  t.throws(() => addMarks(trace, ['x=99']), { code: 'HH1182' });
  t.throws(() => addMarks(trace, ['x=nobody']), { code: 'HH1182' });
});

test('verdicts on growth', (t) => {
  t.is(verdictOf([5]), 'left');
  t.is(verdictOf([5, 5]), 'grows');
  t.is(verdictOf([5, 0, 0]), 'one-time');
  t.is(verdictOf([0, 5, 0]), 'irregular');
  t.is(verdictOf([5, -5]), 'steady');
});

test('without marks the sites add up to the live heap, for any trace', (t) => {
  fc.assert(
    fc.property(heapTrace({ wild: true }), (trace) => {
      const leaks = heapLeaks(trace);
      const spans = lifespans(trace);
      let live = 0;
      for (let i = 0; i < spans.count; i++) if (spans.endCause[i] === 0) live += spans.sizeBytes[i] ?? 0;
      t.is(
        leaks.sites.reduce((sum, site) => sum + site.bytes, 0),
        live,
      );
      t.deepEqual(leaks.liveBytes, [0, live]);
    }),
    { numRuns: 100 },
  );
});

test('of all sites the first of each verdict can be asked for, with the sums of all', (t) => {
  const cuts = fc.array(fc.nat(120), { maxLength: 3 });
  fc.assert(
    fc.property(heapTrace({ wild: true }), cuts, fc.nat(3), (whole, at, top) => {
      const marks = at.filter((seq) => seq < whole.eventCount).sort((a, b) => a - b);
      const trace = { ...whole, marks: marks.map((beforeSeq) => ({ name: 'cycle', beforeSeq })) };
      const all = heapLeaks(trace);
      const some = heapLeaks(trace, { top });
      const firstOf = Object.keys(all.siteCounts).flatMap((verdict) => {
        const sites = all.sites.filter((site) => site.verdict === verdict);
        t.is(sites.length, all.siteCounts[verdict as keyof typeof all.siteCounts]);
        return sites.slice(0, top);
      });
      t.deepEqual(some, { ...all, sites: firstOf });
      t.is(leaksText(some, { top }), leaksText(all, { top }));
    }),
    { numRuns: 200 },
  );
});
