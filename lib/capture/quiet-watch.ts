import type { Milliseconds } from '../base/units.js';

/** Without an event for so long, the user is told what the target does. */
export const QUIET_MS: Milliseconds = 5_000;

/**
 * Interrupts a run that has lasted for long without a stop, so that the target can be looked at. The signal to run with is
 * also aborted when the capture is to end.
 */
export class QuietWatch {
  private control = new AbortController();
  private runningSince: number | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly end: AbortSignal,
    private readonly quietMs: Milliseconds = QUIET_MS,
  ) {
    this.timer = setInterval(() => this.check(), Math.max(1, quietMs / 5)).unref();
    end.addEventListener('abort', this.onEnd);
    if (end.aborted) this.onEnd();
  }

  /** What to let the target run with. */
  begin(): AbortSignal {
    this.runningSince = performance.now();
    return this.control.signal;
  }

  /** The target stopped: whether it was only stopped to be looked at. */
  stopped(): boolean {
    this.runningSince = undefined;
    if (!this.control.signal.aborted || this.end.aborted) return false;
    this.control = new AbortController();
    return true;
  }

  close(): void {
    clearInterval(this.timer);
    this.end.removeEventListener('abort', this.onEnd);
  }

  private readonly onEnd = (): void => this.control.abort(this.end.reason);

  private check(): void {
    if (this.runningSince !== undefined && performance.now() - this.runningSince >= this.quietMs) this.control.abort();
  }
}
