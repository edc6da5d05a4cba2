import type { Address, Bytes } from '../base/units.js';
import type { AddressGrid } from './address-index.js';
import { OrderedBits } from './ordered-bits.js';

/** 32 MiB of bitmap at the most: 4 GiB of heap at an alignment of 16. */
const MAX_UNITS = 2 ** 28;

export interface OverlapVisitor {
  /** The size of the live block at this start. */
  sizeAt(start: Address): Bytes;
  covered(start: Address): void;
}

/** Knows the live blocks in address order and tells which of them a new block lies over. */
export class OverlapFinder {
  private readonly base: Address;
  private readonly align: Bytes;
  private readonly starts: OrderedBits;

  private constructor(grid: AddressGrid) {
    this.base = grid.base;
    this.align = grid.align;
    this.starts = new OrderedBits(grid.units);
  }

  /** Undefined when the addresses span too much memory to be indexed. */
  static forGrid(grid: AddressGrid): OverlapFinder | undefined {
    return grid.units <= MAX_UNITS ? new OverlapFinder(grid) : undefined;
  }

  /** Registers a block; calls `covered` with the start of every live block that it overlaps (which is to be released). */
  takeOver(address: Address, sizeBytes: Bytes, { sizeAt, covered }: OverlapVisitor): void {
    const at = ((address - this.base) / this.align) | 0;
    const before = this.starts.atOrBefore(at - 1);
    if (before >= 0) {
      const start = this.base + before * this.align;
      if (start + sizeAt(start) > address) covered(start);
    }
    const last = Math.floor((address + sizeBytes - 1 - this.base) / this.align);
    for (let next = this.starts.atOrAfter(at + 1); next >= 0 && next <= last; next = this.starts.atOrAfter(next + 1)) {
      covered(this.base + next * this.align);
    }
    this.starts.add(at);
  }

  /** Forgets a block that was registered. */
  release(address: Address): void {
    this.starts.delete(((address - this.base) / this.align) | 0);
  }
}
