import type { HeapRegion } from '../../lib/public/browser.js';
import { type AddressOrder, regionSlice } from '../model/address-order.js';
import { GapFinder, type RegionState } from '../model/live-blocks.js';
import { nextBit } from '../model/live-index.js';
import type { MapLayout } from './map-layout.js';
import { type ColorTable, FREE_COLOR, OUTSIDE_COLOR, rgbOf, word } from './palette.js';
import { RowPen } from './row-pen.js';

/** What is painted: the live blocks (a bit for each place of the address order), where, and with which colours. */
export interface MapPicture {
  readonly bits: Uint32Array;
  readonly layout: MapLayout;
  readonly table: ColorTable;
  readonly image: Uint32Array;
}

/** Rows of this height or more get a line between them. */
const RULED_PIXELS = 6;

/** Paints the live blocks of a region into an image, and finds its gaps on the way; nothing is allocated from one frame to the next. */
export class MapPainter {
  private readonly pen = new RowPen();

  paint(order: AddressOrder, region: HeapRegion, at: MapPicture): RegionState {
    clearLines(at);
    this.pen.begin(at.image, at.table, at.layout);
    const state = this.drawBlocks(order, region, at);
    this.pen.end();
    expand(region, at);
    return state;
  }

  /** One pass over the live blocks both draws them and finds the gaps between them: where they lie in memory is far apart. */
  private drawBlocks(order: AddressOrder, region: HeapRegion, { bits, layout }: MapPicture): RegionState {
    const { address, sizeBytes, color } = order;
    const { from, to } = regionSlice(order, region);
    const gaps = new GapFinder(region);
    const end = Math.min(region.baseAddress + region.sizeBytes, layout.toAddress);
    const perByte = layout.width / layout.rowBytes;
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
      if (stop <= low) continue;
      this.pen.block((Math.max(0, start - low) + place) * perByte, (stop - low + place) * perByte, color[at] as number);
    }
    return gaps.state();
  }
}

/** The first line of each row is free memory until a block is drawn there. */
function clearLines({ layout, image }: MapPicture): void {
  const { rows, rowHeight, width } = layout;
  const free = word(rgbOf(FREE_COLOR));
  if (rowHeight === 1) image.fill(free, 0, rows * width);
  else for (let row = 0; row < rows; row++) image.fill(free, row * rowHeight * width, (row * rowHeight + 1) * width);
}

/** Makes rows as tall as they are of their first lines; what lies outside of the region is drawn over. */
function expand(region: HeapRegion, { layout, image }: MapPicture): void {
  const { width, height, rows, rowHeight } = layout;
  const outside = word(rgbOf(OUTSIDE_COLOR));
  // Rows that are tall enough get a line between them.
  const lines = rowHeight >= RULED_PIXELS ? rowHeight - 1 : rowHeight;
  const inside = insideOf(region, layout);
  for (let row = 0; row < rows; row++) {
    const top = row * rowHeight * width;
    const [from, to] = [inside[2 * row] as number, inside[2 * row + 1] as number];
    if (to <= from) {
      image.fill(outside, top, top + rowHeight * width);
      continue;
    }
    if (from > 0) image.fill(outside, top, top + from);
    if (to < width) image.fill(outside, top + to, top + width);
    for (let y = 1; y < lines; y++) image.copyWithin(top + y * width, top, top + width);
    if (lines < rowHeight) image.fill(outside, top + lines * width, top + rowHeight * width);
  }
  image.fill(outside, Math.min(height, rows * rowHeight) * width);
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
