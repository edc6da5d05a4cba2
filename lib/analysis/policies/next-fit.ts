import { firstFitIndex } from './first-fit.js';
import { FittingHeap } from './fitting-heap.js';
import type { GapList } from './gap-list.js';
import type { PlacementPolicy } from './placement-policy.js';

/** The first large enough gap from where the last search ended, going round once. */
function nextFitIndex(gaps: GapList, blockBytes: number, heap: { rover: number }): number {
  for (let i = gaps.firstAtOrAfter(heap.rover); i < gaps.count; i++) if ((gaps.size[i] ?? 0) >= blockBytes) return i;
  return firstFitIndex(gaps, blockBytes);
}

/** Next fit with immediate coalescing, 8-byte headers, 8-byte alignment. */
export const nextFit: PlacementPolicy = {
  id: 'next-fit',
  title: 'next fit',
  unitBytes: 8,
  create: (space) =>
    new FittingHeap(space, {
      ...{ headerBytes: 8, alignBytes: 8, minBlockBytes: 16, minRemainderBytes: 16, reservedBytes: 0 },
      ...{ realloc: 'grow', choose: nextFitIndex },
    }),
};
