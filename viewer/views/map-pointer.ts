import { useRef } from 'preact/hooks';
import type { HeapRegion } from '../../lib/public/browser.js';
import { addressAt, type MapLayout } from '../paint/map-layout.js';
import { app, type Range } from '../state/app-state.js';
import { clampWindow, zoomed } from './map-window.js';

export interface MapPointerOptions {
  readonly layout: MapLayout;
  readonly region: HeapRegion;
  readonly view: Range;
  readonly ratio: number;
  /** The lifespan at a point of the canvas in CSS pixels; -1 for free memory. */
  readonly pick: (x: number, y: number) => number;
  readonly onHover: (hover: { span: number; x: number; y: number } | undefined) => void;
  readonly onPick: (span: number) => void;
  /** A double click on a block. */
  readonly onGo: (span: number) => void;
}

/** A press that moves less than this is a click. */
const CLICK_PIXELS = 4;

/** Wheel zooms about the pointer, drag pans, click selects, double click goes to a block's event or, on free memory, resets, plus and minus zoom from the keyboard. */
export function useMapPointer(options: MapPointerOptions) {
  const drag = useRef<{ x: number; y: number; view: Range; moved: boolean } | undefined>(undefined);
  const { layout, region, view, ratio } = options;
  const setWindow = (range: Range | undefined) => {
    const { [region.name]: _, ...others } = app.get().windows;
    app.set({ windows: range ? { ...others, [region.name]: clampWindow(range, region) } : others });
  };
  const middle = (view.from + view.to) / 2;
  return {
    onWheel: (event: WheelEvent) => {
      event.preventDefault();
      const around = addressAt(layout, event.offsetX * ratio, event.offsetY * ratio) ?? middle;
      setWindow(zoomed(view, event.deltaY > 0 ? 1.25 : 0.8, around));
    },
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      capture(event);
      drag.current = { x: event.offsetX, y: event.offsetY, view, moved: false };
    },
    onPointerMove: (event: PointerEvent) => {
      const start = drag.current;
      if (!start) {
        const span = options.pick(event.offsetX, event.offsetY);
        options.onHover(span < 0 ? undefined : { span, x: event.offsetX, y: event.offsetY });
        return;
      }
      const [dx, dy] = [event.offsetX - start.x, event.offsetY - start.y];
      if (!start.moved && Math.hypot(dx, dy) < CLICK_PIXELS) return;
      start.moved = true;
      options.onHover(undefined);
      const rows = Math.round((dy * ratio) / layout.rowHeight);
      // Sideways within a row only where a row is long enough to be read so.
      const shift = rows * layout.rowBytes + (layout.rows === 1 ? (dx * ratio * layout.rowBytes) / layout.width : 0);
      setWindow({ from: start.view.from - shift, to: start.view.to - shift });
    },
    onPointerUp: (event: PointerEvent) => {
      const start = drag.current;
      drag.current = undefined;
      if (start && !start.moved) options.onPick(options.pick(event.offsetX, event.offsetY));
    },
    onPointerLeave: () => options.onHover(undefined),
    onDblClick: (event: MouseEvent) => {
      const span = options.pick(event.offsetX, event.offsetY);
      if (span < 0) setWindow(undefined);
      else options.onGo(span);
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === '+' || event.key === '=') setWindow(zoomed(view, 0.8, middle));
      else if (event.key === '-') setWindow(zoomed(view, 1.25, middle));
      else if (event.key === '0') setWindow(undefined);
      else return;
      event.preventDefault();
    },
  };
}

/** A pointer that is gone already (or a synthetic one) cannot be captured; the drag then ends at the edge. */
export function capture(event: PointerEvent): void {
  try {
    if (event.currentTarget instanceof Element) event.currentTarget.setPointerCapture(event.pointerId);
  } catch {
    // See above.
  }
}
