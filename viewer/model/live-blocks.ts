import { type HeapRegion, lastAtOrBefore } from '../../lib/public/browser.js';
import { type AddressOrder, regionSlice } from './address-order.js';
import { bitBefore, LiveSet, nextBit } from './live-index.js';
import type { LoadedTrace } from './loaded-trace.js';

const sets = new WeakMap<object, LiveSet>();

/** The live blocks right after an event, a bit for each place of the address order; undefined without addresses. */
export function liveBits({ index, spans, order }: LoadedTrace, seq: number): Uint32Array | undefined {
  if (!index || !order) return undefined;
  const set = sets.get(index) ?? new LiveSet(index, spans, order);
  sets.set(index, set);
  return set.at(seq);
}

/** The lifespan of the block that covers an address after an event; -1 when it is free. */
export function spanAt(loaded: LoadedTrace, address: number, atSeq: number): number {
  const { order } = loaded;
  const bits = liveBits(loaded, atSeq);
  if (!order || !bits) return -1;
  // Only the nearest live block at or below the address can cover it.
  const place = bitBefore(bits, lastAtOrBefore(order.address, address));
  if (place < 0) return -1;
  const end = (order.address[place] as number) + (order.sizeBytes[place] as number);
  return address < end ? (order.span[place] as number) : -1;
}

/** A region at an event, as one pass over its live blocks finds it. */
export interface RegionState {
  readonly usedBlocks: number;
  readonly freeBytes: number;
  readonly largestFreeBytes: number;
  /** Where the largest gap begins; -1 without any. */
  readonly largestAddress: number;
  readonly gapCount: number;
}

/** The gaps of a region between its live blocks, which are told in the order of their addresses. */
export class GapFinder {
  private cursor: number;
  private usedBlocks = 0;
  private freeBytes = 0;
  private gapCount = 0;
  private largestFreeBytes = 0;
  private largestAddress = -1;

  constructor(private readonly region: HeapRegion) {
    this.cursor = region.baseAddress;
  }

  block(start: number, sizeBytes: number): void {
    this.usedBlocks++;
    this.gapUpTo(start);
    if (start + sizeBytes > this.cursor) this.cursor = start + sizeBytes;
  }

  /** After all blocks. */
  state(): RegionState {
    this.gapUpTo(this.region.baseAddress + this.region.sizeBytes);
    const { usedBlocks, freeBytes, largestFreeBytes, largestAddress, gapCount } = this;
    return { usedBlocks, freeBytes, largestFreeBytes, largestAddress, gapCount };
  }

  private gapUpTo(start: number): void {
    const gap = start - this.cursor;
    if (gap <= 0) return;
    this.gapCount++;
    this.freeBytes += gap;
    if (gap <= this.largestFreeBytes) return;
    this.largestFreeBytes = gap;
    this.largestAddress = this.cursor;
  }
}

/** The gaps of a region between the live blocks. */
export function regionState(order: AddressOrder, region: HeapRegion, bits: Uint32Array): RegionState {
  const { address, sizeBytes } = order;
  const { from, to } = regionSlice(order, region);
  const gaps = new GapFinder(region);
  for (let place = nextBit(bits, from, to); place >= 0; place = nextBit(bits, place + 1, to))
    gaps.block(address[place] as number, sizeBytes[place] as number);
  return gaps.state();
}
