import { firstAtOrAfter, type HeapRegion, type Lifespans, lastAtOrBefore } from '../../lib/public/browser.js';
import { sortedRows } from './radix-sort.js';

/**
 * The lifespans of a trace in address order, their columns copied so that one pass over them walks memory forwards. Blocks that
 * are alive together never overlap, so at any event that pass meets the live blocks and the gaps between them in order.
 */
export interface AddressOrder {
  /** The lifespan's number. */
  readonly span: Int32Array;
  readonly address: Float64Array;
  readonly sizeBytes: Float64Array;
  readonly startSeq: Int32Array;
  readonly endSeq: Int32Array;
  /** Index into the palette. */
  readonly color: Uint8Array;
}

export function addressOrder(spans: Lifespans, colorOf: Uint8Array): AddressOrder {
  const all = new Int32Array(spans.count);
  for (let i = 0; i < all.length; i++) all[i] = i;
  const span = sortedRows(all, (row) => spans.address[row] ?? 0);
  const order = {
    span,
    address: new Float64Array(spans.count),
    sizeBytes: new Float64Array(spans.count),
    startSeq: new Int32Array(spans.count),
    endSeq: new Int32Array(spans.count),
    color: new Uint8Array(spans.count),
  };
  for (let i = 0; i < spans.count; i++) {
    const from = span[i] ?? 0;
    order.address[i] = spans.address[from] ?? 0;
    order.sizeBytes[i] = spans.sizeBytes[from] ?? 0;
    order.startSeq[i] = spans.startSeq[from] ?? 0;
    order.endSeq[i] = spans.endSeq[from] ?? 0;
    order.color[i] = colorOf[from] ?? 0;
  }
  return order;
}

/** The same order with other colours: sources change when frames are hidden or named. */
export function recolored(order: AddressOrder, colorOf: Uint8Array): AddressOrder {
  return { ...order, color: Uint8Array.from(order.span, (span) => colorOf[span] ?? 0) };
}

/** The positions whose blocks begin in a region. */
export function regionSlice(order: AddressOrder, region: HeapRegion): { readonly from: number; readonly to: number } {
  return {
    from: firstAtOrAfter(order.address, region.baseAddress),
    to: firstAtOrAfter(order.address, region.baseAddress + region.sizeBytes),
  };
}

/** The lifespan of the block that covers an address after an event; -1 when it is free. */
export function spanAt(order: AddressOrder, address: number, atSeq: number): number {
  for (let i = lastAtOrBefore(order.address, address); i >= 0; i--) {
    const alive = (order.startSeq[i] ?? 0) <= atSeq && (order.endSeq[i] ?? 0) > atSeq;
    if (!alive || (order.sizeBytes[i] ?? 0) === 0) continue;
    // Only the nearest live block at or below the address can cover it.
    return address < (order.address[i] ?? 0) + (order.sizeBytes[i] ?? 0) ? (order.span[i] ?? -1) : -1;
  }
  return -1;
}
