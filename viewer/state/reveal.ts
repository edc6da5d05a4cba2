import type { HeapRegion } from '../../lib/public/browser.js';
import { blockOf } from '../model/block.js';
import { liveBits, regionState } from '../model/live-blocks.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { clampWindow, touchedRange } from '../views/map-window.js';
import { type AppState, app, type Range } from './app-state.js';

/** Moves what the map and the time view show so that a block is in it; nothing when it is already. */
export function revealed(loaded: LoadedTrace, span: number): Partial<AppState> {
  const { time, timeAddress, timeAxis } = app.get();
  if (span < 0 || !loaded.order) return {};
  const { spans, regions, trace } = loaded;
  const { address, sizeBytes } = blockOf(loaded, span);
  const block = { from: address, to: address + sizeBytes };
  const region = regions.find((it) => address >= it.baseAddress && address < it.baseAddress + it.sizeBytes);
  if (!region) return {};
  scrollTo(region.name);
  const clock = timeAxis === 'clock' ? trace.events.atUs : undefined;
  const at = (seq: number) => (clock ? (clock[Math.min(seq, clock.length - 1)] ?? 0) : seq);
  const life = { from: at(spans.startSeq[span] ?? 0), to: at(spans.endSeq[span] ?? 0) };
  return {
    ...mapOf(loaded, region, block),
    ...timeOf(time, time && around(time, life)),
    ...timeAddressOf(timeAddress, around(timeAddress ?? touchedRange(loaded, region), block)),
  };
}

/** Moves what the map shows so that the largest free block of a memory is in it. */
export function revealedGap(loaded: LoadedTrace, regionName: string, atSeq: number): Partial<AppState> {
  const region = loaded.regions.find(({ name }) => name === regionName);
  const bits = liveBits(loaded, atSeq);
  if (!region || !bits || !loaded.order) return {};
  scrollTo(region.name);
  const { largestAddress, largestFreeBytes } = regionState(loaded.order, region, bits);
  if (largestAddress < 0) return {};
  return mapOf(loaded, region, { from: largestAddress, to: largestAddress + largestFreeBytes });
}

function mapOf(loaded: LoadedTrace, region: HeapRegion, part: Range): Partial<AppState> {
  const { windows } = app.get();
  const moved = around(clampWindow(windows[region.name] ?? touchedRange(loaded, region), region), part);
  return moved ? { windows: { ...windows, [region.name]: clampWindow(moved, region) } } : {};
}

function timeOf(before: Range | undefined, moved: Range | undefined): Partial<AppState> {
  return before && moved ? { time: moved } : {};
}

function timeAddressOf(before: Range | undefined, moved: Range | undefined): Partial<AppState> {
  return before && moved ? { timeAddress: moved } : {};
}

/** A window of the same length with a part in its middle; undefined when some of the part is in it already. */
function around(window: Range, part: Range): Range | undefined {
  if (part.from < window.to && part.to > window.from) return undefined;
  const length = window.to - window.from;
  // Of what is longer than the window its begin is shown.
  const from = Math.max(0, Math.floor(Math.min(part.from, (part.from + part.to - length) / 2)));
  return { from, to: from + length };
}

/** Of several memories below each other the one with the block. */
function scrollTo(regionName: string): void {
  requestAnimationFrame(() => {
    const maps = [...document.querySelectorAll<HTMLElement>('.maps .region')];
    if (maps.length < 2) return;
    maps.find((it) => it.dataset.region === regionName)?.scrollIntoView({ block: 'nearest' });
  });
}
