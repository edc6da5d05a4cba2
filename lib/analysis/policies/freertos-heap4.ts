import { firstFitIndex } from './first-fit.js';
import { FittingHeap } from './fitting-heap.js';
import type { PlacementPolicy } from './placement-policy.js';

/**
 * FreeRTOS heap_4: address-ordered first fit, 8-byte header and alignment, a gap is split
 * when more than 16 bytes remain, both sides coalesce, an 8-byte end marker. It has no realloc: callers allocate, copy, free.
 */
export const freertosHeap4: PlacementPolicy = {
  id: 'freertos-heap4',
  title: 'FreeRTOS heap_4',
  unitBytes: 8,
  create: (space) =>
    new FittingHeap(space, {
      ...{ headerBytes: 8, alignBytes: 8, minBlockBytes: 16, minRemainderBytes: 17, reservedBytes: 8 },
      ...{ realloc: 'move', choose: firstFitIndex },
    }),
};
