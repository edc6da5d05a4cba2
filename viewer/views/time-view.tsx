import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { formatAddress, formatCount, type HeapRegion } from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { paintMoments } from '../paint/curve-painter.js';
import { type TimeAxis, TimePainter } from '../paint/time-painter.js';
import { fitCanvas, imageFor, type Size, useSize, wordsOf } from '../paint/use-canvas.js';
import { app, type Range, useApp } from '../state/app-state.js';
import { curveStyle } from './curve-style.js';
import { touchedRange } from './map-window.js';
import { IMAGE } from './roles.js';
import { SpanTip } from './span-tip.js';
import { clockText, formatUs } from './text.js';
import { type AxisProps, Cursor } from './time-axis.js';
import { useTimePointer } from './time-pointer.js';
import { usePainting } from './use-painting.js';

/** Every lifespan as a rectangle: time across, addresses upwards. */
export function TimeView({ loaded, axis, time }: AxisProps) {
  const kind = useApp((state) => state.timeAxis);
  const clock = loaded.trace.events.atUs;
  const address = useApp((state) => state.timeAddress);
  const region = mainRegion(loaded, address);
  const zoomed = useApp((state) => state.time !== undefined || state.timeAddress !== undefined);
  const shownAddress = address ?? (region ? touchedRange(loaded, region) : { from: 0, to: 1 });
  return (
    <section class="time" aria-label="Lifespans over time">
      <header class="region-head">
        <RegionChoice loaded={loaded} region={region} />
        <span class="mono">
          {axisText(axis, time)}
          {axis.kind === 'clock' && clockText(loaded.trace)}
        </span>
        <span class="spring" />
        {zoomed && (
          <button type="button" onClick={() => app.set({ time: undefined, timeAddress: undefined })}>
            Show all
          </button>
        )}
        {clock && (
          <label>
            across:{' '}
            <select
              value={kind}
              onChange={(event) =>
                app.set({ timeAxis: event.currentTarget.value === 'clock' ? 'clock' : 'events', time: undefined })
              }
            >
              <option value="events">events</option>
              <option value="clock">{loaded.trace.info.clock?.kind === 'host' ? "the host's time" : 'time'}</option>
            </select>
          </label>
        )}
        <span class="quiet">drag to zoom, double-click for all</span>
      </header>
      {region && loaded.order ? (
        <TimeMap loaded={loaded} axis={axis} time={time} address={shownAddress} />
      ) : (
        <p class="empty">This trace has sizes but no addresses: only the curves below can be drawn.</p>
      )}
    </section>
  );
}

function mainRegion(loaded: LoadedTrace, address: Range | undefined): HeapRegion | undefined {
  const used = loaded.regions.filter((region) => region.sizeBytes > 0);
  if (!address) return used[0];
  return used.find((it) => address.from < it.baseAddress + it.sizeBytes && address.to > it.baseAddress) ?? used[0];
}

function axisText(axis: TimeAxis, time: Range): string {
  if (axis.kind === 'clock') return `${formatUs(time.from)} to ${formatUs(time.to)}`;
  return `events ${formatCount(time.from)} to ${formatCount(Math.max(time.from, time.to - 1))}`;
}

function RegionChoice({ loaded, region }: { readonly loaded: LoadedTrace; readonly region: HeapRegion | undefined }) {
  const used = loaded.regions.filter((it) => it.sizeBytes > 0);
  if (used.length < 2) return <b>{region?.name ?? 'no addresses'}</b>;
  return (
    <select
      aria-label="Heap region"
      value={region?.name}
      onChange={(event) => {
        const chosen = used.find((it) => it.name === event.currentTarget.value);
        app.set({ timeAddress: chosen && touchedRange(loaded, chosen) });
      }}
    >
      {used.slice(0, 100).map((it) => (
        <option key={it.name} value={it.name}>
          {it.name}
        </option>
      ))}
    </select>
  );
}

interface TimeMapProps extends AxisProps {
  readonly address: Range;
}

const GUTTER = 86;

function TimeMap(props: TimeMapProps) {
  const [box, setBox] = useState<HTMLElement | null>(null);
  const size = useSize(box);
  return (
    <div class="canvas-box" ref={setBox}>
      {size && <TimeCanvas {...props} size={size} />}
    </div>
  );
}

function TimeCanvas({ loaded, axis, time, address, size }: TimeMapProps & { readonly size: Size }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef(new TimePainter());
  const image = useRef<ImageData | undefined>(undefined);
  const theme = useApp((state) => state.theme);
  const [hover, setHover] = useState<{ span: number; x: number; y: number }>();
  const width = size.width - GUTTER;
  const { height, ratio } = size;
  const { order, table } = usePainting(loaded);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!canvas.current || !context || !order) return;
    fitCanvas(canvas.current, width * ratio, height * ratio);
    image.current = imageFor(image.current, canvas.current.width, canvas.current.height);
    const picture = { ...{ width: canvas.current.width, height: canvas.current.height }, table, axis, time, address };
    painter.current.paint(order, loaded.spans, { ...picture, image: wordsOf(image.current) });
    context.putImageData(image.current, 0, 0);
    const { marks, gaps, epochs } = loaded.trace;
    paintMoments(
      context,
      { axis, range: time, marks, gaps, epochs },
      { ...curveStyle(ratio), text: '#ffffff', mark: '#97a5b4' },
    );
  }, [loaded, order, axis, time, address, table, width, height, ratio, theme]);
  const pointer = useTimePointer({ loaded, axis, time, address, width, height, onHover: setHover });
  return (
    <>
      <div class="gutter mono" aria-hidden="true">
        <span style={{ top: '0' }}>{formatAddress(Math.round(address.to))}</span>
        <span style={{ top: '50%' }}>{formatAddress(Math.round((address.from + address.to) / 2))}</span>
        <span style={{ bottom: '0' }}>{formatAddress(Math.round(address.from))}</span>
      </div>
      <canvas
        ref={canvas}
        class="map"
        tabIndex={0}
        {...IMAGE}
        aria-label="Every allocation as a rectangle over time and addresses. Arrow keys move through the events."
        {...pointer.handlers}
      />
      {pointer.brush && <div class="brush" style={{ ...pointer.brush, marginLeft: `${GUTTER}px` }} />}
      <Cursor axis={axis} time={time} left={GUTTER} width={width} />
      {hover && <SpanTip loaded={loaded} {...hover} offset={GUTTER} width={size.width} />}
    </>
  );
}
