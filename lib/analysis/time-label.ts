import type { TraceInfo } from '../trace/heap-event.js';

/** Whose time a trace's `atUs` is, in the words that stand beside every figure of it. */
export type TimeLabel = 'host time' | 'target time';

/**
 * The label of a trace's times; undefined for the source's own (an imported log's clock), or none. Host time holds the halts of the target
 * and the delays of the link: it says nothing of how long the firmware takes.
 */
export function timeLabel({ clock, engine }: Pick<TraceInfo, 'clock' | 'engine'>): TimeLabel | undefined {
  // A capture of before the clock was recorded has an engine, and the host's clock.
  const kind = clock?.kind ?? (engine === undefined ? undefined : 'host');
  return kind === undefined ? undefined : `${kind} time`;
}
