import { type Epoch, firstAtOrAfter, type Gap, type Mark, type Numbers, sanitize } from '../../lib/public/browser.js';
import type { Range } from '../state/app-state.js';
import { placeOfSeq, type TimeAxis } from './time-painter.js';

export interface Curves {
  readonly axis: TimeAxis;
  readonly range: Range;
  readonly liveBytes: Numbers;
  readonly largestFreeBytes: Numbers | undefined;
  /** What is at the upper edge. */
  readonly scaleBytes: number;
  /** Size of the heap where it is known: a dashed line. */
  readonly capacityBytes: number | undefined;
  readonly marks: readonly Mark[];
  readonly gaps: readonly Gap[];
  readonly epochs: readonly Epoch[];
}

export interface CurveStyle {
  readonly ground: string;
  readonly live: string;
  readonly liveFill: string;
  readonly largest: string;
  readonly mark: string;
  readonly gap: string;
  readonly text: string;
  readonly ratio: number;
}

/** Under this share of the heap, what is in use would be a flat line on the heap's own scale. */
const FLAT_SHARE = 0.04;

/** One scale for all that is drawn: up to the size of the heap, or to the highest use of one that is nearly empty throughout. */
export function scaleOf(
  liveBytes: Numbers,
  largestFreeBytes: Numbers | undefined,
  capacityBytes: number | undefined,
): number {
  const live = highest(liveBytes);
  const top = Math.max(live, capacityBytes ?? (largestFreeBytes ? highest(largestFreeBytes) : 0));
  return live > 0 && live < top * FLAT_SHARE ? live * 1.25 : top;
}

/** The highest value of a curve. */
export function highest(values: Numbers): number {
  let top = 0;
  for (const value of values) if (value > top) top = value;
  return top;
}

/** Draws the usage curve, the largest free block, marks as lines, lost data and restarts as bands. */
export function paintCurves(canvas: HTMLCanvasElement, curves: Curves, style: CurveStyle): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { width, height } = canvas;
  context.fillStyle = style.ground;
  context.fillRect(0, 0, width, height);
  const scale = (height - 3 * style.ratio) / Math.max(1, curves.scaleBytes);
  const y = (bytes: number) => height - style.ratio - bytes * scale;
  const live = columnsOf(curves, curves.liveBytes, width);
  context.fillStyle = style.liveFill;
  context.beginPath();
  context.moveTo(0, height);
  for (let x = 0; x < width; x++) context.lineTo(x + 0.5, y(live.max[x] ?? 0));
  context.lineTo(width, height);
  context.fill();
  strokeColumns(context, live, y, { color: style.live, width: 1.25 * style.ratio });
  if (curves.largestFreeBytes) {
    const largest = columnsOf(curves, curves.largestFreeBytes, width);
    strokeColumns(context, largest, y, {
      color: style.largest,
      width: 1.25 * style.ratio,
    });
  }
  if (curves.capacityBytes !== undefined) dashedLine(context, y(curves.capacityBytes), style);
  paintMoments(context, curves, style);
}

function dashedLine(context: CanvasRenderingContext2D, y: number, style: CurveStyle): void {
  context.save();
  context.strokeStyle = style.mark;
  context.lineWidth = style.ratio;
  context.setLineDash([5 * style.ratio, 4 * style.ratio]);
  context.beginPath();
  context.moveTo(0, Math.round(y) + 0.5);
  context.lineTo(context.canvas.width, Math.round(y) + 0.5);
  context.stroke();
  context.restore();
}

interface Columns {
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** The lowest and highest value in each column of pixels; a column without an event keeps the value before it. */
function columnsOf(curves: Curves, values: Numbers, width: number): Columns {
  const { axis, range } = curves;
  const min = new Float64Array(width);
  const max = new Float64Array(width);
  const perUnit = width / Math.max(Number.EPSILON, range.to - range.from);
  let seq = firstSeq(axis, range.from);
  let value = seq > 0 ? (values[seq - 1] ?? 0) : 0;
  for (let x = 0; x < width; x++) {
    min[x] = value;
    max[x] = value;
    for (; seq < values.length && (placeOfSeq(axis, seq) - range.from) * perUnit < x + 1; seq++) {
      value = values[seq] ?? 0;
      if (value < (min[x] ?? 0)) min[x] = value;
      if (value > (max[x] ?? 0)) max[x] = value;
    }
  }
  return { min, max };
}

function firstSeq(axis: TimeAxis, from: number): number {
  const { times, eventCount } = axis;
  return Math.min(eventCount, times ? firstAtOrAfter(times, from) : Math.max(0, Math.ceil(from)));
}

function strokeColumns(
  context: CanvasRenderingContext2D,
  columns: Columns,
  y: (bytes: number) => number,
  line: { readonly color: string; readonly width: number },
): void {
  context.strokeStyle = line.color;
  context.lineWidth = line.width;
  context.lineJoin = 'round';
  context.beginPath();
  for (let x = 0; x < columns.max.length; x++) {
    context.lineTo(x + 0.5, y(columns.max[x] ?? 0));
    if (columns.min[x] !== columns.max[x]) context.lineTo(x + 0.5, y(columns.min[x] ?? 0));
  }
  context.stroke();
}

/** Where an event begins on the canvas, in device pixels. */
export function xOf(axis: TimeAxis, range: Range, width: number, seq: number): number {
  const at = placeOfSeq(axis, Math.max(0, Math.min(axis.eventCount, seq)));
  return ((at - range.from) / Math.max(Number.EPSILON, range.to - range.from)) * width;
}

export function paintMoments(
  context: CanvasRenderingContext2D,
  curves: Pick<Curves, 'axis' | 'range' | 'marks' | 'gaps' | 'epochs'>,
  style: CurveStyle,
): void {
  const { width, height } = context.canvas;
  const at = (seq: number) => xOf(curves.axis, curves.range, width, seq);
  for (const gap of [...curves.gaps, ...curves.epochs].slice(0, 2000)) {
    context.fillStyle = style.gap;
    context.fillRect(at(gap.beforeSeq) - 2 * style.ratio, 0, 4 * style.ratio, height);
  }
  context.font = `${10 * style.ratio}px ui-sans-serif, system-ui, sans-serif`;
  context.textBaseline = 'top';
  let free = Number.NEGATIVE_INFINITY;
  for (const mark of curves.marks.slice(0, 2000)) {
    const x = at(mark.beforeSeq);
    if (x < -1 || x > width) continue;
    context.fillStyle = style.mark;
    context.fillRect(Math.round(x), 0, style.ratio, height);
    const name = sanitize(mark.name.length > 24 ? `${mark.name.slice(0, 23)}…` : mark.name);
    // A label only where the one before it has ended.
    if (x < free) continue;
    context.fillStyle = style.text;
    context.fillText(name, x + 3 * style.ratio, 2 * style.ratio);
    free = x + context.measureText(name).width + 12 * style.ratio;
  }
}
