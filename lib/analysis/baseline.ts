import { UsageError } from '../errors/errors.js';
import type { Trace } from '../trace/trace.js';
import type { HideOptions } from './hidden-frames.js';
import { PATH_SEPARATOR } from './path-keys.js';
import { addedFigures, NO_FIGURES, type PathFigures, type PathRow, pathTable } from './path-table.js';
import { compareText } from './places.js';

/**
 * The call paths of an accepted run. Paths are function names with the last two components of their files (never addresses or
 * lines), so that the file stays the same across machines, checkouts and unrelated edits.
 */
export interface Baseline {
  readonly schema: 'heap-harvest/baseline@1';
  readonly paths: Readonly<Record<string, PathFigures>>;
}

/** The figures of each call path, to compare a later trace with. */
export function baselineOf(trace: Trace, options: HideOptions = {}): Baseline {
  const table = foldedPaths(trace, options);
  const entries = [...table].map(([path, row]) => [path, row.figures] as const);
  return {
    schema: 'heap-harvest/baseline@1',
    paths: Object.fromEntries(entries.sort((a, b) => compareText(a[0], b[0]))),
  };
}

/** The figures by path, recursion folded: how deep a run recursed is not what is compared. */
function foldedPaths(trace: Trace, options: HideOptions): Map<string, PathRow> {
  const folded = new Map<string, PathRow>();
  for (const [path, { stack, figures }] of pathTable(trace, { ...options, files: true })) {
    const key = foldedPath(path);
    const known = folded.get(key);
    folded.set(key, { stack: known?.stack ?? stack, figures: addedFigures(known?.figures ?? NO_FIGURES, figures) });
  }
  return folded;
}

/** `main > eval > apply > eval > cons` as `main > eval > cons`: a function that is called again is where the path goes on from. */
function foldedPath(path: string): string {
  const calls: string[] = [];
  for (const call of path.split(PATH_SEPARATOR)) {
    const before = calls.indexOf(call);
    if (before < 0) calls.push(call);
    else calls.length = before + 1;
  }
  return calls.join(PATH_SEPARATOR);
}

/** One path a line, sorted: changes show up well in a review. Ends with a newline. */
export function baselineText(baseline: Baseline): string {
  return `${JSON.stringify(baseline, undefined, 1)}\n`;
}

/** A baseline that was written as JSON. @throws UsageError HH1185 when the text is not a baseline */
export function parseBaseline(text: string, subject = 'baseline'): Baseline {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw baselineError(subject, 'not JSON', cause);
  }
  if (!isRecord(value) || value.schema !== 'heap-harvest/baseline@1') {
    throw baselineError(subject, `schema ${JSON.stringify(isRecord(value) ? value.schema : undefined)}`);
  }
  if (!isRecord(value.paths)) throw baselineError(subject, 'no paths');
  const paths = new Map<string, PathFigures>();
  for (const [path, figures] of Object.entries(value.paths)) {
    if (!isRecord(figures)) throw baselineError(subject, `path '${path}' without figures`);
    const number = (name: string) => {
      const it = figures[name];
      if (typeof it !== 'number' || !Number.isFinite(it)) throw baselineError(subject, `'${path}' without ${name}`);
      return it;
    };
    // One that was written before recursion was folded has a path for each depth.
    const folded = foldedPath(path);
    paths.set(
      folded,
      addedFigures(paths.get(folded) ?? NO_FIGURES, {
        liveCount: number('liveCount'),
        liveBytes: number('liveBytes'),
        totalCount: number('totalCount'),
        totalBytes: number('totalBytes'),
        peakBytes: number('peakBytes'),
      }),
    );
  }
  return { schema: 'heap-harvest/baseline@1', paths: Object.fromEntries(paths) };
}

function baselineError(subject: string, found: string, cause?: unknown): UsageError {
  return new UsageError('HH1185', `${subject}: found ${found}, expected a heap-harvest/baseline@1`, {
    remedy: 'write a new one: `harvest check TRACE --write-baseline FILE`',
    ...(cause === undefined ? {} : { cause }),
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The paths that allocate and are not in the baseline, the most bytes first. */
export function newPaths(trace: Trace, baseline: Baseline, options: HideOptions = {}) {
  return [...foldedPaths(trace, options)]
    .filter(([path]) => !Object.hasOwn(baseline.paths, path))
    .map(([path, row]) => ({ path, ...row }))
    .sort((a, b) => b.figures.totalBytes - a.figures.totalBytes || compareText(a.path, b.path));
}
