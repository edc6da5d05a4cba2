import type { Address, Bytes } from '../base/units.js';
import type { HeapRegion } from '../trace/heap-event.js';
import { OrderedBits } from '../trace/ordered-bits.js';

/** The gaps of one region: the sum and the largest at any moment. */
export interface RegionGaps {
  readonly freeBytes: Bytes;
  readonly largestFreeBytes: Bytes;
  /** Whether an address lies in the region. */
  holds(address: Address): boolean;
}

/** The same while blocks come and go. */
export interface GapFollower extends RegionGaps {
  /** Takes a block that overlaps no other; what reaches over the region's end is cut. */
  take(address: Address, sizeBytes: Bytes): void;
  give(address: Address): void;
}

/**
 * The gaps of a region counted in steps of `stepBytes`, which every address and size must be a multiple of: each change in a
 * handful of memory words, and eight bytes a step.
 */
export class GapTracker implements GapFollower {
  freeBytes: Bytes;
  private readonly steps: number;
  private readonly starts: OrderedBits;
  private readonly sizes: Int32Array;
  /** By gap size in steps: how many there are, and which sizes there are any of. */
  private readonly gapCount: Int32Array;
  private readonly gapSizes: OrderedBits;

  constructor(
    private readonly region: HeapRegion,
    private readonly stepBytes: Bytes,
  ) {
    this.steps = Math.floor(region.sizeBytes / stepBytes);
    this.starts = new OrderedBits(this.steps);
    this.sizes = new Int32Array(this.steps);
    this.gapCount = new Int32Array(this.steps + 1);
    this.gapSizes = new OrderedBits(this.steps + 1);
    this.freeBytes = this.steps * stepBytes;
    this.addGap(this.steps);
  }

  get largestFreeBytes(): Bytes {
    return Math.max(0, this.gapSizes.atOrBefore(this.steps)) * this.stepBytes;
  }

  holds(address: Address): boolean {
    return address >= this.region.baseAddress && address < this.region.baseAddress + this.steps * this.stepBytes;
  }

  take(address: Address, sizeBytes: Bytes): void {
    const at = this.stepOf(address);
    const size = Math.min(this.steps - at, sizeBytes / this.stepBytes);
    if (size <= 0 || this.starts.has(at)) return;
    const { from, to } = this.gapAround(at);
    this.removeGap(to - from);
    this.addGap(at - from);
    this.addGap(to - at - size);
    this.starts.add(at);
    this.sizes[at] = size;
    this.freeBytes -= size * this.stepBytes;
  }

  give(address: Address): void {
    const at = this.stepOf(address);
    if (!this.starts.has(at)) return;
    const size = this.sizes[at] ?? 0;
    this.starts.delete(at);
    const { from, to } = this.gapAround(at);
    this.removeGap(at - from);
    this.removeGap(to - at - size);
    this.addGap(to - from);
    this.freeBytes += size * this.stepBytes;
  }

  /** As an integer: V8 works on with fractions otherwise. */
  private stepOf(address: Address): number {
    return ((address - this.region.baseAddress) / this.stepBytes) | 0;
  }

  /** The gap that a free step lies in. */
  private gapAround(at: number): { from: number; to: number } {
    const before = this.starts.atOrBefore(at);
    const from = before < 0 ? 0 : before + (this.sizes[before] ?? 0);
    const after = this.starts.atOrAfter(at);
    return { from, to: after < 0 ? this.steps : after };
  }

  private addGap(size: number): void {
    if (size <= 0) return;
    const count = (this.gapCount[size] ?? 0) + 1;
    this.gapCount[size] = count;
    if (count === 1) this.gapSizes.add(size);
  }

  private removeGap(size: number): void {
    if (size <= 0) return;
    const count = (this.gapCount[size] ?? 0) - 1;
    this.gapCount[size] = count;
    if (count === 0) this.gapSizes.delete(size);
  }
}

/** That of the region that an address lies in. */
export function followerAt<G extends RegionGaps>(followers: readonly G[], address: Address): G | undefined {
  return followers[followerIndexAt(followers, address)];
}

/** The same by its place in the list; -1 where the address lies in no region. */
export function followerIndexAt(followers: readonly RegionGaps[], address: Address): number {
  for (let i = 0; i < followers.length; i++) if (followers[i]?.holds(address)) return i;
  return -1;
}

/** The largest gap of all regions. */
export function largestOf(followers: readonly RegionGaps[]): Bytes {
  let largest = 0;
  for (let i = 0; i < followers.length; i++) largest = Math.max(largest, followers[i]?.largestFreeBytes ?? 0);
  return largest;
}

/** What is free in all regions together. */
export function freeOf(followers: readonly RegionGaps[]): Bytes {
  let free = 0;
  for (let i = 0; i < followers.length; i++) free += followers[i]?.freeBytes ?? 0;
  return free;
}
