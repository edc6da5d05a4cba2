import type { Address, Bytes } from '../../base/units.js';
import { GapList } from './gap-list.js';
import type { HeapSpace, Placement } from './placement-policy.js';

/** What tells the classic fits apart. */
export interface FitRules {
  readonly headerBytes: Bytes;
  readonly alignBytes: Bytes;
  /** Of the whole block, header included. */
  readonly minBlockBytes: Bytes;
  /** A gap is split only when at least so much remains. */
  readonly minRemainderBytes: Bytes;
  /** Bytes at the end of the heap that the allocator keeps for itself. */
  readonly reservedBytes: Bytes;
  /** `grow`: realloc takes the gap behind the block when it is large enough; `move`: it never does. */
  readonly realloc: 'grow' | 'move';
  /** The index of the gap to use, or -1. */
  choose(gaps: GapList, blockBytes: Bytes, heap: { rover: Address }): number;
}

/** A heap of blocks with headers over a list of gaps; the rules say which gap serves a request. */
export class FittingHeap implements Placement {
  readonly gaps: GapList;
  /** By the address that the caller has: the block's bytes. */
  private readonly blocks = new Map<Address, Bytes>();
  /** Where next-fit goes on. */
  rover: Address;

  constructor(
    space: HeapSpace,
    private readonly rules: FitRules,
  ) {
    const { alignBytes } = rules;
    const baseAddress = Math.ceil(space.baseAddress / alignBytes) * alignBytes;
    const end = Math.floor((space.baseAddress + space.sizeBytes) / alignBytes) * alignBytes;
    this.gaps = new GapList(baseAddress, end - baseAddress - rules.reservedBytes);
    this.rover = baseAddress;
  }

  get freeBytes(): Bytes {
    return this.gaps.freeBytes;
  }

  get largestFreeBytes(): Bytes {
    return Math.max(0, this.gaps.largestFreeBytes - this.rules.headerBytes);
  }

  alloc(sizeBytes: Bytes): Address {
    const wanted = this.blockFor(sizeBytes);
    const index = this.rules.choose(this.gaps, wanted, this);
    if (index < 0) return -1;
    const start = this.gaps.address[index] ?? 0;
    const taken = this.gaps.take(index, wanted, this.rules.minRemainderBytes);
    this.rover = start + taken;
    const address = start + this.rules.headerBytes;
    this.blocks.set(address, taken);
    return address;
  }

  free(address: Address): void {
    const size = this.blocks.get(address);
    if (size === undefined) return;
    this.blocks.delete(address);
    this.gaps.give(address - this.rules.headerBytes, size);
  }

  realloc(address: Address, sizeBytes: Bytes): Address {
    const size = this.blocks.get(address);
    if (size === undefined) return this.alloc(sizeBytes);
    const wanted = this.blockFor(sizeBytes);
    const start = address - this.rules.headerBytes;
    if (this.rules.realloc === 'grow' && this.resizeInPlace(address, { start, size, wanted })) return address;
    const moved = this.alloc(sizeBytes);
    if (moved < 0) return -1;
    this.free(address);
    return moved;
  }

  private resizeInPlace(address: Address, at: { start: Address; size: Bytes; wanted: Bytes }): boolean {
    const { start, size, wanted } = at;
    if (wanted <= size) {
      if (size - wanted >= this.rules.minRemainderBytes) {
        this.gaps.give(start + wanted, size - wanted);
        this.blocks.set(address, wanted);
      }
      return true;
    }
    const next = this.gaps.indexOf(start + size);
    if (next < 0 || (this.gaps.size[next] ?? 0) < wanted - size) return false;
    this.blocks.set(address, size + this.gaps.take(next, wanted - size, this.rules.minRemainderBytes));
    return true;
  }

  private blockFor(sizeBytes: Bytes): Bytes {
    const { headerBytes, alignBytes, minBlockBytes } = this.rules;
    return Math.max(minBlockBytes, Math.ceil((sizeBytes + headerBytes) / alignBytes) * alignBytes);
  }
}
