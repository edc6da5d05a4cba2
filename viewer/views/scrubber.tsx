import { useEffect, useMemo } from 'preact/hooks';
import { formatCount } from '../../lib/public/browser.js';
import { isHistory } from '../model/certainty.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { goTo, goToPeak, goToTightest } from '../state/actions.js';
import { app, useApp } from '../state/app-state.js';
import { RangeControls } from './range-controls.js';
import { type AxisProps, TimeAxisView } from './time-axis.js';

/** The axis of the page with the slider that selects an event, and the range from A to B. */
export function Scrubber({ loaded, axis, time }: AxisProps) {
  const atSeq = useApp((state) => state.atSeq);
  const playing = useApp((state) => state.playing);
  const last = Math.max(0, loaded.trace.eventCount - 1);
  usePlay(playing, last);
  // As long as it is the same element it is not looked at again: a step of the slider moves the cursor in it, nothing else.
  const curves = useMemo(() => <TimeAxisView loaded={loaded} axis={axis} time={time} />, [loaded, axis, time]);
  return (
    <div class="scrubber">
      {curves}
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
        <Moments loaded={loaded} />
      </div>
      <RangeControls loaded={loaded} />
    </div>
  );
}

const TIGHTEST_TEXT = {
  none: 'Needs addresses; this trace has none',
  computing: 'The curve of the largest free block is being computed',
  ready: 'Where the largest free block is smallest (l)',
  failed: "The curve of the largest free block does not fit into this browser's memory",
} as const;

/** The moments worth a look; greyed, with the reason, where the trace cannot tell. */
function Moments({ loaded }: { readonly loaded: LoadedTrace }) {
  const history = isHistory(loaded);
  const snapshot = 'A list of blocks without a history has no such moment';
  return (
    <>
      <button
        type="button"
        disabled={!history}
        onClick={goToPeak}
        title={history ? 'The event of the highest use (p)' : snapshot}
      >
        Peak
      </button>
      <button
        type="button"
        disabled={!history || loaded.gapsState !== 'ready'}
        onClick={goToTightest}
        title={history ? TIGHTEST_TEXT[loaded.gapsState] : snapshot}
      >
        Tightest
      </button>
    </>
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
