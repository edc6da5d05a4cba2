import test from 'ava';
import { baselineOf, baselineText, newPaths, parseBaseline } from '../../lib/analysis/baseline.js';
import { diffViolations, heapDiff } from '../../lib/analysis/diff.js';
import { normalisedFile } from '../../lib/analysis/path-keys.js';
import { UsageError } from '../../lib/errors/errors.js';
import { diffMarkdown, diffText } from '../../lib/report/diff-text.js';
import { traceFromText } from '../support/trace-from-text.js';

const BEFORE = traceFromText(`
  alloc 0x100 16 main@src/m.c:10 > init@src/i.c:5
  alloc 0x200 32 main@src/m.c:11 > load@src/l.c:7 > gc_alloc@py/gc.c:9
  alloc 0x300 64 main@src/m.c:12 > gone@src/g.c:1
`);
/** Every line moved by three, the clone suffix is new, `gone` went, `fresh` came, `load` takes more. */
const AFTER = traceFromText(`
  alloc 0x1100 16 main@src/m.c:13 > init.isra.0@src/i.c:8
  alloc 0x1200 48 main@src/m.c:14 > load@src/l.c:10 > gc_alloc@py/gc.c:9
  alloc 0x1300 8 main@src/m.c:15 > fresh@src/f.c:2
  free 0x1300
`);

test('matches call paths by function, whatever the lines and addresses', (t) => {
  const diff = heapDiff(BEFORE, AFTER);
  t.deepEqual(
    diff.rows.map((row) => [row.path, row.status, row.change.liveBytes, row.change.totalBytes]),
    [
      ['main > gone', 'vanished', -64, -64],
      ['main > load', 'changed', 16, 16],
      ['main > fresh', 'new', 0, 8],
      ['main > init', 'same', 0, 0],
    ],
  );
  t.deepEqual([diff.before.liveBytes, diff.after.liveBytes], [112, 64]);
  t.deepEqual([diff.before.peak.bytes, diff.after.peak.bytes], [112, 72]);
});

test('a trace does not differ from itself', (t) => {
  t.true(heapDiff(BEFORE, BEFORE).rows.every((row) => row.status === 'same'));
  t.regex(diffText(heapDiff(BEFORE, BEFORE)), /no call path differs/);
});

test('prints text, and Markdown whose cells no name can break', (t) => {
  t.regex(diffText(heapDiff(BEFORE, AFTER)), /\nvanished +-64 +-1 +-64 +-64 +-1 {2}gone {2}src\/g\.c:1 +main > gone\n/);
  const evil = traceFromText('alloc 0x100 8 a|b`c@f.c:1');
  t.true(diffMarkdown(heapDiff(BEFORE, evil)).includes("| new | +8 | +1 | +8 | +8 | +1 | `a\\|b'c` |"));
});

test('limits on growth and on new paths', (t) => {
  const diff = heapDiff(AFTER, BEFORE);
  t.deepEqual(diffViolations(diff, { liveGrowthBytes: 47 }), ['live bytes: 64 -> 112, 48 more, limit 47']);
  t.deepEqual(diffViolations(diff, { liveGrowthBytes: 48, peakGrowthBytes: 40 }), []);
  t.is(diffViolations(diff, { growthPercent: 60 }).length, 1);
  t.deepEqual(diffViolations(diff, { noNewPaths: true }), ['new call path: main > gone']);
});

test('a baseline survives a round trip and knows new paths; addresses and lines are not in it', (t) => {
  const text = baselineText(baselineOf(BEFORE));
  t.notRegex(text, /0x|:10|:5\b/);
  const baseline = parseBaseline(text);
  t.deepEqual(baseline, baselineOf(BEFORE));
  t.deepEqual(
    newPaths(AFTER, baseline).map(({ path }) => path),
    ['main@src/m.c > fresh@src/f.c'],
  );
});

test('normalised files are the same in every checkout', (t) => {
  for (const file of ['/home/x/fw/src/net/tls.c', '../../src/net/tls.c', 'C:\\fw\\net\\tls.c', 'net/./tls.c']) {
    t.is(normalisedFile(file), 'net/tls.c');
  }
});

for (const [title, text] of [
  ['not JSON', '{'],
  ['another schema', '{"schema":"x"}'],
  ['no paths', '{"schema":"heap-harvest/baseline@1"}'],
  ['a path without figures', '{"schema":"heap-harvest/baseline@1","paths":{"a":{"liveCount":1}}}'],
] as const) {
  test(`refuses a baseline with ${title}`, (t) => {
    t.throws(() => parseBaseline(text, 'b.json'), { instanceOf: UsageError, code: 'HH1185', message: /^b\.json: / });
  });
}

test('how deep a run recursed makes no new path, and a baseline that has a path for each depth is read', (t) => {
  const depth = (levels: number) => {
    const calls = Array.from({ length: levels }, () => 'eval@e.c:1 > apply@e.c:9').join(' > ');
    return traceFromText(
      `alloc 0x1000 16 main@m.c:1 > ${calls} > eval@e.c:1 > cons@c.c:2\nalloc 0x1010 8 main@m.c:1 > ${calls}`,
    );
  };
  const baseline = baselineOf(depth(1));
  t.deepEqual(Object.keys(baseline.paths), ['main@m.c > eval@e.c > apply@e.c', 'main@m.c > eval@e.c > cons@c.c']);
  t.deepEqual(newPaths(depth(7), baseline), []);
  t.is(newPaths(traceFromText('alloc 0x1 1 main@m.c:1 > other@e.c:1'), baseline).length, 1);
  const figures = { liveCount: 1, liveBytes: 16, totalCount: 1, totalBytes: 16, peakBytes: 16 };
  const paths = { 'main@m.c > eval@e.c > cons@c.c': figures, 'main@m.c > eval@e.c > eval@e.c > cons@c.c': figures };
  const old = parseBaseline(JSON.stringify({ schema: 'heap-harvest/baseline@1', paths }));
  t.deepEqual(old.paths, {
    'main@m.c > eval@e.c > cons@c.c': { liveCount: 2, liveBytes: 32, totalCount: 2, totalBytes: 32, peakBytes: 32 },
  });
});
