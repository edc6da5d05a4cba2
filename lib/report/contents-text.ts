import type { LevelSeries, LevelVerdict } from '../analysis/heap-levels.js';
import { formatBytes, formatCount } from '../base/units.js';
import type { TraceContents } from '../trace/heap-event.js';
import { sanitize } from './sanitize.js';

const CONTENTS: Readonly<Record<TraceContents, string>> = {
  history: '',
  snapshot:
    'A snapshot: the blocks that were alive at one moment. Not a history: frees, peaks and lifetimes are not known.',
  leaks: 'Leaks, as the source itself found them. Not a history: frees, peaks and lifetimes are not known.',
  totals: 'Sums by caller, as the source gives them: no blocks, no order, no frees.',
  levels: 'No events: the log only says how full the heap was.',
};

/** What the events of a trace are, when they are no history: one line, then an empty one. */
export function contentsLines(contents: TraceContents): string[] {
  return contents === 'history' ? [] : [CONTENTS[contents], ''];
}

const VERDICTS: Readonly<Record<LevelVerdict, string>> = {
  leak: 'what is free falls from quarter to quarter: a leak, or a heap that still fills',
  fragmentation: 'what is free holds, its largest piece shrinks: fragmentation',
  both: 'what is free falls, and its largest piece faster: a leak and fragmentation',
  steady: 'neither falls: no leak and no growing fragmentation in these readings',
  'too-few': 'too few readings to tell a leak from fragmentation (8 do)',
};
const MAX_SERIES = 20;

/** A line or two for each memory whose levels the source tells; empty without any. */
export function levelLines(levels: readonly LevelSeries[]): string[] {
  const lines = levels.slice(0, MAX_SERIES).flatMap((series) => {
    const { readings, firstFreeBytes, lastFreeBytes, lowestFreeBytes, durationUs } = series;
    const over = durationUs === undefined ? '' : ` over ${duration(durationUs)}`;
    const free =
      readings === 1
        ? `${formatBytes(lastFreeBytes)} free`
        : `${formatBytes(firstFreeBytes)} -> ${formatBytes(lastFreeBytes)} free, lowest ${formatBytes(lowestFreeBytes)}`;
    return [
      `${titleOf(series)}: ${free}${ofTotal(series)}${everLowest(series)}${largest(series)} (${formatCount(readings)} ${readings === 1 ? 'reading' : 'readings'}${over})`,
      `  ${VERDICTS[series.verdict]}${rate(series)}`,
    ];
  });
  const more = levels.length - MAX_SERIES;
  return lines.length === 0
    ? []
    : ['Heap levels', ...lines, ...(more > 0 ? [`and ${formatCount(more)} more`] : []), ''];
}

function titleOf({ memory, run }: LevelSeries): string {
  const name = memory === '' ? 'heap' : sanitize(memory);
  return run > 0 ? `${name}, after restart ${formatCount(run)}` : name;
}

function ofTotal({ totalBytes }: LevelSeries): string {
  return totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`;
}

/** Between two readings the heap may have been fuller. */
function everLowest({ readings, lastFreeBytes, lowestFreeBytes, deviceLowestBytes }: LevelSeries): string {
  const read = readings === 1 ? lastFreeBytes : lowestFreeBytes;
  if (deviceLowestBytes === undefined || deviceLowestBytes >= read) return '';
  return `, ${formatBytes(deviceLowestBytes)} at the lowest by the device's own count`;
}

function largest({ readings, firstLargestBytes, lastLargestBytes }: LevelSeries): string {
  if (firstLargestBytes === undefined || lastLargestBytes === undefined) return '';
  const change = readings === 1 ? '' : `${formatBytes(firstLargestBytes)} -> `;
  return `, largest free block ${change}${formatBytes(lastLargestBytes)}`;
}

function rate({ verdict, bytesPerHour }: LevelSeries): string {
  if ((verdict !== 'leak' && verdict !== 'both') || bytesPerHour === undefined || bytesPerHour >= 0) return '';
  return `, about ${formatBytes(Math.round(-bytesPerHour))} an hour`;
}

function duration(us: number): string {
  const seconds = Math.round(us / 1e6);
  if (seconds < 120) return `${(us / 1e6).toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
