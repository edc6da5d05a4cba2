import { FittingHeap } from './fitting-heap.js';
import type { GapList } from './gap-list.js';
import type { PlacementPolicy } from './placement-policy.js';

/** The lowest gap that is large enough, or -1. */
export function firstFitIndex(gaps: GapList, blockBytes: number): number {
  for (let i = 0; i < gaps.count; i++) if ((gaps.size[i] ?? 0) >= blockBytes) return i;
  return -1;
}

/** Address-ordered first fit with immediate coalescing, 8-byte headers, 8-byte alignment: the textbook allocator. */
export const firstFit: PlacementPolicy = {
  id: 'first-fit',
  title: 'first fit by address',
  unitBytes: 8,
  create: (space) =>
    new FittingHeap(space, {
      ...{ headerBytes: 8, alignBytes: 8, minBlockBytes: 16, minRemainderBytes: 16, reservedBytes: 0 },
      ...{ realloc: 'grow', choose: firstFitIndex },
    }),
};
