import type { Address, Bytes } from '../../base/units.js';
import { GapList } from './gap-list.js';
import type { HeapSpace, Placement, PlacementPolicy } from './placement-policy.js';

/** size@0 and next@4 of a free chunk; a chunk handed out keeps its size word. */
const MIN_CHUNK = 12;

/**
 * newlib-nano up to 3.3 (its nano-mallocr.c): first fit by address over the free list, a split returns the tail, the heap grows by
 * sbrk of exactly the chunk, 4-byte chunks with the caller's pointer rounded up to 8, realloc keeps a block that is large
 * enough and else moves.
 */
class NanoHeap implements Placement {
  private readonly gaps: GapList;
  /** By the caller's pointer. */
  private readonly chunks = new Map<Address, { readonly start: Address; readonly size: Bytes }>();
  private breakAddress: Address;
  private readonly limit: Address;

  constructor(space: HeapSpace) {
    this.breakAddress = Math.ceil(space.baseAddress / 4) * 4;
    this.limit = space.baseAddress + space.sizeBytes;
    this.gaps = new GapList(this.breakAddress, 0);
  }

  get freeBytes(): Bytes {
    return this.gaps.freeBytes + this.limit - this.breakAddress;
  }

  get largestFreeBytes(): Bytes {
    return Math.max(0, this.gaps.largestFreeBytes, this.limit - this.breakAddress) - 8;
  }

  alloc(sizeBytes: Bytes): Address {
    const size = chunkFor(sizeBytes);
    const start = this.fromList(size) ?? this.fromBreak(size);
    if (start === undefined) return -1;
    const pointer = Math.ceil((start.at + 4) / 8) * 8;
    this.chunks.set(pointer, { start: start.at, size: start.size });
    return pointer;
  }

  free(address: Address): void {
    const chunk = this.chunks.get(address);
    if (!chunk) return;
    this.chunks.delete(address);
    this.gaps.give(chunk.start, chunk.size);
  }

  realloc(address: Address, sizeBytes: Bytes): Address {
    const chunk = this.chunks.get(address);
    if (!chunk) return this.alloc(sizeBytes);
    if (sizeBytes <= chunk.start + chunk.size - address) return address;
    const moved = this.alloc(sizeBytes);
    if (moved >= 0) this.free(address);
    return moved;
  }

  private fromList(size: Bytes): { at: Address; size: Bytes } | undefined {
    const { gaps } = this;
    for (let i = 0; i < gaps.count; i++) {
      const have = gaps.size[i] ?? 0;
      if (have < size) continue;
      const start = gaps.address[i] ?? 0;
      const rest = have - size;
      if (rest < MIN_CHUNK) return { at: start, size: gaps.take(i, have, 0) };
      // The tail is handed out; the head stays in the list.
      gaps.size[i] = rest;
      gaps.freeBytes -= size;
      return { at: start + rest, size };
    }
    return undefined;
  }

  private fromBreak(size: Bytes): { at: Address; size: Bytes } | undefined {
    if (this.breakAddress + size > this.limit) return undefined;
    const at = this.breakAddress;
    this.breakAddress += size;
    return { at, size };
  }
}

/** The size word (4), up to 4 bytes to align the pointer to 8, at least a free chunk's own size. */
function chunkFor(sizeBytes: Bytes): Bytes {
  return Math.max(MIN_CHUNK, Math.ceil(sizeBytes / 4) * 4 + 8);
}

export const newlibNano: PlacementPolicy = {
  id: 'newlib-nano',
  title: 'newlib-nano (up to 3.3)',
  unitBytes: 4,
  create: (space) => new NanoHeap(space),
};
