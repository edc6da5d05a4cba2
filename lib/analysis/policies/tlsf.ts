import type { Address, Bytes } from '../../base/units.js';
import type { HeapSpace, Placement, PlacementPolicy } from './placement-policy.js';

const HEADER = 4;
const MIN_BLOCK = 12;
const SECOND_LEVELS = 32;
const SECOND_LOG2 = 5;
/** Blocks below it are kept in classes of 4 bytes. */
const SMALL = 128;
/** TLSF's own limit for 32-bit targets; classes are computed in 32 bits. */
const MAX_REQUEST = 2 ** 30;

interface Block {
  address: Address;
  size: Bytes;
  free: boolean;
  before: Block | undefined;
  after: Block | undefined;
}

/**
 * TLSF (Masmano et al., 2004, as in Conte's tlsf.c): the request rounded up to its class for the search, the head of the first non-empty class, last in
 * first out, a split when the block has at least 16 bytes more than needed, coalescing at once; realloc grows only into a free
 * next block, and trims. 32 second-level classes, 4-byte alignment.
 */
class TlsfHeap implements Placement {
  /** By class: free blocks, the last is the head of the list. */
  private readonly classes: Block[][] = [];
  private readonly blocks = new Map<Address, Block>();
  freeBytes: Bytes;

  constructor(space: HeapSpace) {
    const start = Math.ceil(space.baseAddress / 4) * 4 + HEADER;
    // A zero-size sentinel with a header of its own ends the pool.
    const size = Math.floor((space.baseAddress + space.sizeBytes - start - HEADER) / 4) * 4;
    this.freeBytes = Math.max(0, size);
    if (size >= MIN_BLOCK) this.insert({ address: start, size, free: true, before: undefined, after: undefined });
  }

  get largestFreeBytes(): Bytes {
    let largest = 0;
    for (const list of this.classes) for (const block of list ?? []) largest = Math.max(largest, block.size);
    return largest;
  }

  alloc(sizeBytes: Bytes): Address {
    if (sizeBytes > MAX_REQUEST) return -1;
    const wanted = adjusted(sizeBytes);
    const from = classOf(roundedToClass(wanted));
    for (let at = from; at < this.classes.length; at++) {
      const block = this.classes[at]?.pop();
      if (!block) continue;
      this.freeBytes -= block.size;
      block.free = false;
      this.blocks.set(block.address, block);
      this.trim(block, wanted);
      return block.address;
    }
    return -1;
  }

  free(address: Address): void {
    const block = this.blocks.get(address);
    if (!block) return;
    this.blocks.delete(address);
    this.freeBytes += block.size;
    this.insert(this.merged(block));
  }

  realloc(address: Address, sizeBytes: Bytes): Address {
    const block = this.blocks.get(address);
    if (!block) return this.alloc(sizeBytes);
    const wanted = adjusted(sizeBytes);
    const next = block.after;
    if (wanted > block.size) {
      if (!next?.free || block.size + HEADER + next.size < wanted) return this.move(address, sizeBytes);
      this.remove(next);
      this.freeBytes -= next.size;
      this.absorb(block, next);
    }
    this.trim(block, wanted);
    return address;
  }

  private move(address: Address, sizeBytes: Bytes): Address {
    const moved = this.alloc(sizeBytes);
    if (moved >= 0) this.free(address);
    return moved;
  }

  /** Splits off what is more than wanted, when it is enough for a block of its own. */
  private trim(block: Block, wanted: Bytes): void {
    if (block.size < wanted + HEADER + MIN_BLOCK) return;
    const size = block.size - wanted - HEADER;
    const rest: Block = {
      address: block.address + wanted + HEADER,
      size,
      free: true,
      before: block,
      after: block.after,
    };
    if (block.after) block.after.before = rest;
    block.after = rest;
    block.size = wanted;
    this.freeBytes += size;
    this.insert(this.merged(rest));
  }

  /** A block that becomes free, joined with its free neighbours; the header between them is won back. */
  private merged(block: Block): Block {
    let whole = block;
    const { before } = block;
    if (before?.free) {
      this.remove(before);
      this.absorb(before, block);
      this.freeBytes += HEADER;
      whole = before;
    }
    const { after } = whole;
    if (after?.free) {
      this.remove(after);
      this.absorb(whole, after);
      this.freeBytes += HEADER;
    }
    whole.free = true;
    return whole;
  }

  private absorb(block: Block, next: Block): void {
    block.size += HEADER + next.size;
    block.after = next.after;
    if (next.after) next.after.before = block;
  }

  private insert(block: Block): void {
    block.free = true;
    const at = classOf(block.size);
    while (this.classes.length <= at) this.classes.push([]);
    this.classes[at]?.push(block);
  }

  private remove(block: Block): void {
    const list = this.classes[classOf(block.size)] ?? [];
    list.splice(list.indexOf(block), 1);
  }
}

function adjusted(sizeBytes: Bytes): Bytes {
  return Math.max(MIN_BLOCK, Math.ceil(sizeBytes / 4) * 4);
}

/** The size from which on every block of its class is large enough. */
function roundedToClass(size: Bytes): Bytes {
  if (size < SMALL) return size;
  const step = 2 ** (31 - Math.clz32(size) - SECOND_LOG2);
  return Math.ceil(size / step) * step;
}

function classOf(size: Bytes): number {
  if (size < SMALL) return Math.floor(size / (SMALL / SECOND_LEVELS));
  const first = 31 - Math.clz32(size);
  const second = Math.floor(size / 2 ** (first - SECOND_LOG2)) - SECOND_LEVELS;
  return (first - 6) * SECOND_LEVELS + second;
}

export const tlsf: PlacementPolicy = {
  id: 'tlsf',
  title: 'TLSF',
  unitBytes: 4,
  create: (space) => new TlsfHeap(space),
};
