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
  return lifetimesFrom(inEvents.subarray(0, events), inUs.subarray(0, timed), swept);
}

/** Of single lifetimes, which may be sorted in place; `short`: how many more there are of so many events each, none of which is in `inEvents`. */
export function lifetimesFrom(inEvents: Int32Array, inUs: Float64Array, swept: boolean, short?: Int32Array): Lifetimes {
  const us = distribution(inUs);
  const events = short ? distributionWith(short, inEvents) : distribution(inEvents);
  return { events, us: us && { ...us, unit: 'us' }, upperBound: swept };
}

/** Of values that are counted, `counts[value]` times each, and of others, each of which is larger than those. Undefined for no values. */
function distributionWith(counts: Int32Array, others: Int32Array): Distribution | undefined {
  let [counted, sum, max] = [0, 0, 0];
  for (let value = 0; value < counts.length; value++) {
    const times = counts[value] as number;
    if (times === 0) continue;
    counted += times;
    sum += value * times;
    max = value;
  }
  const count = counted + others.length;
  if (count === 0) return undefined;
  for (let i = 0; i < others.length; i++) {
    sum += others[i] as number;
    max = Math.max(max, others[i] as number);
  }
  const at = placesOf(count);
  const large = valuesAt(
    others,
    at.filter((place) => place >= counted).map((place) => place - counted),
    max,
  );
  const [p50 = 0, p90 = 0, p99 = 0] = [
    ...at.filter((place) => place < counted).map((place) => valueAt(counts, place)),
    ...large,
  ];
  return { count, mean: sum / count, p50, p90, p99, max };
}

/** What would stand at a place if all that is counted were sorted. */
function valueAt(counts: Int32Array, place: number): number {
  let value = 0;
  for (let before = counts[0] ?? 0; before <= place; before += counts[value] ?? 0) value++;
  return value;
}

/** Where the percentiles stand among so many sorted values. */
function placesOf(count: number): number[] {
  return PERCENTILES.map((percent) => Math.max(0, Math.ceil((percent / 100) * count) - 1));
}

/** May sort the values in place. Undefined for no values. */
export function distribution(values: Int32Array | Float64Array): Distribution | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  let [sum, least, max] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    sum += value;
    if (value < least) least = value;
    if (value > max) max = value;
  }
  const at = placesOf(count);
  const counts = values instanceof Int32Array && least >= 0;
  const [p50 = 0, p90 = 0, p99 = 0] = counts ? valuesAt(values, at, max) : sortedAt(values, at);
  return { count, mean: sum / count, p50, p90, p99, max };
}

const PERCENTILES = [50, 90, 99];
const BUCKET_BITS = 12;

function sortedAt(values: Int32Array | Float64Array, at: readonly number[]): number[] {
  values.sort();
  return at.map((index) => values[index] ?? 0);
}

/** What would stand at these places if the values, which are not negative, were sorted: only the buckets that hold them are. */
function valuesAt(values: Int32Array, at: readonly number[], max: number): number[] {
  const shift = Math.max(0, 32 - Math.clz32(max) - BUCKET_BITS);
  const counts = new Int32Array(2 ** BUCKET_BITS);
  for (let i = 0; i < values.length; i++) {
    const bucket = (values[i] as number) >>> shift;
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  const wanted = at.map((index) => {
    let bucket = 0;
    let before = 0;
    while (before + (counts[bucket] ?? 0) <= index) before += counts[bucket++] ?? 0;
    return { bucket, place: index - before };
  });
  const found = new Map(wanted.map(({ bucket }) => [bucket, new Int32Array(counts[bucket] ?? 0)]));
  // From now on: how many of a bucket were found; only those are looked for whose bucket is wanted.
  counts.fill(-1);
  for (const bucket of found.keys()) counts[bucket] = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const bucket = value >>> shift;
    const next = counts[bucket] as number;
    if (next < 0) continue;
    counts[bucket] = next + 1;
    const list = found.get(bucket);
    if (list) list[next] = value;
  }
  for (const list of found.values()) list.sort();
  return wanted.map(({ bucket, place }) => found.get(bucket)?.[place] ?? 0);
}
