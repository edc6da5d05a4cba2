import type { EventRange, GapTimeline } from '../../lib/public/browser.js';
import type { LoadedTrace } from './loaded-trace.js';
import { cutsLargest, largestAfter, largestBefore, sizeOf } from './table-rows.js';

type Cut = GapTimeline['cuts'][number];

/** The allocations of a range that made the largest free block smaller, the deepest cut first. */
export function cutsWithin(loaded: LoadedTrace, range: EventRange, limit: number): readonly Cut[] {
  const cuts: Cut[] = [];
  for (let seq = range.afterSeq + 1; seq <= range.throughSeq; seq++) {
    if (!cutsLargest(loaded, seq)) continue;
    cuts.push({
      seq,
      largestBeforeBytes: largestBefore(loaded, seq),
      largestAfterBytes: largestAfter(loaded, seq),
      sizeBytes: sizeOf(loaded, seq),
      stack: loaded.trace.events.stack[seq] ?? -1,
    });
  }
  const depth = (cut: Cut) => cut.largestBeforeBytes - cut.largestAfterBytes;
  return cuts.sort((a, b) => depth(b) - depth(a)).slice(0, limit);
}
