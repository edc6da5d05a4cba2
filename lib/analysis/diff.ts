import type { Bytes } from '../base/units.js';
import type { Trace } from '../trace/trace.js';
import { heapPeak, type Peak } from './heap-usage.js';
import { type HideOptions, hiddenFrames } from './hidden-frames.js';
import { NO_FIGURES, type PathFigures, type PathRow, pathTable } from './path-table.js';
import { compareText } from './places.js';
import { requireBlocks } from './requires-blocks.js';
import { type ShownFrame, shownStack } from './shown-stack.js';

/** One call path in two captures. */
export interface DiffRow {
  /** Function names, outermost first, joined by ` > `. */
  readonly path: string;
  readonly status: 'new' | 'vanished' | 'changed' | 'same';
  readonly before: PathFigures;
  readonly after: PathFigures;
  /** after - before. */
  readonly change: PathFigures;
  /** From the later trace where the path is there, innermost first. */
  readonly frames: readonly ShownFrame[];
}

/** The figures of a whole capture. */
export interface DiffTotals extends PathFigures {
  /** The heap's own simultaneous peak. */
  readonly peak: Peak;
}

/** Two captures compared by call path. */
export interface HeapDiff {
  readonly schema: 'heap-harvest/diff@1';
  /** The largest change of live bytes first, then of the peak, then of the total. */
  readonly rows: readonly DiffRow[];
  readonly before: DiffTotals;
  readonly after: DiffTotals;
  /** False when either capture is. */
  readonly complete: boolean;
}

/**
 * Two traces of the same workload, compared by call path: function names only, so that shifted lines do not drown it.
 *
 * @throws UsageError HH2130 for a log of heap levels
 */
export function heapDiff(before: Trace, after: Trace, options: HideOptions = {}): HeapDiff {
  for (const trace of [before, after]) requireBlocks(trace, 'diff');
  const old = pathTable(before, options);
  const now = pathTable(after, options);
  const [hiddenBefore, hiddenAfter] = [hiddenFrames(before, options), hiddenFrames(after, options)];
  const rows = [...new Set([...old.keys(), ...now.keys()])].map((path): DiffRow => {
    const [a, b] = [old.get(path), now.get(path)];
    const figures = { before: a?.figures ?? NO_FIGURES, after: b?.figures ?? NO_FIGURES };
    const change = minus(figures.after, figures.before);
    const same = Object.values(change).every((value) => value === 0);
    const status = a === undefined ? 'new' : b === undefined ? 'vanished' : same ? 'same' : 'changed';
    const frames = b ? shownStack(after, b.stack, hiddenAfter) : shownStack(before, a?.stack ?? -1, hiddenBefore);
    return { path, status, ...figures, change, frames };
  });
  rows.sort(
    (a, b) =>
      Math.abs(b.change.liveBytes) - Math.abs(a.change.liveBytes) ||
      Math.abs(b.change.peakBytes) - Math.abs(a.change.peakBytes) ||
      Math.abs(b.change.totalBytes) - Math.abs(a.change.totalBytes) ||
      compareText(a.path, b.path),
  );
  return {
    schema: 'heap-harvest/diff@1',
    rows,
    before: totals(before, old),
    after: totals(after, now),
    complete: before.info.complete && after.info.complete,
  };
}

function minus(a: PathFigures, b: PathFigures): PathFigures {
  return {
    liveCount: a.liveCount - b.liveCount,
    liveBytes: a.liveBytes - b.liveBytes,
    totalCount: a.totalCount - b.totalCount,
    totalBytes: a.totalBytes - b.totalBytes,
    peakBytes: a.peakBytes - b.peakBytes,
  };
}

function totals(trace: Trace, table: Map<string, PathRow>): DiffTotals {
  const sum = { ...NO_FIGURES };
  const add = sum as { -readonly [K in keyof PathFigures]: PathFigures[K] };
  for (const { figures } of table.values()) {
    add.liveCount += figures.liveCount;
    add.liveBytes += figures.liveBytes;
    add.totalCount += figures.totalCount;
    add.totalBytes += figures.totalBytes;
    add.peakBytes += figures.peakBytes;
  }
  return { ...sum, peak: heapPeak(trace) };
}

/** Limits on what a change may cost; absent ones are not checked. */
export interface DiffLimits {
  readonly liveGrowthBytes?: Bytes;
  readonly peakGrowthBytes?: Bytes;
  /** Of live bytes and of the peak, in percent of before. */
  readonly growthPercent?: number;
  /** No call path may appear that was not there. */
  readonly noNewPaths?: boolean;
}

/** One line for each limit that the difference breaks; empty when it keeps them all. */
export function diffViolations(diff: HeapDiff, limits: DiffLimits): string[] {
  const lines: string[] = [];
  const figures = [
    { name: 'live bytes', before: diff.before.liveBytes, after: diff.after.liveBytes, limit: limits.liveGrowthBytes },
    { name: 'peak bytes', before: diff.before.peak.bytes, after: diff.after.peak.bytes, limit: limits.peakGrowthBytes },
  ];
  for (const { name, before, after, limit } of figures) {
    const growth = after - before;
    if (limit !== undefined && growth > limit) {
      lines.push(`${name}: ${before} -> ${after}, ${growth} more, limit ${limit}`);
    }
    const percent = before === 0 ? (after > 0 ? Number.POSITIVE_INFINITY : 0) : (growth / before) * 100;
    if (limits.growthPercent !== undefined && percent > limits.growthPercent) {
      lines.push(`${name}: ${before} -> ${after}, ${percent.toFixed(1)}% more, limit ${limits.growthPercent}%`);
    }
  }
  if (limits.noNewPaths) {
    for (const row of diff.rows) if (row.status === 'new') lines.push(`new call path: ${row.path}`);
  }
  return lines;
}
