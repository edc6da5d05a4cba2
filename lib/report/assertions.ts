import { type Baseline, newPaths, parseBaseline } from '../analysis/baseline.js';
import { type BudgetOptions, budgetCheck } from '../analysis/budget-check.js';
import { type Budget, parseBudget } from '../analysis/budget-file.js';
import { gapTimeline } from '../analysis/gap-timeline.js';
import { heapPeak } from '../analysis/heap-usage.js';
import type { HideOptions } from '../analysis/hidden-frames.js';
import { hiddenFrames } from '../analysis/hidden-frames.js';
import { heapLeaks, type LeakOptions, type Leaks } from '../analysis/leaks.js';
import { shownStack } from '../analysis/shown-stack.js';
import { type Bytes, formatBytes, formatCount } from '../base/units.js';
import { CheckFailedError } from '../errors/errors.js';
import type { Trace } from '../trace/trace.js';
import { budgetLine } from './budget-text.js';
import {
  type CaptureRequirement,
  type Checked,
  captureLine,
  checkedTrace,
  isWithinLimit,
  requireComplete,
} from './capture-requirement.js';
import { leakSiteLines } from './leaks-text.js';
import { sanitize } from './sanitize.js';
import { callersText, frameText } from './stack-text.js';

/*
 * Assertions for test scripts: they work in any test framework, because all that a failure does is to throw an error whose
 * message says everything.
 */

/** Between which boundaries nothing may be left behind, and how much is let pass. */
export interface NoLeaksOptions extends LeakOptions, CaptureRequirement {
  /** What the message calls the checked part; default: its first and last mark. */
  readonly name?: string;
  /** Bytes that may be left behind; default 0. */
  readonly limitBytes?: Bytes;
  /** How often the checked part ran between two marks, to tell `exactly 1 per iteration`. */
  readonly iterations?: number;
}

/**
 * Passes when nothing that was allocated between two marks is still alive at the second. With three marks or more, what grew
 * once and then stayed (initialisation) does not count.
 *
 * @throws CheckFailedError HH2001 with the sites, their source lines and callers; HH2004 on an incomplete capture
 * @throws UsageError HH1181 for a mark that is not in the trace
 * @example assertNoLeaks(capture, { from: 'before', to: 'after', iterations: 20 });
 */
export function assertNoLeaks(checked: Checked, options: NoLeaksOptions = {}): void {
  const trace = checkedTrace(checked);
  requireComplete(trace, options);
  const leaks = heapLeaks(trace, options);
  const limit = options.limitBytes ?? 0;
  if (isWithinLimit({ count: leaks.suspectCount, bytes: leaks.suspectBytes }, limit)) return;
  const names = leaks.boundaries.map((boundary) => boundary.name);
  const name = options.name ?? `${names[0]} -> ${names.at(-1)}`;
  const head = `leak: '${sanitize(name)}' left ${formatBytes(leaks.suspectBytes)} in ${formatCount(leaks.suspectCount)} blocks`;
  const counted = leaks.sites.filter((site) => site.verdict !== 'one-time' && site.verdict !== 'steady');
  const lines = [
    `${head} (limit ${formatBytes(limit)})`,
    ...counted.slice(0, 10).flatMap((site) => leakSiteLines(site, options.iterations)),
    ...(counted.length > 10 ? [`  and ${formatCount(counted.length - 10)} more sources`] : []),
    ...heapLines(trace, leaks),
    captureLine(trace),
  ];
  throw new CheckFailedError('HH2001', lines.join('\n'));
}

/**
 * Passes when every limit of a budget (the text of a heap.budget.toml, or a parsed one) holds.
 *
 * @throws CheckFailedError HH2002 with one line a broken limit; HH2004 on an incomplete capture
 * @throws UsageError HH1186 when the text is no budget
 */
export function assertBudget(checked: Checked, budget: Budget | string, options: BudgetOptions = {}): void {
  const trace = checkedTrace(checked);
  requireComplete(trace, options);
  const check = budgetCheck(trace, typeof budget === 'string' ? parseBudget(budget) : budget, options);
  const failed = check.results.filter((result) => !result.passed);
  if (failed.length === 0) return;
  const head = `budget: ${sanitize(check.subject)}: ${formatCount(failed.length)} of ${formatCount(check.results.length)} limits broken`;
  throw new CheckFailedError(
    'HH2002',
    [head, ...failed.map((it) => `  ${budgetLine(it)}`), captureLine(trace)].join('\n'),
  );
}

/**
 * Passes when everything that allocates did so in the baseline as well (the text that `harvest check --write-baseline FILE` wrote,
 * or a parsed one).
 *
 * @throws CheckFailedError HH2003 with the new call paths; HH2004 on an incomplete capture
 * @throws UsageError HH1185 when the text is no baseline
 * @example assertNoNewPaths(capture, await readFile('heap.baseline.json', 'utf8'));
 */
export function assertNoNewPaths(
  checked: Checked,
  baseline: Baseline | string,
  options: HideOptions & CaptureRequirement = {},
): void {
  const trace = checkedTrace(checked);
  requireComplete(trace, options);
  const found = newPaths(trace, typeof baseline === 'string' ? parseBaseline(baseline) : baseline, options);
  if (found.length === 0) return;
  const hidden = hiddenFrames(trace, options);
  const lines = found.slice(0, 10).flatMap(({ figures, stack }) => {
    const frames = shownStack(trace, stack, hidden);
    const head = `  ${formatCount(figures.totalCount)} allocations, ${formatBytes(figures.totalBytes)}  ${frameText(frames[0])}`;
    const callers = callersText(frames);
    return callers === '' ? [head] : [head, `     ${callers}`];
  });
  if (found.length > 10) lines.push(`  and ${formatCount(found.length - 10)} more`);
  const head = `baseline: ${formatCount(found.length)} call paths allocate that are not in it`;
  throw new CheckFailedError('HH2003', [head, ...lines, captureLine(trace)].join('\n'), {
    remedy: 'if they are meant, write a new baseline: `harvest check TRACE --write-baseline FILE`',
  });
}

function heapLines(trace: Trace, leaks: Leaks): string[] {
  const live = `live ${formatBytes(leaks.liveBytes[0] ?? 0)} -> ${formatBytes(leaks.liveBytes.at(-1) ?? 0)}`;
  const parts = [`peak ${formatBytes(heapPeak(trace).bytes)}`, live];
  const line = trace.info.hasAddresses ? gapTimeline(trace, 1) : undefined;
  const end = (leaks.boundaries.at(-1)?.beforeSeq ?? 0) - 1;
  const largest = line?.largestFreeBytes[end];
  if (largest !== undefined) parts.push(`largest hole ${formatBytes(largest)}`);
  return [`  heap: ${parts.join(', ')}`];
}
