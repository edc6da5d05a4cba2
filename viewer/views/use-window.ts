import { useMemo } from 'preact/hooks';
import { type EventRange, type Trace, traceWindow } from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { useApp } from '../state/app-state.js';

/** What a panel is about: the whole trace, or what was allocated from A to B with what was freed of it by B. */
export function useWindow(loaded: LoadedTrace): { readonly trace: Trace; readonly range: EventRange | undefined } {
  const range = useApp((state) => state.range);
  const trace = useMemo(() => (range ? traceWindow(loaded.trace, { range }) : loaded.trace), [loaded, range]);
  return { trace, range };
}
