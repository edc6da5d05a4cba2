import { useMemo } from 'preact/hooks';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { placeOfSeq, type TimeAxis, timeAxis } from '../paint/time-painter.js';
import { type Range, useApp } from '../state/app-state.js';

/** The one axis of the page: all events or their times, and the part of it that is shown. */
export function useAxis(loaded: LoadedTrace): { readonly axis: TimeAxis; readonly time: Range } {
  const kind = useApp((state) => state.timeAxis);
  const zoomed = useApp((state) => state.time);
  const { trace } = loaded;
  const axis = useMemo(
    () => timeAxis(trace.eventCount, kind === 'clock' ? trace.events.atUs : undefined),
    [trace, kind],
  );
  const whole = useMemo(() => wholeOf(axis), [axis]);
  return { axis, time: zoomed ?? whole };
}

/** From the first event to the end of the trace. */
export function wholeOf(axis: TimeAxis): Range {
  const from = placeOfSeq(axis, 0);
  return { from, to: Math.max(from + 1, placeOfSeq(axis, axis.eventCount)) };
}
