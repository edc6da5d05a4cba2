import type { HeapRegion } from '../../lib/public/browser.js';
import type { Stretch } from '../paint/map-layout.js';
import { type AddressOrder, regionSlice } from './address-order.js';

/** What of a region blocks ever were in, and the stretches between them in which nothing ever was, the longest first. */
export interface Touched {
  /** Undefined when no block ever was in it. */
  readonly used: Stretch | undefined;
  readonly unused: readonly Stretch[];
}

/** More marks than this would hide what lies between them. */
const MAX_KEPT = 64;
const MAX_FOLDS = 8;
/** A stretch is long when it takes this share of what is shown. */
const LONG_SHARE = 1 / 6;
/** What of an unused stretch stays in sight at each of its ends: that something is free there. */
const MARGIN_SHARE = 1 / 64;

const known = new WeakMap<AddressOrder['address'], Map<string, Touched>>();

export function touchedOf(order: AddressOrder, region: HeapRegion): Touched {
  const regions = known.get(order.address) ?? new Map<string, Touched>();
  known.set(order.address, regions);
  const key = `${region.baseAddress}+${region.sizeBytes}`;
  const found = regions.get(key) ?? look(order, region);
  regions.set(key, found);
  return found;
}

function look({ address, sizeBytes, ...rest }: AddressOrder, region: HeapRegion): Touched {
  const { from, to } = regionSlice({ address, sizeBytes, ...rest }, region);
  if (to === from) return { used: undefined, unused: [] };
  const least = Math.max(region.unitBytes * 16, region.sizeBytes / 4096);
  const low = address[from] as number;
  const unused: Stretch[] = [];
  let high = low;
  for (let i = from; i < to; i++) {
    const start = address[i] as number;
    if (start - high >= least) unused.push({ from: high, to: start });
    const end = start + (sizeBytes[i] as number);
    if (end > high) high = end;
  }
  unused.sort((a, b) => b.to - b.from - (a.to - a.from));
  return { used: { from: low, to: high }, unused: unused.slice(0, MAX_KEPT) };
}

/** The stretches of a window that marks stand for, ascending: those that take much of what else is shown. */
export function foldsIn(view: Stretch, { unused }: Touched, unitBytes: number): Stretch[] {
  const unit = Math.max(1, unitBytes);
  const folds: Stretch[] = [];
  let left = view.to - view.from;
  // The longest first: what is long depends on what is left without it.
  for (const stretch of unused) {
    if (folds.length === MAX_FOLDS) break;
    if (stretch.from <= view.from || stretch.to >= view.to) continue;
    const length = stretch.to - stretch.from;
    if (length < left * LONG_SHARE || length < 32 * unit) break;
    const margin = Math.max(unit, Math.floor((Math.min(length, left - length) * MARGIN_SHARE) / unit) * unit);
    // Parts begin where rows do: at whole units from the begin of what is shown.
    const to = view.from + Math.floor((stretch.to - margin - view.from) / unit) * unit;
    folds.push({ from: stretch.from + margin, to });
    left -= length;
  }
  return folds.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from);
}
