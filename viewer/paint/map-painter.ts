import type { HeapRegion } from '../../lib/public/browser.js';
import { type AddressOrder, regionSlice } from '../model/address-order.js';
import type { MapLayout } from './map-layout.js';
import { CLASS_COUNT, type ColorTable, FREE_COLOR, LEVELS, OUTSIDE_COLOR, rgbOf, word } from './palette.js';

/** A region at an event, as one pass over its blocks finds it. */
export interface RegionState {
  readonly usedBlocks: number;
  readonly freeBytes: number;
  readonly largestFreeBytes: number;
  /** Where the largest gap begins; -1 without any. */
  readonly largestAddress: number;
  readonly gapCount: number;
}

/** A pixel counts as used in eighths; a row of this many bytes or more shows the edges of its blocks. */
const EDGE_PIXELS = 3;

/**
 * Paints the live blocks of a region into an image, and finds its gaps on the way. Keeps its buffers: at a million events nothing
 * is allocated from one frame to the next.
 */
export class MapPainter {
  private coverage = new Float32Array(0);
  private color = new Uint8Array(0);
  private edge = new Uint8Array(0);
  private line = new Uint32Array(0);

  paint(
    order: AddressOrder,
    region: HeapRegion,
    at: { readonly seq: number; readonly layout: MapLayout; readonly table: ColorTable; readonly image: Uint32Array },
  ): RegionState {
    this.prepare(at.layout);
    const state = this.scan(order, region, at);
    this.expand(region, at);
    return state;
  }

  private prepare(layout: MapLayout): void {
    const pixels = layout.rows * layout.width;
    if (this.color.length < pixels) {
      this.coverage = new Float32Array(pixels + 1);
      this.color = new Uint8Array(pixels + 1);
      this.edge = new Uint8Array(pixels + 1);
    }
    this.coverage.fill(0, 0, pixels);
    this.edge.fill(0, 0, pixels);
    if (this.line.length !== layout.width) this.line = new Uint32Array(layout.width);
  }

  private scan(
    order: AddressOrder,
    region: HeapRegion,
    at: { readonly seq: number; readonly layout: MapLayout },
  ): RegionState {
    const { address, sizeBytes, startSeq, endSeq, color } = order;
    const { from, to } = regionSlice(order, region);
    const { seq, layout } = at;
    const end = region.baseAddress + region.sizeBytes;
    let cursor = region.baseAddress;
    let usedBlocks = 0;
    let freeBytes = 0;
    let largestFreeBytes = 0;
    let largestAddress = -1;
    let gapCount = 0;
    for (let i = from; i < to; i++) {
      // Alive when begun by now and not ended: both differences are negative. One branch, because neither can be predicted.
      if ((((startSeq[i] ?? 0) - seq - 1) & (seq - (endSeq[i] ?? 0))) >= 0) continue;
      const size = sizeBytes[i] ?? 0;
      if (size === 0) continue;
      const start = address[i] ?? 0;
      if (start > cursor) {
        const gap = start - cursor;
        gapCount++;
        freeBytes += gap;
        if (gap > largestFreeBytes) {
          largestFreeBytes = gap;
          largestAddress = cursor;
        }
      }
      if (start + size > cursor) cursor = start + size;
      usedBlocks++;
      if (start < layout.toAddress && start + size > layout.fromAddress) {
        this.cover(layout, start, Math.min(start + size, end), color[i] ?? 0);
      }
    }
    if (end > cursor) {
      const gap = end - cursor;
      gapCount++;
      freeBytes += gap;
      if (gap > largestFreeBytes) {
        largestFreeBytes = gap;
        largestAddress = cursor;
      }
    }
    return { usedBlocks, freeBytes, largestFreeBytes, largestAddress, gapCount };
  }

  /** Adds a block to the line of pixels that the rows make when laid end to end. */
  private cover(layout: MapLayout, start: number, end: number, color: number): void {
    const perByte = layout.width / layout.rowBytes;
    const limit = layout.rows * layout.width;
    const p0 = Math.max(0, (start - layout.fromAddress) * perByte);
    const p1 = Math.min(limit, (Math.min(end, layout.toAddress) - layout.fromAddress) * perByte);
    if (p1 <= p0) return;
    const first = Math.floor(p0);
    const last = Math.floor(p1);
    if (first === last) {
      this.addPart(first, p1 - p0, color);
      return;
    }
    this.addPart(first, first + 1 - p0, color);
    if (last > first + 1) {
      this.coverage.fill(1, first + 1, last);
      this.color.fill(color, first + 1, last);
    }
    if (p1 > last) this.addPart(last, p1 - last, color);
    if (p1 - p0 >= EDGE_PIXELS && layout.rowHeight >= EDGE_PIXELS) this.edge[Math.round(p0)] = 1;
  }

  private addPart(pixel: number, share: number, color: number): void {
    const before = this.coverage[pixel] ?? 0;
    if (share >= before) this.color[pixel] = color;
    this.coverage[pixel] = before + share;
  }

  /** Copies the line of pixels into rows of the image. */
  private expand(
    region: HeapRegion,
    at: { readonly layout: MapLayout; readonly table: ColorTable; readonly image: Uint32Array },
  ): void {
    const { layout, table, image } = at;
    const { width, height, rows, rowHeight } = layout;
    const { words, patterns } = table;
    const outside = word(rgbOf(OUTSIDE_COLOR));
    const free = word(rgbOf(FREE_COLOR));
    const perByte = width / layout.rowBytes;
    const regionFrom = (region.baseAddress - layout.fromAddress) * perByte;
    const regionTo = (Math.min(region.baseAddress + region.sizeBytes, layout.toAddress) - layout.fromAddress) * perByte;
    // Rows that are tall enough get a line between them.
    const ruled = rowHeight >= 6;
    for (let row = 0; row < rows; row++) {
      const base = row * width;
      for (let x = 0; x < width; x++) {
        const pixel = base + x;
        if (pixel + 0.5 < regionFrom || pixel + 0.5 > regionTo) this.line[x] = outside;
        else {
          const covered = this.coverage[pixel] ?? 0;
          const level = covered >= 0.999 ? LEVELS : Math.ceil(covered * LEVELS);
          const color = this.color[pixel] ?? 0;
          const dark = (this.edge[pixel] ?? 0) | (((patterns[color] ?? 0) >> (x & 15)) & 1);
          const at = (dark * 2 * CLASS_COUNT + color) * (LEVELS + 1) + level;
          this.line[x] = level === 0 ? free : (words[at] ?? free);
        }
      }
      const lines = ruled ? rowHeight - 1 : rowHeight;
      const top = row * rowHeight * width;
      for (let y = 0; y < lines; y++) image.set(this.line, top + y * width);
      if (ruled) image.fill(outside, top + lines * width, top + rowHeight * width);
    }
    image.fill(outside, Math.min(height, rows * rowHeight) * width);
  }
}
