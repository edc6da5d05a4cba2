import type { Microseconds } from '../base/units.js';
import { EndCause, type Lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';

/** Percentiles by nearest rank: the smallest value that at least p percent of the values do not exceed. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** How long allocations lived. */
export interface Lifetimes {
  /** In events, of the allocations whose end was seen (freed, swept, reallocated); undefined when there is none. */
  readonly events: Distribution | undefined;
  /** The same in microseconds, of those whose begin and end carry a time. */
  readonly us: (Distribution & { readonly unit: 'us' }) | undefined;
  /** A garbage collector's sweep comes after the death: with sweeps these are upper bounds. */
  readonly upperBound: boolean;
}

export function lifetimesOf(trace: Trace, spans: Lifespans): Lifetimes {
  const inEvents = new Int32Array(spans.count);
  const { atUs } = trace.events;
  const inUs = new Float64Array(atUs ? spans.count : 0);
  let events = 0;
  let timed = 0;
  let swept = false;
  for (let span = 0; span < spans.count; span++) {
    const cause = spans.endCause[span];
    if (cause !== EndCause.free && cause !== EndCause.sweep && cause !== EndCause.realloc) continue;
    if (cause === EndCause.sweep) swept = true;
    const start = spans.startSeq[span] ?? 0;
    const end = spans.endSeq[span] ?? 0;
    inEvents[events++] = end - start;
    const us: Microseconds = (atUs?.[end] ?? Number.NaN) - (atUs?.[start] ?? Number.NaN);
    if (!Number.isNaN(us)) inUs[timed++] = us;
  }
  const us = distribution(inUs.subarray(0, timed));
  return {
    events: distribution(inEvents.subarray(0, events)),
    us: us && { ...us, unit: 'us' },
    upperBound: swept,
  };
}

/** Sorts the values in place. Undefined for no values. */
export function distribution(values: Int32Array | Float64Array): Distribution | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  values.sort();
  const rank = (percent: number) => values[Math.max(0, Math.ceil((percent / 100) * count) - 1)] ?? 0;
  let sum = 0;
  for (const value of values) sum += value;
  return { count, mean: sum / count, p50: rank(50), p90: rank(90), p99: rank(99), max: values[count - 1] ?? 0 };
}
