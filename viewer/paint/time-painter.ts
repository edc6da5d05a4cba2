import type { AddressOrder } from '../model/address-order.js';
import type { Range } from '../state/app-state.js';
import { COLOR_COUNT, FREE_COLOR, LEVELS, rgbOf, word } from './palette.js';

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

/** Paints every lifespan as a rectangle: from its allocation to its end across, over its addresses upwards. */
export function paintTime(order: AddressOrder, picture: TimePicture): void {
  const { width, height, image, table, axis, time, address } = picture;
  image.fill(word(rgbOf(FREE_COLOR)));
  const perTime = width / Math.max(Number.EPSILON, time.to - time.from);
  const perByte = height / Math.max(1, address.to - address.from);
  const thickEdges = perByte * 16 >= 3;
  for (let i = 0; i < order.span.length; i++) {
    const start = order.address[i] ?? 0;
    const size = order.sizeBytes[i] ?? 0;
    if (start >= address.to || start + size <= address.from) continue;
    const t0 = axis.at[order.startSeq[i] ?? 0] ?? 0;
    const t1 = axis.at[order.endSeq[i] ?? 0] ?? 0;
    if (t0 >= time.to || t1 < time.from) continue;
    const x0 = Math.max(0, Math.floor((t0 - time.from) * perTime));
    const x1 = Math.min(width, Math.max(x0 + 1, Math.round((t1 - time.from) * perTime)));
    // Low addresses at the bottom.
    const y1 = height - Math.max(0, Math.floor((start - address.from) * perByte));
    const y0 = Math.max(0, Math.min(y1 - 1, height - Math.round((start + size - address.from) * perByte)));
    const color = (order.color[i] ?? 0) * (LEVELS + 1) + LEVELS;
    const fill = table[color] ?? 0;
    for (let y = y0; y < y1; y++) image.fill(fill, y * width + x0, y * width + x1);
    if (thickEdges && y1 - y0 >= 3 && x1 - x0 >= 3) {
      const edge = table[COLOR_COUNT * (LEVELS + 1) + color] ?? 0;
      image.fill(edge, (y1 - 1) * width + x0, (y1 - 1) * width + x1);
      for (let y = y0; y < y1; y++) image[y * width + x0] = edge;
    }
  }
}

/** The event at a place of the axis: the last one that is not after it. */
export function seqAt(axis: TimeAxis, value: number): number {
  let low = 0;
  let high = axis.at.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((axis.at[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return Math.min(low, Math.max(0, axis.at.length - 2));
}
