import { type HeapRegion, lastAtOrBefore } from '../../lib/public/browser.js';
import { type AddressOrder, regionSlice } from './address-order.js';
import { bitBefore, LiveSet, nextBit } from './live-index.js';
import type { LoadedTrace } from './loaded-trace.js';

const sets = new WeakMap<object, LiveSet>();

/** The live blocks right after an event, a bit for each place of the address order; undefined without addresses. */
export function liveBits({ index, spans, order }: LoadedTrace, seq: number): Uint32Array | undefined {
  if (!index || !order) return undefined;
  const set = sets.get(index) ?? new LiveSet(index, spans);
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

/** The gaps of a region between the live blocks. */
export function regionState(order: AddressOrder, region: HeapRegion, bits: Uint32Array): RegionState {
  const { address, sizeBytes } = order;
  const { from, to } = regionSlice(order, region);
  const end = region.baseAddress + region.sizeBytes;
  let cursor = region.baseAddress;
  let [usedBlocks, freeBytes, gapCount] = [0, 0, 0];
  let [largestFreeBytes, largestAddress] = [0, -1];
  for (let place = nextBit(bits, from, to); ; place = nextBit(bits, place + 1, to)) {
    const start = place < 0 ? end : (address[place] as number);
    if (start > cursor) {
      gapCount++;
      freeBytes += start - cursor;
      if (start - cursor > largestFreeBytes) {
        largestFreeBytes = start - cursor;
        largestAddress = cursor;
      }
    }
    if (place < 0) break;
    usedBlocks++;
    const blockEnd = start + (sizeBytes[place] as number);
    if (blockEnd > cursor) cursor = blockEnd;
  }
  return { usedBlocks, freeBytes, largestFreeBytes, largestAddress, gapCount };
}
