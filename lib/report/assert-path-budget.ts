import type { HideOptions } from '../analysis/hidden-frames.js';
import { hiddenFrames } from '../analysis/hidden-frames.js';
import { PATH_SEPARATOR } from '../analysis/path-keys.js';
import { type PathFigures, type PathRow, pathTable } from '../analysis/path-table.js';
import { shownStack } from '../analysis/shown-stack.js';
import { formatCount } from '../base/units.js';
import { CheckFailedError } from '../errors/errors.js';
import type { Trace } from '../trace/trace.js';
import {
  type CaptureRequirement,
  type Checked,
  captureLine,
  checkedTrace,
  requireComplete,
} from './capture-requirement.js';
import { sanitize } from './sanitize.js';
import { callersText, frameText } from './stack-text.js';

/** Upper limits on what one call path allocates; what is absent is not limited. */
export type PathLimits = Partial<PathFigures>;

const TITLES: Readonly<Record<keyof PathFigures, readonly [title: string, unit: string]>> = {
  liveCount: ['alive at the end', ' blocks'],
  liveBytes: ['alive at the end', ' B'],
  totalCount: ['in all', ' allocations'],
  totalBytes: ['in all', ' B'],
  peakBytes: ["alive at the heap's peak", ' B'],
};

/**
 * Passes when what is allocated through each call path stays within its limits. A path is function names, outermost first, joined by
 * ` > `: `repl_exec > net_reconnect`. It covers every backtrace that has these functions one right after the other, with whatever
 * stands before and behind. A path that allocates nothing has 0 of everything.
 *
 * @throws CheckFailedError HH2010 with the excess and the source line that takes the most; HH2004 on an incomplete capture
 * @example assertPathBudget(capture, { 'main > boot': { liveBytes: 4096 }, 'SysTick_Handler': { totalCount: 0 } });
 */
export function assertPathBudget(
  checked: Checked,
  budget: Readonly<Record<string, PathLimits>>,
  options: HideOptions & CaptureRequirement = {},
): void {
  const trace = checkedTrace(checked);
  requireComplete(trace, options);
  const rows = [...pathTable(trace, options)].map(([path, row]) => ({ calls: path.split(PATH_SEPARATOR), row }));
  const hidden = hiddenFrames(trace, options);
  const lines = Object.entries(budget).flatMap(([path, limits]) => {
    const wanted = path.split('>').map((name) => name.trim());
    const through = rows.filter(({ calls }) => hasRun(calls, wanted)).map(({ row }) => row);
    return FIGURES.flatMap((figure) => excessLines(through, { trace, hidden, path, figure, limit: limits[figure] }));
  });
  if (lines.length === 0) return;
  throw new CheckFailedError('HH2010', ['path budget: exceeded', ...lines, captureLine(trace)].join('\n'));
}

const FIGURES = Object.keys(TITLES) as (keyof PathFigures)[];

interface Limit {
  readonly trace: Trace;
  readonly hidden: Uint8Array;
  readonly path: string;
  readonly figure: keyof PathFigures;
  readonly limit: number | undefined;
}

function excessLines(rows: readonly PathRow[], { trace, hidden, path, figure, limit }: Limit): string[] {
  if (limit === undefined) return [];
  const actual = rows.reduce((sum, { figures }) => sum + figures[figure], 0);
  if (actual <= limit) return [];
  const [first] = [...rows].sort((a, b) => b.figures[figure] - a.figures[figure]);
  const [title, unit] = TITLES[figure];
  const head = `  '${sanitize(path)}': ${formatCount(actual)}${unit} ${title}, limit ${formatCount(limit)} (${formatCount(actual - limit)} over)`;
  const frames = first ? shownStack(trace, first.stack, hidden) : [];
  const callers = callersText(frames);
  const most = `     most: ${formatCount(first?.figures[figure] ?? 0)}${unit}  ${frameText(frames[0])}`;
  return [head, most, ...(callers === '' ? [] : [`     ${callers}`])];
}

/** Whether `wanted` stands in `calls` without anything in between. */
function hasRun(calls: readonly string[], wanted: readonly string[]): boolean {
  return calls.some((_, at) => wanted.every((name, i) => calls[at + i] === name));
}
