import { firstAtOrAfter, type HeapRegion, type Lifespans, type Numbers } from '../../lib/public/browser.js';
import { orderOf } from './radix-sort.js';

/**
 * The lifespans of a trace in address order, their columns copied so that one pass over them walks memory forwards. Blocks that
 * are alive together never overlap, so at any event that pass meets the live blocks and the gaps between them in order.
 */
export interface AddressOrder {
  /** The lifespan's number. */
  readonly span: Int32Array;
  readonly address: Numbers;
  readonly sizeBytes: Numbers;
  /** Index into the palette. */
  readonly color: Uint8Array;
}

export function addressOrder(spans: Lifespans, colorOf: Uint8Array): AddressOrder {
  const span = orderOf(spans.address);
  // Getters, which a loop should not go through.
  const { address: addressOf, sizeBytes: sizeOf } = spans;
  const address = roomLike(addressOf);
  const sizeBytes = roomLike(sizeOf);
  const color = new Uint8Array(spans.count);
  for (let i = 0; i < spans.count; i++) {
    const from = span[i] as number;
    address[i] = addressOf[from] as number;
    sizeBytes[i] = sizeOf[from] as number;
    color[i] = colorOf[from] as number;
  }
  return { span, address, sizeBytes, color };
}

function roomLike(column: Numbers): Numbers {
  return column instanceof Uint32Array ? new Uint32Array(column.length) : new Float64Array(column.length);
}

/** The same order with other colours: sources change when frames are hidden or named. */
export function recolored(order: AddressOrder, colorOf: Uint8Array): AddressOrder {
  const color = new Uint8Array(order.span.length);
  for (let i = 0; i < color.length; i++) color[i] = colorOf[order.span[i] as number] as number;
  return { ...order, color };
}

/** The positions whose blocks begin in a region. */
export function regionSlice(order: AddressOrder, region: HeapRegion): { readonly from: number; readonly to: number } {
  return {
    from: firstAtOrAfter(order.address, region.baseAddress),
    to: firstAtOrAfter(order.address, region.baseAddress + region.sizeBytes),
  };
}
