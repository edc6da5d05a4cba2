import type { Bytes } from '../base/units.js';
import { lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import type { HeapMap } from './heap-map.js';
import { type HideOptions, hiddenFrames } from './hidden-frames.js';
import { compareText, NO_PLACE, type Place } from './places.js';
import { type StackSources, stackSources } from './source-table.js';

/** What one source holds at one event. */
export interface Holder extends Place {
  readonly count: number;
  readonly bytes: Bytes;
}

/** Who holds the live blocks of a heap map, the most bytes first; at most `limit`. */
export function holdersOf(
  trace: Trace,
  map: HeapMap,
  options: HideOptions & { readonly limit?: number } = {},
): Holder[] {
  return holdersBy(trace, map, {
    sources: stackSources(trace, hiddenFrames(trace, options)),
    limit: options.limit ?? 10,
  });
}

/** The same by sources that are known already. */
export function holdersBy(
  trace: Trace,
  map: HeapMap,
  { sources, limit }: { readonly sources: StackSources; readonly limit: number },
): Holder[] {
  const spans = lifespans(trace);
  const { sourceOf, list } = sources;
  const sums = new Map<number, { count: number; bytes: number }>();
  for (const region of map.regions) {
    for (const span of region.blocks) {
      const start = spans.startSeq[span] ?? 0;
      const source = sourceOf(start);
      const sum = sums.get(source) ?? { count: 0, bytes: 0 };
      sum.count++;
      sum.bytes += trace.events.sizeBytes[start] ?? 0;
      sums.set(source, sum);
    }
  }
  return [...sums]
    .map(([source, sum]) => ({ ...(list[source] ?? NO_PLACE), ...sum }))
    .sort((a, b) => b.bytes - a.bytes || compareText(a.location, b.location))
    .slice(0, limit);
}
