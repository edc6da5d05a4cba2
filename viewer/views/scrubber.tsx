import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatBytes, formatCount } from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { type Curves, highest, paintCurves } from '../paint/curve-painter.js';
import { seqAt, timeAxis } from '../paint/time-painter.js';
import { fitCanvas, useSize } from '../paint/use-canvas.js';
import { goTo, goToPeak, goToTightest } from '../state/actions.js';
import { app, useApp } from '../state/app-state.js';
import { curveStyle } from './curve-style.js';
import { capture } from './map-pointer.js';
import { IMAGE } from './roles.js';

/** The usage curve over all events with the slider that selects one of them. */
export function Scrubber({ loaded }: { readonly loaded: LoadedTrace }) {
  const atSeq = useApp((state) => state.atSeq);
  const playing = useApp((state) => state.playing);
  const view = useApp((state) => state.view);
  const last = Math.max(0, loaded.trace.eventCount - 1);
  usePlay(playing, last);
  return (
    <div class="scrubber">
      {view === 'map' && <UsageCurve loaded={loaded} />}
      <div class="slider-row">
        <button type="button" class="icon" onClick={() => goTo(0)} title="First event (Home)" aria-label="First event">
          <Icon path="M2 2h2v8H2zM10 2v8L4.5 6z" />
        </button>
        <button
          type="button"
          class="icon"
          onClick={() => goTo(atSeq - 1)}
          title="Event before (←)"
          aria-label="Event before"
        >
          <Icon path="M8.5 2v8L3 6z" />
        </button>
        <button
          type="button"
          class="icon"
          onClick={() => app.set({ playing: !playing })}
          title="Play (space)"
          aria-label={playing ? 'Pause' : 'Play'}
          aria-pressed={playing}
        >
          <Icon path={playing ? 'M2.5 2h2.5v8H2.5zM7 2h2.500v8H7z' : 'M2.500 1v10l8-5z'} />
        </button>
        <button
          type="button"
          class="icon"
          onClick={() => goTo(atSeq + 1)}
          title="Next event (→)"
          aria-label="Next event"
        >
          <Icon path="M3.5 2v8L9 6z" />
        </button>
        <button type="button" class="icon" onClick={() => goTo(last)} title="Last event (End)" aria-label="Last event">
          <Icon path="M8 2h2v8H8zM2 2v8l5.5-4z" />
        </button>
        <input
          id="slider"
          type="range"
          min={0}
          max={last}
          step={1}
          value={atSeq}
          aria-label="Selected event"
          onInput={(event) => goTo(Number(event.currentTarget.value))}
        />
        <label class="event-number">
          event{' '}
          <input
            type="number"
            min={0}
            max={last}
            value={atSeq}
            aria-label="Event number"
            onChange={(event) => goTo(Number(event.currentTarget.value))}
          />{' '}
          of {formatCount(loaded.trace.eventCount)}
        </label>
        <button type="button" onClick={goToPeak} title="The event of the highest use (p)">
          Peak
        </button>
        {loaded.gaps && (
          <button type="button" onClick={goToTightest} title="Where the largest free block is smallest (l)">
            Tightest
          </button>
        )}
      </div>
    </div>
  );
}

/** Plays the whole trace in about 20 s, at 30 steps a second, at least one event a step. */
function usePlay(playing: boolean, last: number): void {
  useEffect(() => {
    if (!playing) return undefined;
    const step = Math.max(1, Math.round(last / 600));
    if (app.get().atSeq >= last) goTo(0);
    const timer = window.setInterval(() => {
      const { atSeq } = app.get();
      if (atSeq >= last) app.set({ playing: false });
      else goTo(atSeq + step);
    }, 33);
    return () => window.clearInterval(timer);
  }, [playing, last]);
}

function Icon({ path }: { readonly path: string }) {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

function UsageCurve({ loaded }: { readonly loaded: LoadedTrace }) {
  const [box, setBox] = useState<HTMLElement | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const theme = useApp((state) => state.theme);
  const atSeq = useApp((state) => state.atSeq);
  const { trace, usage, gaps } = loaded;
  const axis = useMemo(() => timeAxis(trace.eventCount, undefined), [trace]);
  const curves = useMemo(
    () => ({
      axis,
      range: { from: 0, to: Math.max(1, trace.eventCount) },
      liveBytes: usage.liveBytes,
      largestFreeBytes: gaps?.largestFreeBytes,
      marks: trace.marks,
      gaps: trace.gaps,
      epochs: trace.epochs,
    }),
    [axis, trace, usage, gaps],
  );
  useLayoutEffect(() => {
    if (!canvas.current || !size) return;
    fitCanvas(canvas.current, size.width * size.ratio, size.height * size.ratio);
    paintCurves(canvas.current, curves, curveStyle(size.ratio));
  }, [curves, size, theme]);
  const select = (event: PointerEvent) => {
    if (!size || event.buttons !== 1) return;
    goTo(seqAt(axis, (event.offsetX / size.width) * Math.max(1, trace.eventCount)));
  };
  return (
    <>
      <CurveKey curves={curves} />
      <div
        class="curve"
        ref={setBox}
        onPointerDown={(event) => {
          capture(event);
          select(event);
        }}
        onPointerMove={select}
      >
        <canvas ref={canvas} {...IMAGE} aria-label="Bytes in use and the largest free block over the events" />
        <div class="cursor" style={{ left: `${((atSeq + 0.5) / Math.max(1, trace.eventCount)) * 100}%` }} />
      </div>
    </>
  );
}

/** Each curve has a scale of its own: its highest value is as high as the picture. */
export function CurveKey({ curves }: { readonly curves: Pick<Curves, 'liveBytes' | 'largestFreeBytes'> }) {
  const { liveBytes, largestFreeBytes } = curves;
  const live = useMemo(() => highest(liveBytes), [liveBytes]);
  const largest = useMemo(() => largestFreeBytes && highest(largestFreeBytes), [largestFreeBytes]);
  return (
    <p class="curve-key">
      <span>
        <i class="line live" /> in use, up to {formatBytes(live)}
      </span>
      {largest !== undefined && (
        <span>
          <i class="line largest" /> largest free block, up to {formatBytes(largest)}
        </span>
      )}
    </p>
  );
}
