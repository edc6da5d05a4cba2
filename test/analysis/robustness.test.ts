import test from 'ava';
import fc from 'fast-check';
import { baselineOf } from '../../lib/analysis/baseline.js';
import { budgetCheck } from '../../lib/analysis/budget-check.js';
import { parseBudget } from '../../lib/analysis/budget-file.js';
import { callTree } from '../../lib/analysis/call-tree.js';
import { heapDiff } from '../../lib/analysis/diff.js';
import { fragmentation } from '../../lib/analysis/fragmentation.js';
import { heapStats } from '../../lib/analysis/heap-stats.js';
import { heapLeaks } from '../../lib/analysis/leaks.js';
import { poolPlan } from '../../lib/analysis/pools/pool-plan.js';
import { budgetJunit } from '../../lib/report/budget-junit.js';
import { budgetText } from '../../lib/report/budget-text.js';
import { callTreeText } from '../../lib/report/call-tree-text.js';
import { diffMarkdown, diffText } from '../../lib/report/diff-text.js';
import { fragmentationText } from '../../lib/report/fragmentation-text.js';
import { heapStatsText } from '../../lib/report/heap-stats-text.js';
import { leaksText } from '../../lib/report/leaks-text.js';
import { poolsText } from '../../lib/report/pools-text.js';
import { traceOf } from '../../lib/trace/collect-trace.js';
import type { Trace } from '../../lib/trace/trace.js';
import { anyRecords } from '../support/random-trace.js';
import { traceFromText } from '../support/trace-from-text.js';

const BUDGET = parseBudget(`
  schema = 1
  heap = { peak = 100, live = 1, blocks = 2, count = 3, failures = 0, largest_free = "1K" }
  function = [{ name = "main", peak = 10 }]
  source = [{ name = "main.c", live = 10 }]
  phase = [{ name = "work", growth = 10, largest_free = 1 }]
`);

/** Everything that can be asked of a trace, as text and as JSON. */
function allReports(trace: Trace): string[] {
  const results = [
    callTree(trace, { atSeq: 3 }),
    heapStats(trace, { heapBytes: 64 }),
    heapLeaks(trace),
    poolPlan(trace, { pools: 3, heapBytes: 5000, fill: true }),
    budgetCheck(trace, BUDGET),
    heapDiff(trace, traceFromText('alloc 0x10 8 main@m.c:1')),
    baselineOf(trace),
  ] as const;
  const [tree, stats, leaks, pools, check, diff] = results;
  const texts = [
    ...[callTreeText(tree), heapStatsText(stats), leaksText(leaks), poolsText(pools), budgetText(check)],
    ...[diffText(diff), diffMarkdown(diff), budgetJunit(check)],
  ];
  if (trace.info.hasAddresses) texts.push(fragmentationText(fragmentation(trace)));
  return [...texts, ...results.map((result) => JSON.stringify(result))];
}

for (const hasAddresses of [true, false]) {
  test(`no sequence of records makes an analysis fail, and no figure is NaN (addresses: ${hasAddresses})`, (t) => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        for (const text of allReports(traceOf(records, { hasAddresses }))) t.notRegex(text, /\bNaN\b|undefined/);
      }),
      { numRuns: 200 },
    );
  });
}

test('what cannot be true is counted and placed in every report', (t) => {
  const trace = traceFromText(`
    free 0x10
    alloc 0x100 32
    alloc 0x108 8
    free 0x108
    free 0x108
    alloc 0x200 0
    gap lost 7 overflow
  `);
  for (const text of [
    heapStatsText(heapStats(trace)),
    leaksText(heapLeaks(trace)),
    fragmentationText(fragmentation(trace)),
  ]) {
    t.regex(text, /finding: 1 frees of blocks that were never allocated \(event 0\)/);
    t.regex(text, /finding: 1 frees of blocks that were free already \(event 4\)/);
    t.regex(text, /finding: 1 allocations that lie over a live block \(event 2\)/);
    t.regex(text, /finding: 1 allocations of 0 bytes \(event 5\)/);
    t.regex(text, /the capture is incomplete/);
  }
  t.regex(heapStatsText(heapStats(trace)), /gap: 7 events lost before event 6: overflow/);
});
