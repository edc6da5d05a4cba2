import { firstAtOrAfter } from '../base/sorted.js';
import type { Address, Bytes } from '../base/units.js';
import type { HeapRegion } from '../trace/heap-event.js';
import { OrderedBits } from '../trace/ordered-bits.js';
import type { GapFollower } from './gap-tracker.js';

/**
 * The gaps of a region of any size: memory is counted not in steps but in the places where a block ever begins or ends, so what it
 * takes grows with the trace and not with the region. A change costs the depth of a tree over those places.
 */
export class SparseGapTracker implements GapFollower {
  freeBytes: Bytes;
  private readonly end: Address;
  /** Every address at which a block ever begins or ends, and the region's own bounds; ascending. */
  private readonly places: Float64Array;
  /** By place: whether a gap, and whether a block, begins there; and where it ends. */
  private readonly gaps: OrderedBits;
  private readonly blocks: OrderedBits;
  private readonly endOf: Int32Array;
  /** By place the bytes of the gap that begins there, as leaves of a tree of maxima: node n over 2n and 2n + 1, the root is 1. */
  private readonly tree: Float64Array;
  private readonly leaves: number;

  /** `blocks` are the begins and the ends of all blocks of the trace; those outside of the region are left out. */
  constructor(
    private readonly region: HeapRegion,
    blocks: Float64Array,
  ) {
    this.end = region.baseAddress + region.sizeBytes;
    this.places = placesIn(region, blocks);
    const count = this.places.length;
    this.leaves = 2 ** Math.ceil(Math.log2(Math.max(2, count)));
    this.tree = new Float64Array(2 * this.leaves);
    this.gaps = new OrderedBits(count);
    this.blocks = new OrderedBits(count);
    this.endOf = new Int32Array(count);
    this.freeBytes = region.sizeBytes;
    this.setGap(0, count - 1);
  }

  get largestFreeBytes(): Bytes {
    return this.tree[1] as number;
  }

  holds(address: Address): boolean {
    return address >= this.region.baseAddress && address < this.end;
  }

  take(address: Address, sizeBytes: Bytes): void {
    const from = this.placeOf(address);
    const to = this.placeOf(Math.min(this.end, address + sizeBytes));
    if (to <= from || this.blocks.has(from)) return;
    const gap = this.gaps.atOrBefore(from);
    const gapEnd = this.endOf[gap] as number;
    this.dropGap(gap);
    if (gap < from) this.setGap(gap, from);
    if (to < gapEnd) this.setGap(to, gapEnd);
    this.blocks.add(from);
    this.endOf[from] = to;
    this.freeBytes -= this.bytesOf(from, to);
  }

  give(address: Address): void {
    let from = this.placeOf(address);
    if (!this.blocks.has(from)) return;
    let to = this.endOf[from] as number;
    this.blocks.delete(from);
    this.freeBytes += this.bytesOf(from, to);
    const before = this.gaps.atOrBefore(from);
    if (before >= 0 && this.endOf[before] === from) {
      this.dropGap(before);
      from = before;
    }
    if (to < this.endOf.length && this.gaps.has(to)) {
      const after = to;
      to = this.endOf[after] as number;
      this.dropGap(after);
    }
    this.setGap(from, to);
  }

  private setGap(from: number, to: number): void {
    if (to <= from) return;
    this.gaps.add(from);
    this.endOf[from] = to;
    this.setLeaf(from, this.bytesOf(from, to));
  }

  private dropGap(from: number): void {
    this.gaps.delete(from);
    this.setLeaf(from, 0);
  }

  private setLeaf(place: number, bytes: Bytes): void {
    const { tree } = this;
    let node = this.leaves + place;
    tree[node] = bytes;
    for (node >>= 1; node >= 1; node >>= 1) {
      const most = Math.max(tree[2 * node] as number, tree[2 * node + 1] as number);
      if (tree[node] === most) return;
      tree[node] = most;
    }
  }

  private bytesOf(from: number, to: number): Bytes {
    return (this.places[to] as number) - (this.places[from] as number);
  }

  /** Every begin and every end in the region is one of the places. */
  private placeOf(address: Address): number {
    return firstAtOrAfter(this.places, address);
  }
}

function placesIn(region: HeapRegion, blocks: Float64Array): Float64Array {
  const end = region.baseAddress + region.sizeBytes;
  const inside = blocks.filter((place) => place > region.baseAddress && place < end).sort();
  const places = new Float64Array(inside.length + 2);
  places[0] = region.baseAddress;
  let count = 1;
  for (const place of inside) if (place !== places[count - 1]) places[count++] = place;
  places[count++] = end;
  return places.slice(0, count);
}
