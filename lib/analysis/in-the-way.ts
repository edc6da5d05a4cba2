import type { Bytes } from '../base/units.js';
import { lifespans } from '../trace/lifespans.js';
import { SpanBlocks } from '../trace/span-blocks.js';
import type { Trace } from '../trace/trace.js';
import { fragmentationOf, type HeapMap, type RegionMap } from './heap-map.js';
import { type HideOptions, hiddenFrames } from './hidden-frames.js';
import { compareText, NO_PLACE, type Place } from './places.js';
import { type StackSources, stackSources } from './source-table.js';
import { gapsBeside } from './walls.js';

/** A source, how many of its blocks part free space, and how many free bytes lie beside them. */
export interface InTheWay extends Place {
  readonly count: number;
  readonly walledInBytes: Bytes;
}

/** What one memory of the heap is like, and the source whose blocks part its free space most. */
export interface RegionVerdict {
  readonly name: string;
  readonly freeBytes: Bytes;
  readonly largestFreeBytes: Bytes;
  /** Pieces that the free memory lies in. */
  readonly gapCount: number;
  readonly fragmentation: number;
  /** False where the region is taken from what was traced: the memory may be larger, and more be free. */
  readonly boundsKnown: boolean;
  /** Undefined when nothing parts the free space. */
  readonly inTheWay?: InTheWay;
}

/** One verdict a region, in the order of the map. */
export function regionVerdicts(trace: Trace, map: HeapMap, options: HideOptions = {}): RegionVerdict[] {
  return verdictsBy(trace, map, stackSources(trace, hiddenFrames(trace, options)));
}

/** The same by sources that are known already. */
export function verdictsBy(trace: Trace, map: HeapMap, sources: StackSources): RegionVerdict[] {
  const { startSeq } = lifespans(trace);
  const blocks = new SpanBlocks(trace, lifespans(trace));
  return map.regions.map((region) => {
    const { freeBytes, largestFreeBytes, gaps } = region;
    const inTheWay = worstSource(region, sources, { startSeq, blocks });
    return {
      name: region.region.name,
      freeBytes,
      largestFreeBytes,
      gapCount: gaps.length,
      fragmentation: fragmentationOf(freeBytes, largestFreeBytes),
      boundsKnown: map.boundsKnown,
      ...(inTheWay ? { inTheWay } : {}),
    };
  });
}

/**
 * The source with the most free bytes beside its blocks, of the blocks that part free space: those at the edges of a row of
 * neighbours that has free memory before and behind it.
 */
function worstSource(
  region: RegionMap,
  sources: StackSources,
  { startSeq, blocks }: { readonly startSeq: Int32Array; readonly blocks: SpanBlocks },
): InTheWay | undefined {
  const count = new Int32Array(sources.list.length);
  const walledIn = new Float64Array(sources.list.length);
  const seen: number[] = [];
  const credit = (index: number, bytes: Bytes) => {
    const source = sources.sourceOf(startSeq[region.blocks[index] ?? 0] ?? 0);
    if (count[source] === 0) seen.push(source);
    count[source] = (count[source] as number) + 1;
    walledIn[source] = (walledIn[source] as number) + bytes;
  };
  const besideOf = gapsBeside(blocks, region);
  let rowBegin = -1;
  let before = 0;
  for (let index = 0; index < region.blocks.length; index++) {
    const { left, right } = besideOf(index);
    if (left > 0) {
      rowBegin = index;
      before = left;
    }
    if (right === 0 || rowBegin < 0) continue;
    if (rowBegin === index) credit(index, before + right);
    else {
      credit(rowBegin, before);
      credit(index, right);
    }
  }
  let worst: InTheWay | undefined;
  for (const source of seen) {
    const sum = { count: count[source] ?? 0, walledInBytes: walledIn[source] ?? 0 };
    if (worst && sum.walledInBytes < worst.walledInBytes) continue;
    const place = sources.list[source] ?? NO_PLACE;
    const isWorse = !worst || sum.walledInBytes > worst.walledInBytes;
    if (isWorse || compareText(place.location, worst?.location ?? '') < 0) worst = { ...place, ...sum };
  }
  return worst;
}
