import type { Address, Bytes } from '../../base/units.js';
import type { HeapSpace, Placement, PlacementPolicy } from './placement-policy.js';

const BLOCK = 16;
/** The allocation table holds four blocks a byte; searches begin at a whole byte. */
const BLOCKS_PER_BYTE = 4;

/**
 * MicroPython's block allocator (gc_alloc in py/gc.c): the first run of free blocks from a start index that advances only after
 * one-block allocations and moves back on every free below it; realloc in place where the run allows, else it moves.
 */
class GcHeap implements Placement {
  private readonly used: Uint8Array;
  private readonly base: Address;
  private readonly lengths = new Map<number, number>();
  /** In bytes of the allocation table. */
  private searchFrom = 0;
  private freeBlocks: number;

  constructor(space: HeapSpace) {
    this.base = space.baseAddress;
    // The table's length is in whole bytes, so the pool is in whole groups of four blocks.
    const blocks = Math.floor(space.sizeBytes / BLOCK / BLOCKS_PER_BYTE) * BLOCKS_PER_BYTE;
    this.used = new Uint8Array(blocks);
    this.freeBlocks = blocks;
  }

  get freeBytes(): Bytes {
    return this.freeBlocks * BLOCK;
  }

  get largestFreeBytes(): Bytes {
    let largest = 0;
    let run = 0;
    for (const used of this.used) {
      run = used ? 0 : run + 1;
      if (run > largest) largest = run;
    }
    return largest * BLOCK;
  }

  alloc(sizeBytes: Bytes): Address {
    const wanted = Math.max(1, Math.ceil(sizeBytes / BLOCK));
    let run = 0;
    for (let block = this.searchFrom * BLOCKS_PER_BYTE; block < this.used.length; block++) {
      run = this.used[block] ? 0 : run + 1;
      if (run < wanted) continue;
      // No block below this one is free only if a single one was looked for.
      if (wanted === 1) this.searchFrom = Math.floor((block + 1) / BLOCKS_PER_BYTE);
      const start = block - wanted + 1;
      this.mark(start, wanted);
      return this.base + start * BLOCK;
    }
    return -1;
  }

  free(address: Address): void {
    const start = (address - this.base) / BLOCK;
    const length = this.lengths.get(start);
    if (length === undefined) return;
    this.lengths.delete(start);
    this.release(start, length);
  }

  realloc(address: Address, sizeBytes: Bytes): Address {
    const start = (address - this.base) / BLOCK;
    const length = this.lengths.get(start);
    if (length === undefined) return this.alloc(sizeBytes);
    const wanted = Math.max(1, Math.ceil(sizeBytes / BLOCK));
    if (wanted <= length) {
      this.release(start + wanted, length - wanted);
      this.lengths.set(start, wanted);
      return address;
    }
    if (this.isFree(start + length, wanted - length)) {
      this.mark(start + length, wanted - length);
      this.lengths.delete(start + length);
      this.lengths.set(start, wanted);
      return address;
    }
    const moved = this.alloc(sizeBytes);
    if (moved >= 0) this.free(address);
    return moved;
  }

  /** gc_collect_end begins the next search at the bottom. */
  collected(): void {
    this.searchFrom = 0;
  }

  private mark(start: number, length: number): void {
    this.used.fill(1, start, start + length);
    this.lengths.set(start, length);
    this.freeBlocks -= length;
  }

  private release(start: number, length: number): void {
    if (length === 0) return;
    this.used.fill(0, start, start + length);
    this.freeBlocks += length;
    this.searchFrom = Math.min(this.searchFrom, Math.floor(start / BLOCKS_PER_BYTE));
  }

  private isFree(start: number, length: number): boolean {
    if (start + length > this.used.length) return false;
    for (let block = start; block < start + length; block++) if (this.used[block]) return false;
    return true;
  }
}

export const micropythonGc: PlacementPolicy = {
  id: 'micropython-gc',
  title: 'MicroPython block allocator',
  unitBytes: BLOCK,
  create: (space) => new GcHeap(space),
};
