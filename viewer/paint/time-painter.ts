import { type Lifespans, lastAtOrBefore } from '../../lib/public/browser.js';
import type { AddressOrder } from '../model/address-order.js';
import type { Range } from '../state/app-state.js';
import { CLASS_COUNT, type ColorTable, FREE_COLOR, LEVELS, mix, rgbOf, word } from './palette.js';

const LEAST_BRIGHT = 0.2;
/** How finely a pixel's brightness follows how full it is. */
const SHADES = 64;

/** How events lie on the time axis: their number, or their time where the trace has a clock. */
export interface TimeAxis {
  readonly kind: 'events' | 'clock';
  readonly eventCount: number;
  /** By event and one more for the end of the trace, never falling; undefined where events lie at their number. */
  readonly times: Float64Array | undefined;
}

/** Where an event lies; the end of the trace is one more. */
export function placeOfSeq({ times }: TimeAxis, seq: number): number {
  return times ? (times[seq] ?? 0) : seq;
}

/** Events without a time take that of the event before them; a clock that runs backwards stands still instead. */
export function timeAxis(eventCount: number, atUs: Float64Array | undefined): TimeAxis {
  if (!atUs) return { kind: 'events', eventCount, times: undefined };
  const at = new Float64Array(eventCount + 1);
  let latest = Number.NaN;
  for (let i = 0; i < eventCount; i++) {
    const us = atUs[i] ?? Number.NaN;
    if (!(us <= latest) && Number.isFinite(us)) latest = us;
    at[i] = Number.isNaN(latest) ? 0 : latest;
  }
  at[eventCount] = (at[eventCount - 1] ?? 0) + 1;
  return { kind: 'clock', eventCount, times: at };
}

export interface TimePicture {
  readonly width: number;
  readonly height: number;
  readonly image: Uint32Array;
  readonly table: ColorTable;
  readonly axis: TimeAxis;
  /** In units of the axis. */
  readonly time: Range;
  readonly address: Range;
}

/**
 * Paints every lifespan as a rectangle: from its allocation to its end across, over its addresses upwards. A pixel has the colour of the class that
 * has most of it, as bright as it is full: a mean of many colours would say neither who nor how much. What is lit comes before what is dimmed. Rows
 * are painted one by one from the lowest addresses up, as the blocks are in that order; a rectangle only notes where it begins and ends in a row, so
 * that a long life costs no more than a short one.
 */
export class TimePainter {
  /** By class in use and pixel of a row, the change of the share covered from the pixel before. */
  private changes = new Float32Array(0);
  private readonly planeOf = new Int16Array(2 * CLASS_COUNT);

  paint(order: AddressOrder, spans: Lifespans, picture: TimePicture): void {
    const { width, height, address, image } = picture;
    const classes = this.classesIn(order);
    const stride = width + 2;
    if (this.changes.length < classes.length * stride) this.changes = new Float32Array(classes.length * stride);
    const shades = classes.map((index) => shadesOf(picture.table, index));
    const perByte = height / Math.max(1, address.to - address.from);
    let active: number[] = [];
    let next = firstBelow(order, address.from);
    for (let row = height - 1; row >= 0; row--) {
      // Low addresses at the bottom.
      const low = address.from + (height - 1 - row) / perByte;
      const high = low + 1 / perByte;
      active = active.filter((i) => (order.address[i] ?? 0) + (order.sizeBytes[i] ?? 0) > low);
      for (; next < order.span.length && (order.address[next] ?? 0) < high; next++) {
        if (
          (order.address[next] ?? 0) + (order.sizeBytes[next] ?? 0) > low &&
          inTime(spans, picture, order.span[next] ?? 0)
        )
          active.push(next);
      }
      if (active.length === 0) {
        image.fill(shades[0]?.[0] ?? word(rgbOf(FREE_COLOR)), row * width, (row + 1) * width);
        continue;
      }
      this.changes.fill(0, 0, classes.length * stride);
      for (const i of active) {
        const start = order.address[i] ?? 0;
        const share = Math.min(1, (Math.min(high, start + (order.sizeBytes[i] ?? 0)) - Math.max(low, start)) * perByte);
        this.note(spans, picture, {
          span: order.span[i] ?? 0,
          share,
          at: (this.planeOf[order.color[i] ?? 0] ?? 0) * stride,
        });
      }
      this.resolve(picture, { row, classes, shades });
    }
  }

