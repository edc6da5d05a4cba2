import type { Milliseconds } from './units.js';

/** The longest time of a timer: one of more, or of infinity, fires at once. */
export const MAX_TIMER_MS: Milliseconds = 2 ** 31 - 1;

/** A time for a timer: of more than 24 days, which are no limit to anybody, the most that there is. */
export function timerMs(ms: Milliseconds): Milliseconds {
  return Math.min(ms, MAX_TIMER_MS);
}
