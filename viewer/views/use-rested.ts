import { useEffect, useRef, useState } from 'preact/hooks';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { type AppState, app, useApp } from '../state/app-state.js';

/** A trace of so many events or more keeps what is costly still while the slider moves. */
const LONG_TRACE = 50_000;

const RESTED_MS = 150;

/**
 * What a component takes of the page's state, of a long trace once it has not changed for a while: what is costly to draw follows the slider
 * only when that rests, and is not looked at before.
 */
export function useRested<S>({ trace }: LoadedTrace, select: (state: AppState) => S, restedMs = RESTED_MS): S {
  const ms = trace.eventCount > LONG_TRACE ? restedMs : 0;
  const now = useApp((state) => (ms === 0 ? select(state) : undefined));
  const [rested, setRested] = useState(() => select(app.get()));
  const chosen = useRef(select);
  chosen.current = select;
  useEffect(() => {
    if (ms === 0) return undefined;
    let timer = 0;
    let latest = chosen.current(app.get());
    setRested(() => latest);
    const unsubscribe = app.subscribe(() => {
      const next = chosen.current(app.get());
      if (Object.is(next, latest)) return;
      latest = next;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => setRested(() => next), ms);
    });
    return () => {
      unsubscribe();
      window.clearTimeout(timer);
    };
  }, [ms, trace]);
  return ms === 0 ? (now as S) : rested;
}
