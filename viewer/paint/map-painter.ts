import type { HeapRegion } from '../../lib/public/browser.js';
import { type AddressOrder, regionSlice } from '../model/address-order.js';
import { GapFinder, type RegionState } from '../model/live-blocks.js';
import { nextBit } from '../model/live-index.js';
import type { MapLayout } from './map-layout.js';
import { CLASS_COUNT, type ColorTable, FREE_COLOR, LEVELS, OUTSIDE_COLOR, rgbOf, word } from './palette.js';

/** What is painted: the live blocks (a bit for each place of the address order), where, and with which colours. */
export interface MapPicture {
  readonly bits: Uint32Array;
  readonly layout: MapLayout;
  readonly table: ColorTable;
  readonly image: Uint32Array;
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

  paint(order: AddressOrder, region: HeapRegion, at: MapPicture): RegionState {
    this.prepare(at.layout);
    const state = this.coverAll(order, region, at);
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

  /** One pass over the live blocks both paints them and finds the gaps between them: where they lie in memory is far apart. */
  private coverAll(order: AddressOrder, region: HeapRegion, { bits, layout }: MapPicture): RegionState {
    const { address, sizeBytes, color } = order;
    const { from, to } = regionSlice(order, region);
    const gaps = new GapFinder(region);
    const end = Math.min(region.baseAddress + region.sizeBytes, layout.toAddress);
    // No block lies in a fold or reaches over one, so the part that it begins in holds it.
    let part = 0;
    let [low, high, place] = [layout.fromAddress, layout.parts[0]?.toAddress ?? end, 0];
    for (let at = nextBit(bits, from, to); at >= 0; at = nextBit(bits, at + 1, to)) {
      const start = address[at] as number;
      const size = sizeBytes[at] as number;
      gaps.block(start, size);
      if (start >= end) continue;
      while (start >= high && part < layout.parts.length - 1) {
        const next = layout.parts[++part];
        if (!next) break;
        low = next.fromAddress;
        high = next.toAddress;
        place = next.firstRow * layout.rowBytes;
      }
      const stop = Math.min(start + size, end);
      if (stop > low) this.cover(layout, Math.max(0, start - low) + place, stop - low + place, color[at] as number);
    }
    return gaps.state();
  }

  /** Adds a block to the line of pixels that the rows make when laid end to end. */
  private cover(layout: MapLayout, start: number, end: number, color: number): void {
    const perByte = layout.width / layout.rowBytes;
    const limit = layout.rows * layout.width;
    const p0 = start * perByte;
    const p1 = Math.min(limit, end * perByte);
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
  private expand(region: HeapRegion, { layout, table, image }: MapPicture): void {
    const { width, height, rows, rowHeight } = layout;
    const outside = word(rgbOf(OUTSIDE_COLOR));
    // Rows that are tall enough get a line between them.
    const ruled = rowHeight >= 6;
    const lines = ruled ? rowHeight - 1 : rowHeight;
    const inside = insideOf(region, layout);
    for (let row = 0; row < rows; row++) {
      const top = row * rowHeight * width;
      const [from, to] = [inside[2 * row] as number, inside[2 * row + 1] as number];
      if (to <= from) {
        image.fill(outside, top, top + rowHeight * width);
        continue;
      }
      this.paintLine(row * width, { from, to, width, table, outside });
      for (let y = 0; y < lines; y++) image.set(this.line, top + y * width);
      if (ruled) image.fill(outside, top + lines * width, top + rowHeight * width);
    }
    image.fill(outside, Math.min(height, rows * rowHeight) * width);
  }

  private paintLine(
    base: number,
    at: {
      readonly from: number;
      readonly to: number;
      readonly width: number;
      readonly table: ColorTable;
      readonly outside: number;
    },
  ): void {
    const { line, coverage, color, edge } = this;
    const { from, to, width, table, outside } = at;
    const { words, patterns } = table;
    line.fill(word(rgbOf(FREE_COLOR)), from, to);
    for (let x = from; x < to; x++) {
      const covered = coverage[base + x] as number;
      if (covered === 0) continue;
      const level = covered >= 0.999 ? LEVELS : Math.ceil(covered * LEVELS);
      const index = color[base + x] as number;
      const dark = (edge[base + x] as number) | (((patterns[index] as number) >> (x & 15)) & 1);
      line[x] = words[(dark * 2 * CLASS_COUNT + index) * (LEVELS + 1) + level] as number;
    }
    line.fill(outside, 0, from);
    line.fill(outside, to, width);
  }
}

/** By row: from which pixel to which it is memory of the region; nothing of a fold is. */
function insideOf(region: HeapRegion, layout: MapLayout): Int32Array {
  const { parts, rows, rowBytes, width } = layout;
  const perByte = width / rowBytes;
  const inside = new Int32Array(2 * rows);
  const regionEnd = region.baseAddress + region.sizeBytes;
  for (const { fromAddress, toAddress, firstRow } of parts) {
    const [low, high] = [Math.max(fromAddress, region.baseAddress), Math.min(toAddress, regionEnd)];
    const begin = firstRow * rowBytes + low - fromAddress;
    const end = firstRow * rowBytes + high - fromAddress;
    const last = Math.min(rows, Math.ceil(end / rowBytes));
    for (let row = Math.floor(begin / rowBytes); row < last; row++) {
      inside[2 * row] = Math.max(0, Math.min(width, Math.ceil((begin - row * rowBytes) * perByte - 0.5)));
      inside[2 * row + 1] = Math.max(0, Math.min(width, Math.floor((end - row * rowBytes) * perByte - 0.5) + 1));
    }
  }
  return inside;
}
