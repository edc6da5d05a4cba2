import type { HeapRegion } from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { touchedOf } from '../model/stretches.js';
import type { Range } from '../state/app-state.js';

/** The part of a region that was ever used, with a margin; the whole of it when little is left out. */
export function touchedRange(loaded: LoadedTrace, region: HeapRegion): Range {
  const end = region.baseAddress + region.sizeBytes;
  const whole = { from: region.baseAddress, to: end };
  const used = loaded.order && touchedOf(loaded.order, region).used;
  if (!used) return whole;
  const margin = Math.max(region.unitBytes * 4, (used.to - used.from) * 0.02);
  const touched = clampWindow({ from: used.from - margin, to: used.to + margin }, region);
  return touched.to - touched.from > region.sizeBytes * 0.6 ? whole : touched;
}

/** Keeps a window inside its region and at least a few units long. */
export function clampWindow(window: Range, region: HeapRegion): Range {
  const end = region.baseAddress + region.sizeBytes;
  const least = Math.min(region.sizeBytes, Math.max(4, region.unitBytes) * 8);
  const length = Math.min(region.sizeBytes, Math.max(least, window.to - window.from));
  const unit = Math.max(1, region.unitBytes);
  const wanted = Math.max(region.baseAddress, Math.min(end - length, window.from));
  // Rows begin at whole units.
  const from = region.baseAddress + Math.floor((wanted - region.baseAddress) / unit) * unit;
  return { from, to: Math.min(end, Math.ceil(from + length)) };
}

/** Zooms by a factor so that an address stays where it is. */
export function zoomed(window: Range, factor: number, around: number): Range {
  const length = (window.to - window.from) * factor;
  const share = (around - window.from) / Math.max(1, window.to - window.from);
  const from = around - share * length;
  return { from, to: from + length };
}
