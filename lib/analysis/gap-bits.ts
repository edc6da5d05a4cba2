import type { Address, Bytes } from '../base/units.js';
import type { HeapRegion } from '../trace/heap-event.js';
import { OrderedBits } from '../trace/ordered-bits.js';
import type { RegionGaps } from './gap-tracker.js';

/** 2 MiB of bits, and the counts of the gaps. */
const MAX_STEPS = 2 ** 24;

/**
 * The gaps of one region while blocks that never overlap come and go, as {@link GapTracker} has them, from a bit for each step that is taken: the
 * gap around a block mostly lies in a word or two. The steps begin coarse and become finer when a block asks for it.
 */
export class GapBits implements RegionGaps {
  freeBytes: Bytes;
  largestFreeBytes: Bytes;
  private readonly baseAddress: Address;
  private readonly endAddress: Address;
  private shift = 4;
  private steps = 0;
  private taken = new OrderedBits(1);
  /** By gap size in steps: how many there are, and which sizes there are any of. */
  private gapCount = new Int32Array(0);
  private gapSizes = new OrderedBits(1);
  private largest = 0;

  private constructor(region: HeapRegion) {
    this.baseAddress = region.baseAddress;
    this.endAddress = region.baseAddress + region.sizeBytes;
    this.freeBytes = region.sizeBytes;
    this.largestFreeBytes = region.sizeBytes;
    while (region.sizeBytes % (1 << this.shift) !== 0) this.shift--;
  }

  /** Undefined for a region that is too large to be followed, or not of whole bytes. */
  static forRegion(region: HeapRegion): GapBits | undefined {
    if (!Number.isInteger(region.sizeBytes) || !Number.isInteger(region.baseAddress)) return undefined;
    const bits = new GapBits(region);
    return bits.layOut([]) ? bits : undefined;
  }

  holds(address: Address): boolean {
    return address >= this.baseAddress && address < this.endAddress;
  }

  /** Takes a block that begins in the region; what reaches over its end is cut. False when the steps would become too many. */
  take(address: Address, sizeBytes: Bytes): boolean {
    const offset = address - this.baseAddress;
    if (((offset | sizeBytes) & ((1 << this.shift) - 1)) !== 0 && !this.refine(offset | sizeBytes)) return false;
    const from = offset >>> this.shift;
    const to = Math.min(this.steps, from + (sizeBytes >>> this.shift));
    if (to <= from) return true;
    const before = this.gapBefore(from);
    const after = this.gapAfter(to);
    this.removeGap(before + to - from + after);
    if (before > 0) this.addGap(before);
    if (after > 0) this.addGap(after);
    this.taken.addRun(from, to);
    this.settle(from - to);
    return true;
  }

  /** Gives a block back that was taken. */
  give(address: Address, sizeBytes: Bytes): void {
    const from = (address - this.baseAddress) >>> this.shift;
    const to = Math.min(this.steps, from + (sizeBytes >>> this.shift));
    if (to <= from) return;
    this.taken.deleteRun(from, to);
    const before = this.gapBefore(from);
    const after = this.gapAfter(to);
    if (before > 0) this.removeGap(before);
    if (after > 0) this.removeGap(after);
    this.addGap(before + to - from + after);
    this.settle(to - from);
  }

  private settle(freed: number): void {
    if (this.gapCount[this.largest] === 0) this.largest = Math.max(0, this.gapSizes.atOrBefore(this.largest));
    this.largestFreeBytes = this.largest << this.shift;
    this.freeBytes += freed << this.shift;
  }

  private addGap(size: number): void {
    const count = (this.gapCount[size] as number) + 1;
    this.gapCount[size] = count;
    if (count === 1) this.gapSizes.add(size);
    if (size > this.largest) this.largest = size;
  }

  private removeGap(size: number): void {
    const count = (this.gapCount[size] as number) - 1;
    this.gapCount[size] = count;
    if (count === 0) this.gapSizes.delete(size);
  }

  /** Free steps right before one. */
  private gapBefore(step: number): number {
    return step - 1 - this.taken.atOrBefore(step - 1);
  }

  /** Free steps from one on. */
  private gapAfter(step: number): number {
    const next = this.taken.atOrAfter(step);
    return (next < 0 ? this.steps : next) - step;
  }

  /** Steps so fine that an offset or a size is a multiple of them. */
  private refine(bytes: number): boolean {
    const taken: number[] = [];
    for (let step = 0; step < this.steps; ) {
      const gap = this.gapAfter(step);
      const from = step + gap;
      if (from >= this.steps) break;
      let to = from + 1;
      while (to < this.steps && this.gapAfter(to) === 0) to++;
      taken.push(from << this.shift, to << this.shift);
      step = to;
    }
    while ((bytes & ((1 << this.shift) - 1)) !== 0) this.shift--;
    return this.layOut(taken);
  }

  /** Begins anew with these bytes taken: pairs of where they begin and end. */
  private layOut(taken: readonly number[]): boolean {
    this.steps = (this.endAddress - this.baseAddress) / (1 << this.shift);
    if (this.steps > MAX_STEPS) return false;
    this.taken = new OrderedBits(this.steps);
    this.gapCount = new Int32Array(this.steps + 1);
    this.gapSizes = new OrderedBits(this.steps + 1);
    this.largest = 0;
    let at = 0;
    for (let i = 0; i < taken.length; i += 2) {
      const [from, to] = [(taken[i] as number) >>> this.shift, (taken[i + 1] as number) >>> this.shift];
      if (from > at) this.addGap(from - at);
      this.taken.addRun(from, to);
      at = to;
    }
    if (this.steps > at) this.addGap(this.steps - at);
    return true;
  }
}
