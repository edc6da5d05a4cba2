import { lastAtOrBefore } from '../../lib/public/browser.js';
import type { AddressOrder } from '../model/address-order.js';
import type { Range } from '../state/app-state.js';
import { FREE_COLOR, LEVELS, rgbOf, word } from './palette.js';

const LEAST_BRIGHT = 0.15;

/** How events lie on the time axis: their number, or their time where the trace has a clock. */
export interface TimeAxis {
  /** By event and one more for the end of the trace; never falling. */
  readonly at: Float64Array;
  readonly kind: 'events' | 'clock';
}

/** Events without a time take that of the event before them; a clock that runs backwards stands still instead. */
export function timeAxis(eventCount: number, atUs: Float64Array | undefined): TimeAxis {
  const at = new Float64Array(eventCount + 1);
  if (!atUs) {
    for (let i = 0; i <= eventCount; i++) at[i] = i;
    return { at, kind: 'events' };
  }
  let latest = Number.NaN;
  for (let i = 0; i < eventCount; i++) {
    const us = atUs[i] ?? Number.NaN;
    if (!(us <= latest) && Number.isFinite(us)) latest = us;
    at[i] = Number.isNaN(latest) ? 0 : latest;
  }
  at[eventCount] = (at[eventCount - 1] ?? 0) + 1;
  return { at, kind: 'clock' };
}

export interface TimePicture {
  readonly width: number;
  readonly height: number;
  readonly image: Uint32Array;
  readonly table: Uint32Array;
  readonly axis: TimeAxis;
  /** In units of the axis. */
  readonly time: Range;
  readonly address: Range;
}

/**
 * Paints every lifespan as a rectangle: from its allocation to its end across, over its addresses upwards. A pixel has the mean
 * colour of what it holds, as bright as it is full, so the picture is right at any size. Each rectangle only notes where its rows
 * begin and end; one sum along the rows then gives the picture. So a long life costs no more than a short one.
 */
export class TimePainter {
  /** By pixel, the change from the pixel before: share covered, then red, green and blue. */
  private readonly planes: Float32Array[] = [];
  private width = 0;

  paint(order: AddressOrder, picture: TimePicture): void {
    this.prepare(picture);
    const { height, table, axis, time, address } = picture;
    const perTime = picture.width / Math.max(Number.EPSILON, time.to - time.from);
    const perByte = height / Math.max(1, address.to - address.from);
    for (let i = 0; i < order.span.length; i++) {
      const start = order.address[i] ?? 0;
      const size = order.sizeBytes[i] ?? 0;
      if (start >= address.to || start + size <= address.from) continue;
      const t0 = axis.at[order.startSeq[i] ?? 0] ?? 0;
      const t1 = axis.at[order.endSeq[i] ?? 0] ?? 0;
      if (t0 >= time.to || t1 < time.from) continue;
      const x0 = Math.max(0, (t0 - time.from) * perTime);
      const x1 = Math.min(picture.width, (t1 - time.from) * perTime);
      // Low addresses at the bottom.
      const y0 = Math.max(0, height - (start + size - address.from) * perByte);
      const y1 = Math.min(height, height - (start - address.from) * perByte);
      this.add({ x0, x1, y0, y1 }, table[(order.color[i] ?? 0) * (LEVELS + 1) + LEVELS] ?? 0);
    }
    this.resolve(picture);
  }

  private prepare({ width, height }: TimePicture): void {
    // One more column: what ends at the right edge notes its end there.
    this.width = width + 2;
    const cells = this.width * height;
    for (let plane = 0; plane < 4; plane++) {
      const kept = this.planes[plane];
      if (kept && kept.length === cells) kept.fill(0);
      else this.planes[plane] = new Float32Array(cells);
    }
  }

  private add(
    box: { readonly x0: number; readonly x1: number; readonly y0: number; readonly y1: number },
    color: number,
  ): void {
    const last = Math.ceil(box.y1);
    for (let y = Math.floor(box.y0); y < last; y++) {
      const share = Math.min(y + 1, box.y1) - Math.max(y, box.y0);
      if (share <= 0) continue;
      this.change(y * this.width, box.x0, share, color);
      this.change(y * this.width, box.x1, -share, color);
    }
  }

  /** From a place within a pixel on: the pixel gets its part, the next one the rest. */
  private change(row: number, x: number, share: number, color: number): void {
    const pixel = Math.floor(x);
    const rest = share * (x - pixel);
    this.note(row + pixel, share - rest, color);
    if (rest !== 0) this.note(row + pixel + 1, rest, color);
  }

  private note(at: number, share: number, color: number): void {
    const [covered, red, green, blue] = this.planes;
    if (!covered || !red || !green || !blue) return;
    covered[at] = (covered[at] ?? 0) + share;
    red[at] = (red[at] ?? 0) + share * (color & 255);
    green[at] = (green[at] ?? 0) + share * ((color >>> 8) & 255);
    blue[at] = (blue[at] ?? 0) + share * ((color >>> 16) & 255);
  }

  private resolve({ width, height, image }: TimePicture): void {
    const [covered, red, green, blue] = this.planes;
    if (!covered || !red || !green || !blue) return;
    const free = rgbOf(FREE_COLOR);
    const ground = word(free);
    for (let y = 0; y < height; y++) {
      let [c, r, g, b] = [0, 0, 0, 0];
      for (let x = 0; x < width; x++) {
        const at = y * this.width + x;
        c += covered[at] ?? 0;
        r += red[at] ?? 0;
        g += green[at] ?? 0;
        b += blue[at] ?? 0;
        if (c < 0.001) {
          image[y * width + x] = ground;
          continue;
        }
        // Even a sliver of a block must be seen.
        const bright = (c >= 0.999 ? 1 : LEAST_BRIGHT + (1 - LEAST_BRIGHT) * c) / c;
        const dark = Math.max(0, 1 - bright * c);
        const red8 = Math.min(255, Math.round(r * bright + free[0] * dark));
        const green8 = Math.min(255, Math.round(g * bright + free[1] * dark));
        const blue8 = Math.min(255, Math.round(b * bright + free[2] * dark));
        image[y * width + x] = (0xff000000 | (blue8 << 16) | (green8 << 8) | red8) >>> 0;
      }
    }
  }
}

/** The event at a place of the axis: the last one that is not after it. */
export function seqAt(axis: TimeAxis, value: number): number {
  return Math.max(0, Math.min(lastAtOrBefore(axis.at, value), axis.at.length - 2));
}
