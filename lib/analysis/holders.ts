import { firstSorted } from '../base/sorted.js';
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
  const { startSeq } = lifespans(trace);
  const { sourceOf, list } = sources;
  const count = new Int32Array(list.length);
  const bytes = new Float64Array(list.length);
  /** In the order of first sight. */
  const seen: number[] = [];
  for (const region of map.regions) {
    for (const span of region.blocks) {
      const start = startSeq[span] ?? 0;
      const source = sourceOf(start);
      if (count[source] === 0) seen.push(source);
      count[source] = (count[source] as number) + 1;
      bytes[source] = (bytes[source] as number) + (trace.events.sizeBytes[start] ?? 0);
    }
  }
  const place = (source: number) => list[source] ?? NO_PLACE;
  const most = (a: number, b: number) =>
    (bytes[b] as number) - (bytes[a] as number) || compareText(place(a).location, place(b).location);
  return firstSorted(seen, limit, most).map((source): Holder => {
    const { location, functionName, file, line } = place(source);
    return { location, functionName, file, line, count: count[source] ?? 0, bytes: bytes[source] ?? 0 };
  });
}
