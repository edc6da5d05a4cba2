import { TargetError } from '../errors/errors.js';
import type { HeapRing } from '../ring/heap-ring.js';
import { DEFAULT_RING_SETTINGS, type RingSettingsChange } from '../ring/ring-settings.js';
import { traceOf } from '../trace/collect-trace.js';
import type { Trace } from '../trace/trace.js';
import type { AlloctraceStatus, RingContents, ServedRing } from './protocol.js';

/** What `GET /status` says about the board; absent when nobody knows. */
export interface ServedTarget {
  readonly name: string;
  readonly elfBuildId?: string;
}

/** Serves a ring that a capture in this process fills. */
export class LiveServedRing implements ServedRing {
  constructor(
    readonly ring: HeapRing,
    private readonly target?: ServedTarget,
  ) {}

  status(): AlloctraceStatus {
    const { ring, target } = this;
    const { captured, overwritten, collapsed } = ring.counters;
    return {
      state: ring.state,
      ring: { count: ring.count, capacity: ring.capacity },
      captured,
      overwritten,
      collapsed,
      ...ring.settings,
      ...(target ? { target } : {}),
    };
  }

  configure(change: RingSettingsChange): void {
    this.ring.configure(change);
  }

  freeze(): void {
    this.ring.freeze();
  }

  resume(): void {
    if (!this.ring.resume())
      throw new TargetError('HH1630', 'resume: the ring is full and stop-on-full is set, expected a ring with room', {
        remedy: 'POST /reset starts a fresh capture',
      });
  }

  reset(): void {
    this.ring.reset();
  }

  trace(): RingContents {
    const { ring } = this;
    const { captured, overwritten, collapsed } = ring.counters;
    return {
      trace: traceOf(ring.records()),
      header: {
        anchorWallMs: ring.anchorWallMs,
        ring: { count: ring.count, capacity: ring.capacity },
        captured,
        overwritten,
        collapsed,
        stopOnFull: ring.captureSettings.stopOnFull,
      },
    };
  }
}

/** Serves a capture that is over: it can be read, and nothing else. */
export class FinishedServedRing implements ServedRing {
  constructor(
    private readonly finished: Trace,
    private readonly target?: ServedTarget,
  ) {}

  status(): AlloctraceStatus {
    const { info, eventCount } = this.finished;
    const { overwritten = 0, collapsed = 0 } = info.dropped ?? {};
    const { target } = this;
    return {
      state: 'frozen',
      ring: { count: eventCount, capacity: eventCount },
      captured: eventCount + overwritten + 2 * collapsed,
      overwritten,
      collapsed,
      ...DEFAULT_RING_SETTINGS,
      stopOnFull: false,
      ...(target ? { target } : {}),
    };
  }

  configure(): void {
    throw this.refusal('config');
  }

  /** Nothing to do: a finished capture is frozen. */
  freeze(): void {}

  resume(): void {
    throw this.refusal('resume');
  }

  reset(): void {
    throw this.refusal('reset');
  }

  trace(): RingContents {
    return { trace: this.finished, header: {} };
  }

  private refusal(what: string): TargetError {
    return new TargetError('HH1630', `${what}: this capture is finished, expected a live one`);
  }
}