  /** The classes that occur, those that are lit first. */
  private classesIn(order: AddressOrder): number[] {
    const used = new Uint8Array(2 * CLASS_COUNT);
    for (const color of order.color) used[color] = 1;
    const classes = [...used.keys()].filter((index) => used[index] === 1);
    classes.forEach((index, plane) => {
      this.planeOf[index] = plane;
    });
    return classes;
  }

  private note(
    { startSeq, endSeq }: Lifespans,
    { axis, time, width }: TimePicture,
    { span, share, at }: { readonly span: number; readonly share: number; readonly at: number },
  ): void {
    const perTime = width / Math.max(Number.EPSILON, time.to - time.from);
    const from = (placeOfSeq(axis, startSeq[span] ?? 0) - time.from) * perTime;
    const to = (placeOfSeq(axis, endSeq[span] ?? 0) - time.from) * perTime;
    this.change(at, Math.max(0, from), share);
    this.change(at, Math.min(width, to), -share);
  }

  /** From a place within a pixel on: the pixel gets its part, the next one the rest. */
  private change(row: number, x: number, share: number): void {
    const pixel = Math.floor(x);
    const rest = share * (x - pixel);
    const at = row + pixel;
    this.changes[at] = (this.changes[at] ?? 0) + share - rest;
    if (rest !== 0) this.changes[at + 1] = (this.changes[at + 1] ?? 0) + rest;
  }

  private resolve(
    { width, image }: TimePicture,
    { row, classes, shades }: { row: number; classes: readonly number[]; shades: readonly Uint32Array[] },
  ): void {
    const { changes } = this;
    const stride = width + 2;
    const sums = new Float32Array(classes.length);
    const ground = word(rgbOf(FREE_COLOR));
    for (let x = 0; x < width; x++) {
      let [covered, most, plane, lit] = [0, 0, -1, false];
      for (let at = 0; at < classes.length; at++) {
        const sum = (sums[at] ?? 0) + (changes[at * stride + x] ?? 0);
        sums[at] = sum;
        if (sum < 0.0005) continue;
        covered += sum;
        const isLit = (classes[at] ?? 0) < CLASS_COUNT;
        // Lit classes come first: a dimmed one never takes a pixel from them.
        if (sum > most && (isLit || !lit)) [most, plane, lit] = [sum, at, isLit];
      }
      const shade = Math.min(SHADES, Math.ceil(covered * SHADES));
      image[row * width + x] = plane < 0 ? ground : (shades[plane]?.[shade] ?? ground);
    }
  }
}

function inTime({ startSeq, endSeq }: Lifespans, { axis, time }: TimePicture, span: number): boolean {
  return placeOfSeq(axis, startSeq[span] ?? 0) < time.to && placeOfSeq(axis, endSeq[span] ?? 0) >= time.from;
}

/** The first block that may reach into a window of addresses: blocks are looked at from the beginning, because any may be long. */
function firstBelow(order: AddressOrder, from: number): number {
  let first = 0;
  while (first < order.span.length && (order.address[first] ?? 0) + (order.sizeBytes[first] ?? 0) <= from) first++;
  return first;
}

/** By how full a pixel is: a class's colour, from the ground to its own. */
function shadesOf({ words }: ColorTable, index: number): Uint32Array {
  const full = words[index * (LEVELS + 1) + LEVELS] ?? 0;
  const own = [full & 255, (full >>> 8) & 255, (full >>> 16) & 255] as const;
  const free = rgbOf(FREE_COLOR);
  return Uint32Array.from({ length: SHADES + 1 }, (_, shade) =>
    // Even a sliver of a block must be seen.
    word(mix(free, own, shade === 0 ? 0 : LEAST_BRIGHT + (1 - LEAST_BRIGHT) * (shade / SHADES))),
  );
}

/** The event at a place of the axis: the last one that is not after it. */
export function seqAt(axis: TimeAxis, value: number): number {
  const { times, eventCount } = axis;
  const last = times ? lastAtOrBefore(times, value) : Math.floor(value);
  return Math.max(0, Math.min(last, eventCount - 1));
}
