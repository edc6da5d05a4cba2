import { useEffect, useReducer, useRef } from 'preact/hooks';
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
  const [, render] = useReducer((count: number, _: undefined) => count + 1, 0);
  const rested = useRef<{ readonly trace: unknown; readonly value: S } | undefined>(undefined);
  // What was taken for the trace that was open before says nothing of this one: panels would ask for its events.
  if (rested.current?.trace !== trace) rested.current = { trace, value: select(app.get()) };
  const { value } = rested.current;
  const chosen = useRef(select);
  chosen.current = select;
  useEffect(() => {
    if (ms === 0) return undefined;
    let timer = 0;
    let latest = value;
    const check = () => {
      const next = chosen.current(app.get());
      if (Object.is(next, latest)) return;
      latest = next;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        rested.current = { trace, value: next };
        render(undefined);
      }, ms);
    };
    check();
    const unsubscribe = app.subscribe(check);
    return () => {
      unsubscribe();
      window.clearTimeout(timer);
    };
  }, [ms, trace]);
  return ms === 0 ? (now as S) : value;
}
