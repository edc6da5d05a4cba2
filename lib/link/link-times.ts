import type { Milliseconds } from '../base/units.js';

/** Bins are this much wider than the one before: a percentile is right within half of it. */
const BIN_GROWTH = 1.02;
const SMALLEST_MS: Milliseconds = 0.001;
const LOG_GROWTH = Math.log(BIN_GROWTH);
/** Up to some minutes. */
const BINS = Math.ceil(Math.log(1e9) / LOG_GROWTH);

/** How long requests took, however many there were: percentiles in constant memory. */
export class Latencies {
  private readonly bins = new Uint32Array(BINS);
  private count = 0;
  private longest: Milliseconds = 0;

  add(ms: Milliseconds): void {
    const bin = Math.floor(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / LOG_GROWTH);
    const index = Math.min(BINS - 1, bin);
    this.bins[index] = (this.bins[index] ?? 0) + 1;
    this.count++;
    if (ms > this.longest) this.longest = ms;
  }

  get maxMs(): Milliseconds {
    return this.longest;
  }

  /** What so large a part (0 to 1) of the requests took at most, to two digits; 0 without a request. */
  percentileMs(part: number): Milliseconds {
    if (this.count === 0) return 0;
    const wanted = Math.max(1, Math.ceil(part * this.count));
    let seen = 0;
    for (const [bin, count] of this.bins.entries()) {
      seen += count;
      if (seen >= wanted) return Math.min(this.longest, SMALLEST_MS * BIN_GROWTH ** (bin + 0.5));
    }
    return this.longest;
  }
}

/** How long the target ran and how long it was halted, as the host sees it: a stop counts from when the server tells it. */
export class RunTimes {
  private ranMs: Milliseconds = 0;
  private firstAt: number | undefined;
  private runningSince: number | undefined;

  began(now: number): void {
    this.firstAt ??= now;
    this.runningSince = now;
  }

  stopped(now: number): void {
    if (this.runningSince !== undefined) this.ranMs += now - this.runningSince;
    this.runningSince = undefined;
  }

  /** Of the time since the first run; undefined before it. */
  get haltedPercent(): number | undefined {
    return this.percentWithHalts(0);
  }

  /** The same where a script inside the debugger halted the target, and let it run on, unseen by the host: for so long in all. */
  percentWithHalts(unseenMs: Milliseconds): number | undefined {
    if (this.firstAt === undefined) return undefined;
    const now = performance.now();
    const all = now - this.firstAt;
    const ran = this.ranMs + (this.runningSince === undefined ? 0 : now - this.runningSince) - unseenMs;
    return all <= 0 ? undefined : Math.round(100 * (1 - Math.max(0, ran) / all));
  }
}

/** What a summary says of a link. Absent values are not known. */
export function linkReport(latencies: Latencies, times: RunTimes): Record<string, number> {
  const { haltedPercent } = times;
  return {
    ...(haltedPercent === undefined ? {} : { haltedPercent }),
    ...(latencies.maxMs === 0
      ? {}
      : {
          roundTripP50Ms: twoDigits(latencies.percentileMs(0.5)),
          roundTripP95Ms: twoDigits(latencies.percentileMs(0.95)),
          roundTripP99Ms: twoDigits(latencies.percentileMs(0.99)),
          roundTripMaxMs: twoDigits(latencies.maxMs),
        }),
  };
}

/** To two digits, as figures of a link are told. */
export function twoDigits(ms: Milliseconds): number {
  return Number(ms.toPrecision(2));
}
