import type { MapLayout } from './map-layout.js';
import { CLASS_COUNT, type ColorTable, LEVELS } from './palette.js';

/** Blocks of so many pixels or more show where they begin, in rows of this height or more. */
const EDGE_PIXELS = 3;
/** What divisions leave over is no block, and makes no level more. */
const ROUNDING = 1e-8;
/** Of so many pixels or more the engine's own loop is faster. */
const FILL_PIXELS = 24;
const STRIDE = LEVELS + 1;
const DARK = 2 * CLASS_COUNT * STRIDE;

/**
 * Draws blocks, told in the order of their addresses, into the first line of each row of an image. A pixel that several of them share
 * is drawn when the last of them is known, so that nothing is kept but the one pixel where the pen stands.
 */
export class RowPen {
  private image: Uint32Array = new Uint32Array(0);
  private words: Uint32Array = new Uint32Array(0);
  private patterns: Uint16Array = new Uint16Array(0);
  private width = 1;
  private rowLength = 1;
  private limit = 0;
  private edged = false;
  private pixel = -1;
  /** The first pixel of the row where the pen stands, and where that lies in the image. */
  private rowStart = 0;
  private rowAt = 0;
  private covered = 0;
  private color = 0;
  private isEdge = false;

  begin(image: Uint32Array, { words, patterns }: ColorTable, { width, rowHeight, rows }: MapLayout): void {
    this.image = image;
    this.words = words;
    this.patterns = patterns;
    this.width = width;
    this.rowLength = rowHeight * width;
    this.limit = rows * width;
    this.edged = rowHeight >= EDGE_PIXELS;
    this.pixel = -1;
    this.rowStart = 0;
    this.rowAt = 0;
    this.covered = 0;
    this.isEdge = false;
  }

  /** From one place to another on the line of pixels that the rows make when laid end to end; what lies before the pen is left out. */
  block(from: number, to: number, color: number): void {
    const end = Math.min(to, this.limit);
    const start = Math.max(from, this.pixel);
    if (end <= start) return;
    const first = Math.floor(start);
    const last = Math.floor(end);
    if (first > this.pixel) this.moveTo(first);
    const hasEdge = this.edged && end - start >= EDGE_PIXELS;
    const edgeFirst = hasEdge && start - first < 0.5;
    if (edgeFirst) this.isEdge = true;
    if (first === last) {
      this.share(end - start, color);
      return;
    }
    this.share(first + 1 - start, color);
    this.draw();
    const count = last - first - 1;
    const x = this.pixel + 1 - this.rowStart;
    if (count > 0 && count < FILL_PIXELS && !hasEdge && x + count <= this.width && this.patterns[color] === 0) {
      // A few pixels of one row: most blocks are no more.
      const light = this.words[color * STRIDE + LEVELS] as number;
      const { image } = this;
      const at = this.rowAt + x;
      for (let i = at; i < at + count; i++) image[i] = light;
    } else if (count > 0) this.run(first + 1, last, { color, edge: hasEdge && !edgeFirst });
    this.moveTo(last);
    if (end > last) this.share(end - last, color);
  }

  /** After the last block. */
  end(): void {
    this.draw();
  }

  /** The colour of a shared pixel is that of the last block which has at least as much of it as those before it together. */
  private share(part: number, color: number): void {
    if (part < ROUNDING) return;
    if (part >= this.covered) this.color = color;
    this.covered += part;
  }

  private moveTo(pixel: number): void {
    this.draw();
    this.pixel = pixel;
    while (pixel >= this.rowStart + this.width) {
      this.rowStart += this.width;
      this.rowAt += this.rowLength;
    }
  }

  /** The pixel where the pen stands. */
  private draw(): void {
    const { covered, color } = this;
    if (covered === 0) return;
    const x = this.pixel - this.rowStart;
    const level = covered >= 0.999 ? LEVELS : Math.ceil(covered * LEVELS - ROUNDING);
    const isDark = this.isEdge || (((this.patterns[color] as number) >> (x & 15)) & 1) === 1;
    this.image[this.rowAt + x] = this.words[(isDark ? DARK : 0) + color * STRIDE + level] as number;
    this.covered = 0;
    this.isEdge = false;
  }

  /** Pixels behind the pen that one block has for itself; the first of them may be its edge. */
  private run(first: number, last: number, { color, edge }: { readonly color: number; readonly edge: boolean }): void {
    const { image, width } = this;
    const pattern = this.patterns[color] as number;
    const light = this.words[color * STRIDE + LEVELS] as number;
    const dark = this.words[DARK + color * STRIDE + LEVELS] as number;
    let x = first - this.rowStart;
    let rowAt = this.rowAt;
    for (let left = last - first; left > 0; ) {
      if (x === width) {
        x = 0;
        rowAt += this.rowLength;
      }
      const at = rowAt + x;
      const count = Math.min(left, width - x);
      if (pattern !== 0) {
        for (let i = 0; i < count; i++) image[at + i] = (pattern >> ((x + i) & 15)) & 1 ? dark : light;
      } else if (count < FILL_PIXELS) {
        for (let i = 0; i < count; i++) image[at + i] = light;
      } else image.fill(light, at, at + count);
      if (edge && left === last - first) image[at] = dark;
      left -= count;
      x += count;
    }
  }
}
