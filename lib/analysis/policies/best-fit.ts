import { FittingHeap } from './fitting-heap.js';
import type { GapList } from './gap-list.js';
import type { PlacementPolicy } from './placement-policy.js';

/** The smallest gap that is large enough, the lowest among equals, or -1. */
function bestFitIndex(gaps: GapList, blockBytes: number): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < gaps.count; i++) {
    const size = gaps.size[i] ?? 0;
    if (size < blockBytes || size >= least) continue;
    best = i;
    least = size;
  }
  return best;
}

/** Best fit with immediate coalescing, 8-byte headers, 8-byte alignment. */
export const bestFit: PlacementPolicy = {
  id: 'best-fit',
  title: 'best fit',
  unitBytes: 8,
  create: (space) =>
    new FittingHeap(space, {
      ...{ headerBytes: 8, alignBytes: 8, minBlockBytes: 16, minRemainderBytes: 16, reservedBytes: 0 },
      ...{ realloc: 'grow', choose: bestFitIndex },
    }),
};
