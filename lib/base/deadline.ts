import { timerMs } from './timers.js';
import type { Milliseconds } from './units.js';

/** A signal that aborts with another one, or with `reason` when its time is up. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/** A timer of its own: a signal that AbortSignal.any makes of a time-out may be collected before it fires. */
export function deadline(signal: AbortSignal, afterMs: Milliseconds, reason: unknown): Deadline {
  const control = new AbortController();
  const onAbort = () => control.abort(signal.reason);
  const timer = setTimeout(() => control.abort(reason), timerMs(afterMs));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    signal: control.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
