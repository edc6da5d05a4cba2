import { type HeapRegion, type RegionLevel, regionLevelAt } from '../../lib/public/browser.js';
import { freeAfter } from './free-bytes.js';
import { liveBits, regionState } from './live-blocks.js';
import type { LoadedTrace } from './loaded-trace.js';

export interface LevelOf extends RegionLevel {
  readonly region: HeapRegion;
}

/** Each region right after an event, from the curves where they are there, else from the live blocks; undefined without addresses. */
export function levelsAt(loaded: LoadedTrace, seq: number): readonly LevelOf[] | undefined {
  const { gaps, order, regions } = loaded;
  if (!order) return undefined;
  if (gaps && gaps.regions.length > 0) {
    return gaps.regions.map((timeline) => ({ region: timeline.region, ...regionLevelAt(timeline, seq) }));
  }
  const [only] = regions;
  if (gaps && only && regions.length === 1) {
    return [{ region: only, freeBytes: freeAfter(loaded, seq), largestFreeBytes: gaps.largestFreeBytes[seq] ?? 0 }];
  }
  const bits = liveBits(loaded, seq);
  if (!bits) return undefined;
  return regions.map((region) => {
    const { freeBytes, largestFreeBytes } = regionState(order, region, bits);
    return { region, freeBytes, largestFreeBytes };
  });
}

/** All regions together: their free bytes, and the largest of their largest. */
export function wholeOf(levels: readonly LevelOf[]): RegionLevel {
  let [freeBytes, largestFreeBytes] = [0, 0];
  for (const level of levels) {
    freeBytes += level.freeBytes;
    largestFreeBytes = Math.max(largestFreeBytes, level.largestFreeBytes);
  }
  return { freeBytes, largestFreeBytes };
}
