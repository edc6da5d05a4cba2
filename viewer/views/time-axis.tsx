import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatBytes, formatCount } from '../../lib/public/browser.js';
import { isHistory } from '../model/certainty.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { ticksIn } from '../model/ticks.js';
import { paintCurves, scaleOf, xOf } from '../paint/curve-painter.js';
import { seqAt, type TimeAxis } from '../paint/time-painter.js';
import { fitCanvas, type Size, useSize } from '../paint/use-canvas.js';
import { goTo, setRange } from '../state/actions.js';
import { type Range, useApp } from '../state/app-state.js';
import { CurveKey } from './curve-key.js';
import { curveStyle } from './curve-style.js';
import { capture } from './map-pointer.js';
import { IMAGE } from './roles.js';
import { clockText, formatUs } from './text.js';

/** A press that moves less than this is a click. */
const CLICK_PIXELS = 4;
const TICK_PIXELS = 110;
const CHARACTER_PIXELS = 9;

/** A trace, the axis of the page, and the part of it that is shown. */
export interface AxisProps {
  readonly loaded: LoadedTrace;
  readonly axis: TimeAxis;
  readonly time: Range;
}

/** The axis under everything: use and largest free block over the events or the time, on one scale. A drag sets A and B. */
export function TimeAxisView({ loaded, axis, time }: AxisProps) {
  const [box, setBox] = useState<HTMLElement | null>(null);
  const size = useSize(box);
  const scale = useMemo(() => {
    const regions = loaded.regions.filter(({ name }) => loaded.area === '' || name === loaded.area);
    const capacity = loaded.boundsKnown ? regions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) : undefined;
    const { liveBytes } = loaded.usage;
    const top = scaleOf(liveBytes, largestOf(loaded), capacity);
    return { top, capacity: capacity !== undefined && capacity <= top ? capacity : undefined };
  }, [loaded]);
  return (
    <div class="time-axis">
      <CurveKey loaded={loaded} capacityBytes={scale.capacity} />
      <div class="axis-scale mono" aria-hidden="true">
        <span>{formatBytes(Math.round(scale.top))}</span>
        <span>0</span>
      </div>
      <div class="curve" ref={setBox}>
        {size && <AxisCanvas {...{ loaded, axis, time, size }} scaleBytes={scale.top} capacityBytes={scale.capacity} />}
      </div>
      <div class="axis-ticks mono" aria-hidden="true">
        {size && <Ticks {...{ axis, time }} width={size.width} clock={clockText(loaded.trace) || 'time'} />}
      </div>
    </div>
  );
}

/** The curve of the largest free block; a list of blocks has none: it would say how the list grows. */
function largestOf(loaded: LoadedTrace) {
  return isHistory(loaded) ? loaded.gaps?.largestFreeBytes : undefined;
}

interface CanvasProps extends AxisProps {
  readonly size: Size;
  readonly scaleBytes: number;
  readonly capacityBytes: number | undefined;
}

function AxisCanvas({ loaded, axis, time, size, scaleBytes, capacityBytes }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useApp((state) => state.theme);
  const { trace, usage } = loaded;
  const largest = largestOf(loaded);
  useLayoutEffect(() => {
    if (!canvas.current) return;
    fitCanvas(canvas.current, size.width * size.ratio, size.height * size.ratio);
    const curves = {
      ...{ axis, range: time, liveBytes: usage.liveBytes, largestFreeBytes: largest },
      ...{ scaleBytes, capacityBytes, marks: trace.marks, gaps: trace.gaps, epochs: trace.epochs },
    };
    paintCurves(canvas.current, curves, curveStyle(size.ratio));
  }, [trace, usage, largest, axis, time, size, theme, scaleBytes, capacityBytes]);
  const brush = useBrush(axis, time, size);
  return (
    <>
      <canvas
        ref={canvas}
        {...IMAGE}
        aria-label="Bytes in use and the largest free block over the trace. Drag from A to B; the keys a and b do the same at the selected event."
        {...brush.handlers}
      />
      <RangeBand axis={axis} time={time} size={size} brushed={brush.brushed} />
      <Cursor axis={axis} time={time} left={0} width={size.width} />
    </>
  );
}

/** A click selects an event, a drag a range. */
function useBrush(axis: TimeAxis, time: Range, size: Size) {
  const start = useRef<number | undefined>(undefined);
  const [brushed, setBrushed] = useState<Range>();
  const eventAt = (x: number) => seqAt(axis, time.from + (Math.max(0, x) / size.width) * (time.to - time.from));
  const handlers = {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      capture(event);
      start.current = event.offsetX;
    },
    onPointerMove: (event: PointerEvent) => {
      const from = start.current;
      if (from === undefined) return;
      const [low, high] = [Math.min(from, event.offsetX), Math.max(from, event.offsetX)];
      if (high - low >= CLICK_PIXELS) setBrushed({ from: low, to: high });
    },
    onPointerUp: (event: PointerEvent) => {
      const from = start.current;
      start.current = undefined;
      setBrushed(undefined);
      if (from === undefined) return;
      if (Math.abs(event.offsetX - from) < CLICK_PIXELS) goTo(eventAt(event.offsetX), -1);
      else {
        const low = Math.min(from, event.offsetX);
        // From the very edge on means from before the first event on.
        setRange(low <= 0 ? -1 : eventAt(low), eventAt(Math.max(from, event.offsetX)));
      }
    },
  };
  return { handlers, brushed };
}

function RangeBand({
  axis,
  time,
  size,
  brushed,
}: Omit<AxisProps, 'loaded'> & { size: Size; brushed: Range | undefined }) {
  const range = useApp((state) => state.range);
  const x = (seq: number) => Math.max(0, Math.min(size.width, xOf(axis, time, size.width, seq + 1)));
  const band = brushed ?? (range && { from: x(range.afterSeq), to: x(range.throughSeq) });
  if (!band) return null;
  return (
    <div class="range-band" style={{ left: `${band.from}px`, width: `${Math.max(1, band.to - band.from)}px` }}>
      <b>A</b>
      <b>B</b>
    </div>
  );
}

/** Where the selected event is. */
export function Cursor({ axis, time, left, width }: Omit<AxisProps, 'loaded'> & { left: number; width: number }) {
  const atSeq = useApp((state) => state.atSeq);
  const half = axis.kind === 'clock' ? 0 : (0.5 * width) / Math.max(1, time.to - time.from);
  const x = xOf(axis, time, width, atSeq) + half;
  return x >= 0 && x <= width ? <div class="cursor" style={{ left: `${left + x}px` }} /> : null;
}

interface TicksProps extends Omit<AxisProps, 'loaded'> {
  readonly width: number;
  /** Whose time it is. */
  readonly clock: string;
}

function Ticks({ axis, time, width, clock }: TicksProps) {
  const ticks = ticksIn(time, Math.max(1, Math.floor(width / TICK_PIXELS)), 1);
  const text = (value: number) => (axis.kind === 'clock' ? formatUs(value) : formatCount(value));
  const unit = axis.kind === 'clock' ? clock.trim() : 'events';
  const room = width - widthOf(unit);
  return (
    <>
      {ticks.map((value) => {
        const left = ((value - time.from) / (time.to - time.from)) * width;
        const label = text(value);
        // Half of a number is another number.
        const fits = left + widthOf(label) <= room;
        return (
          <span key={value} style={{ left: `${left}px` }}>
            {fits && label}
          </span>
        );
      })}
      <span class="axis-unit">{unit}</span>
    </>
  );
}

/** At the least, of a label with what is around it. */
function widthOf(label: string): number {
  return label.length * CHARACTER_PIXELS + 8;
}
