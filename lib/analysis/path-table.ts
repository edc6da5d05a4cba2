import type { Bytes, StackId } from '../base/units.js';
import { EndCause, lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { heapPeak, isAliveAt } from './heap-usage.js';
import { type HideOptions, hiddenFrames } from './hidden-frames.js';
import { PathKeys } from './path-keys.js';

/** What one call path allocated. */
export interface PathFigures {
  readonly liveCount: number;
  readonly liveBytes: Bytes;
  readonly totalCount: number;
  readonly totalBytes: Bytes;
  /** Alive at the heap's peak. */
  readonly peakBytes: Bytes;
}

export interface PathRow {
  readonly figures: PathFigures;
  /** One of the stacks with this path: the first that allocated. */
  readonly stack: StackId;
}

export const NO_FIGURES: PathFigures = { liveCount: 0, liveBytes: 0, totalCount: 0, totalBytes: 0, peakBytes: 0 };

/** Figures by call path (see {@link PathKeys}), in order of first allocation. */
export function pathTable(
  trace: Trace,
  options: HideOptions & { readonly files?: boolean } = {},
): Map<string, PathRow> {
  const spans = lifespans(trace);
  const peakSeq = heapPeak(trace, spans).seq;
  const keys = new PathKeys(trace, hiddenFrames(trace, options), { files: options.files ?? false });
  const byStack = new Map<StackId, Mutable>();
  for (let span = 0; span < spans.count; span++) {
    const stack = trace.events.stack[spans.startSeq[span] ?? 0] ?? -1;
    let sum = byStack.get(stack);
    if (!sum) {
      sum = { ...NO_FIGURES };
      byStack.set(stack, sum);
    }
    const sizeBytes = spans.sizeBytes[span] ?? 0;
    sum.totalCount++;
    sum.totalBytes += sizeBytes;
    if (isAliveAt(spans, span, peakSeq)) sum.peakBytes += sizeBytes;
    if (spans.endCause[span] !== EndCause.alive) continue;
    sum.liveCount++;
    sum.liveBytes += sizeBytes;
  }
  const table = new Map<string, PathRow>();
  for (const [stack, sum] of byStack) {
    const key = keys.of(stack);
    const row = table.get(key);
    table.set(key, row ? { stack: row.stack, figures: addedFigures(row.figures, sum) } : { stack, figures: sum });
  }
  return table;
}

type Mutable = { -readonly [K in keyof PathFigures]: PathFigures[K] };

/** The sum of two paths' figures. */
export function addedFigures(a: PathFigures, b: PathFigures): PathFigures {
  return {
    liveCount: a.liveCount + b.liveCount,
    liveBytes: a.liveBytes + b.liveBytes,
    totalCount: a.totalCount + b.totalCount,
    totalBytes: a.totalBytes + b.totalBytes,
    peakBytes: a.peakBytes + b.peakBytes,
  };
}
