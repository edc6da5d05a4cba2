import type { Bytes, Microseconds } from '../base/units.js';
import type { HeapLevel } from '../trace/heap-event.js';
import type { Trace } from '../trace/trace.js';

/**
 * What a series of levels shows. `leak`: what is free falls from quarter to quarter. `fragmentation`: what is free holds, and the largest free
 * block becomes a smaller part of it. `both`. `steady`: neither. `too-few`: fewer readings than tell anything.
 */
export type LevelVerdict = 'leak' | 'fragmentation' | 'both' | 'steady' | 'too-few';

/** How full one memory was, from one start of the device to the next. */
export interface LevelSeries {
  /** Empty for the whole heap. */
  readonly memory: string;
  /** How often the device had started again before; 0 for the first run. */
  readonly run: number;
  readonly readings: number;
  readonly firstFreeBytes: Bytes;
  readonly lastFreeBytes: Bytes;
  readonly lowestFreeBytes: Bytes;
  /** The least that the device itself says was ever free, which may be below every reading; absent where it does not say. */
  readonly deviceLowestBytes?: Bytes;
  readonly firstLargestBytes?: Bytes;
  readonly lastLargestBytes?: Bytes;
  readonly totalBytes?: Bytes;
  /** Between the first and the last reading; absent without times. */
  readonly durationUs?: Microseconds;
  /** By how much the free memory grows in an hour, by a straight line through all readings; absent without times. */
  readonly bytesPerHour?: number;
  /** What is lost from the first quarter of the readings to the last, by their medians; negative when it grew. */
  readonly lostBytes: Bytes;
  readonly verdict: LevelVerdict;
}

const MIN_READINGS = 8;
/** A smaller change is noise: this part of what was free, and at least so many bytes. */
const MIN_LOSS_SHARE = 0.01;
const MIN_LOSS_BYTES = 64;
/** By so much of what is free must the largest block have fallen behind. */
const MIN_FRAGMENTED = 0.1;

/** The series of a trace's levels, in order of first sight. Empty when the source tells none. */
export function heapLevels(trace: Trace): LevelSeries[] {
  const series = new Map<string, { memory: string; run: number; levels: HeapLevel[] }>();
  for (const level of trace.levels) {
    // The epochs of a snapshot are further snapshots of one run.
    const run = trace.info.contents === 'snapshot' || trace.info.contents === 'leaks' ? 0 : (level.run ?? 0);
    const key = `${run}:${level.memory}`;
    const one = series.get(key) ?? { memory: level.memory, run, levels: [] };
    one.levels.push(level);
    series.set(key, one);
  }
  return [...series.values()].map(({ memory, run, levels }) => seriesOf(memory, run, levels));
}

function seriesOf(memory: string, run: number, levels: readonly HeapLevel[]): LevelSeries {
  const free = levels.map(({ freeBytes }) => freeBytes);
  const largest = levels.flatMap(({ largestFreeBytes }) => largestFreeBytes ?? []);
  const times = levels.flatMap(({ atUs }) => atUs ?? []);
  const total = totalOf(levels);
  const quarters = medians(free);
  const minima = levels.flatMap(({ minimumFreeBytes }) => minimumFreeBytes ?? []);
  const [firstLargestBytes, lastLargestBytes, durationUs] = [
    largest[0],
    largest.at(-1),
    (times.at(-1) ?? 0) - (times[0] ?? 0),
  ];
  return {
    memory,
    run,
    readings: levels.length,
    firstFreeBytes: free[0] ?? 0,
    lastFreeBytes: free.at(-1) ?? 0,
    lowestFreeBytes: free.reduce((least, bytes) => Math.min(least, bytes), free[0] ?? 0),
    ...(minima.length === 0 ? {} : { deviceLowestBytes: minima.reduce((least, bytes) => Math.min(least, bytes)) }),
    ...(firstLargestBytes === undefined || lastLargestBytes === undefined
      ? {}
      : { firstLargestBytes, lastLargestBytes }),
    ...(total === undefined ? {} : { totalBytes: total }),
    ...(times.length > 1 && durationUs > 0 ? { durationUs } : {}),
    ...slopeOf(levels),
    lostBytes: (quarters[0] ?? 0) - (quarters[3] ?? 0),
    verdict: verdictOf(levels, quarters),
  };
}

/** A figure that is at times less than what is free, or always the same as it, is not the size of the heap, whatever the log calls it. */
function totalOf(levels: readonly HeapLevel[]): Bytes | undefined {
  const total = levels.findLast(({ totalBytes }) => totalBytes !== undefined)?.totalBytes;
  if (total === undefined || levels.some(({ freeBytes }) => freeBytes > total)) return undefined;
  const isFree = levels.length > 1 && levels.every(({ freeBytes, totalBytes }) => totalBytes === freeBytes);
  return isFree ? undefined : total;
}

/** The slope of the straight line that comes nearest to the readings. */
function slopeOf(levels: readonly HeapLevel[]): { bytesPerHour?: number } {
  const timed = levels.filter(({ atUs }) => atUs !== undefined);
  const [first] = timed;
  if (!first || timed.length < MIN_READINGS) return {};
  let [sumX, sumY, sumXX, sumXY] = [0, 0, 0, 0];
  for (const { atUs = 0, freeBytes } of timed) {
    const hours = (atUs - (first.atUs ?? 0)) / 3.6e9;
    sumX += hours;
    sumY += freeBytes;
    sumXX += hours * hours;
    sumXY += hours * freeBytes;
  }
  const spread = timed.length * sumXX - sumX * sumX;
  return spread > 0 ? { bytesPerHour: (timed.length * sumXY - sumX * sumY) / spread } : {};
}

function verdictOf(levels: readonly HeapLevel[], free: readonly Bytes[]): LevelVerdict {
  if (levels.length < MIN_READINGS) return 'too-few';
  const leaks = falls(free, Math.max(MIN_LOSS_BYTES, MIN_LOSS_SHARE * (free[0] ?? 0)));
  const shares = levels.flatMap(({ freeBytes, largestFreeBytes }) =>
    largestFreeBytes === undefined || freeBytes === 0 ? [] : largestFreeBytes / freeBytes,
  );
  const fragments = shares.length >= MIN_READINGS && falls(medians(shares), MIN_FRAGMENTED);
  if (leaks && fragments) return 'both';
  if (leaks) return 'leak';
  return fragments ? 'fragmentation' : 'steady';
}

/** Whether values fall by at least so much, and never rise by more than a tenth of that on the way. */
function falls(values: readonly number[], least: number): boolean {
  const lost = (values[0] ?? 0) - (values.at(-1) ?? 0);
  return lost >= least && values.every((value, i) => i === 0 || value - (values[i - 1] ?? 0) <= lost / 10);
}

/** The median of each quarter, in order. */
function medians(values: readonly number[]): number[] {
  return [0, 1, 2, 3].map((quarter) => {
    const part = values.slice(
      Math.floor((quarter * values.length) / 4),
      Math.floor(((quarter + 1) * values.length) / 4),
    );
    const sorted = (part.length > 0 ? part : values.slice(-1)).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  });
}
