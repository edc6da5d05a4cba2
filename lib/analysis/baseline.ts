import { UsageError } from '../errors/errors.js';
import type { Trace } from '../trace/trace.js';
import type { HideOptions } from './hidden-frames.js';
import { type PathFigures, pathTable } from './path-table.js';
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
  const table = pathTable(trace, { ...options, files: true });
  const entries = [...table].map(([path, row]) => [path, row.figures] as const);
  return {
    schema: 'heap-harvest/baseline@1',
    paths: Object.fromEntries(entries.sort((a, b) => compareText(a[0], b[0]))),
  };
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
    paths.set(path, {
      liveCount: number('liveCount'),
      liveBytes: number('liveBytes'),
      totalCount: number('totalCount'),
      totalBytes: number('totalBytes'),
      peakBytes: number('peakBytes'),
    });
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
  return [...pathTable(trace, { ...options, files: true })]
    .filter(([path]) => !Object.hasOwn(baseline.paths, path))
    .map(([path, row]) => ({ path, ...row }))
    .sort((a, b) => b.figures.totalBytes - a.figures.totalBytes || compareText(a.path, b.path));
}
