import { useRef, useState } from 'preact/hooks';
import { spanAt } from '../model/live-blocks.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { seqAt, type TimeAxis } from '../paint/time-painter.js';
import { goTo, goToRow, pickSpan } from '../state/actions.js';
import { app, type Range } from '../state/app-state.js';
import { capture } from './map-pointer.js';
import { wholeOf } from './use-axis.js';

export interface TimePointerOptions {
  readonly loaded: LoadedTrace;
  readonly axis: TimeAxis;
  readonly time: Range;
  readonly address: Range;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly onHover: (hover: { span: number; x: number; y: number } | undefined) => void;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const CLICK_PIXELS = 4;
/** A brush thinner than this takes the whole height (or width): nobody draws a straight line by hand. */
const THIN_PIXELS = 24;

/** Drag brushes a part to zoom into, click selects, double click goes to a block's event or, on free memory, shows all; wheel zooms the time. */
export function useTimePointer(options: TimePointerOptions) {
  const start = useRef<Point | undefined>(undefined);
  const [end, setEnd] = useState<Point>();
  const { axis, time, address, width, height } = options;
  const timeOf = (x: number) => time.from + (x / width) * (time.to - time.from);
  const addressOf = (y: number) => address.to - (y / height) * (address.to - address.from);
  const spanOf = (x: number, y: number) => {
    return spanAt(options.loaded, Math.floor(addressOf(y)), seqAt(axis, timeOf(x)));
  };
  const from = start.current;
  const box = from && end ? boxOf(from, end, { width, height }) : undefined;
  const handlers = {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      capture(event);
      start.current = { x: event.offsetX, y: event.offsetY };
      setEnd(undefined);
    },
    onPointerMove: (event: PointerEvent) => {
      const at = { x: event.offsetX, y: event.offsetY };
      if (start.current) {
        const far = Math.hypot(at.x - start.current.x, at.y - start.current.y) >= CLICK_PIXELS;
        if (far || end) setEnd(at);
        options.onHover(undefined);
        return;
      }
      const span = spanOf(at.x, at.y);
      options.onHover(span < 0 ? undefined : { span, ...at });
    },
    onPointerUp: (event: PointerEvent) => {
      const first = start.current;
      start.current = undefined;
      setEnd(undefined);
      if (!first) return;
      const last = { x: event.offsetX, y: event.offsetY };
      if (Math.hypot(last.x - first.x, last.y - first.y) < CLICK_PIXELS) select(last);
      else zoomTo(boxOf(first, last, { width, height }));
    },
    onPointerLeave: () => options.onHover(undefined),
    onWheel: (event: WheelEvent) => {
      event.preventDefault();
      const factor = event.deltaY > 0 ? 1.25 : 0.8;
      const around = timeOf(event.offsetX);
      setTime({ from: around - (around - time.from) * factor, to: around + (time.to - around) * factor });
    },
    onDblClick: (event: MouseEvent) => {
      const span = spanOf(event.offsetX, event.offsetY);
      if (span >= 0) goToRow(options.loaded.spans.startSeq[span] ?? 0);
      else app.set({ time: undefined, timeAddress: undefined });
    },
  };
  const select = ({ x, y }: Point) => {
    const span = spanOf(x, y);
    if (span >= 0) pickSpan(span);
    else goTo(seqAt(axis, timeOf(x)), -1);
  };
  const setTime = (range: Range) => {
    const { from: first, to: last } = wholeOf(axis);
    const clipped = { from: Math.max(first, range.from), to: Math.min(last, range.to) };
    const whole = clipped.from <= first && clipped.to >= last;
    if (clipped.to - clipped.from >= 2) app.set({ time: whole ? undefined : clipped });
  };
  const zoomTo = ({ x, y, width: w, height: h }: Box) => {
    if (w < width) setTime({ from: Math.floor(timeOf(x)), to: Math.ceil(timeOf(x + w)) });
    if (h < height) {
      const part = { from: Math.floor(addressOf(y + h)), to: Math.ceil(addressOf(y)) };
      if (part.to - part.from >= 16) app.set({ timeAddress: part });
    }
  };
  const brush = box && {
    left: `${box.x}px`,
    top: `${box.y}px`,
    width: `${box.width}px`,
    height: `${box.height}px`,
  };
  return { handlers, brush };
}

interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

function boxOf(a: Point, b: Point, whole: { readonly width: number; readonly height: number }): Box {
  const [x, y] = [Math.max(0, Math.min(a.x, b.x)), Math.max(0, Math.min(a.y, b.y))];
  const width = Math.min(whole.width, Math.max(a.x, b.x)) - x;
  const height = Math.min(whole.height, Math.max(a.y, b.y)) - y;
  if (height < THIN_PIXELS) return { x, y: 0, width, height: whole.height };
  if (width < THIN_PIXELS) return { x: 0, y, width: whole.width, height };
  return { x, y, width, height };
}
