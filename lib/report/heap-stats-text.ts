import type { HeapStats } from '../analysis/heap-stats.js';
import type { Distribution } from '../analysis/lifetimes.js';
import type { SizeBucket } from '../analysis/size-buckets.js';
import { formatBytes, formatCount } from '../base/units.js';
import { contentsLines, levelLines } from './contents-text.js';
import { sanitize } from './sanitize.js';
import { sizeTableText } from './size-table-text.js';
import { textTable } from './text-table.js';
import { trustLines } from './trust-text.js';
import { typeLines, typesAtMarksLines } from './why-text.js';

const BAR = 40;

/** The statistics as text: Drone OS's table first, then what it cannot say. Ends with a newline. */
export function heapStatsText(stats: HeapStats, options: { readonly topSources?: number } = {}): string {
  if (stats.contents !== 'history') return otherText(stats, options.topSources ?? 10);
  const { peak } = stats;
  const where = peak.seq < 0 ? '' : ` in ${formatCount(peak.count)} blocks, at event ${formatCount(peak.seq)}`;
  const lines = [
    sizeTableText(stats.sizes, stats.heapBytes),
    `Simultaneous peak: ${peak.bytes}${share(peak.bytes, stats.heapBytes)}${where}`,
    `Live at the end: ${stats.liveBytes}${share(stats.liveBytes, stats.heapBytes)} in ${formatCount(stats.liveCount)} blocks`,
    ...countLines(stats),
    '',
    ...histogramLines(stats.histogram),
    ...lifetimeLines(stats),
    ...sourceLines(stats, options.topSources ?? 10),
    ...taskLines(stats),
    ...(stats.types === undefined ? [] : [...typeLines(stats.types, options.topSources ?? 10), '']),
    ...typesAtMarksLines(stats, options.topSources ?? 10),
    ...phaseLines(stats),
    ...levelLines(stats.levels),
    ...oversized(stats),
    ...trustLines(stats),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Of a snapshot: what is alive, by size, source and task. Peaks, lifetimes and temporary blocks would be invented. */
function otherText(stats: HeapStats, topSources: number): string {
  const blocks = `${formatCount(stats.liveCount)} blocks`;
  const lines = [
    ...contentsLines(stats.contents),
    ...(stats.events === 0
      ? []
      : [`Alive: ${formatBytes(stats.liveBytes)}${share(stats.liveBytes, stats.heapBytes)} in ${blocks}`, '']),
    ...histogramLines(stats.histogram),
    ...aliveBySource(stats, topSources),
    ...taskLines(stats),
    ...levelLines(stats.levels),
    ...trustLines(stats),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function aliveBySource(stats: HeapStats, top: number): string[] {
  const alive = stats.sources.filter((row) => row.liveCount > 0);
  if (alive.length === 0) return [];
  const rows = alive
    .slice(0, top)
    .map((row) => [
      formatBytes(row.liveBytes),
      formatCount(row.liveCount),
      `${sanitize(row.functionName)}  ${sanitize(row.location)}`.trim(),
    ]);
  const more = alive.length > top ? [`and ${formatCount(alive.length - top)} more sources`] : [];
  return [...textTable([['alive', 'blocks', 'source'], ...rows], [0, 1]), ...more, ''];
}

/** By task, where the source tells more than one, or its name. */
function taskLines({ tasks }: HeapStats): string[] {
  if (tasks.length < 2 && !tasks.some(({ name }) => name !== '')) return [];
  const rows = tasks
    .slice(0, 20)
    .map((row) => [
      formatBytes(row.liveBytes),
      formatCount(row.liveCount),
      formatCount(row.allocations),
      row.name === '' ? `task ${row.task}` : sanitize(row.name),
    ]);
  const more = tasks.length > 20 ? [`and ${formatCount(tasks.length - 20)} more tasks`] : [];
  return [...textTable([['alive', 'blocks', 'allocs', 'task'], ...rows], [0, 1, 2]), ...more, ''];
}

function share(bytes: number, heapBytes: number | undefined): string {
  return heapBytes ? ` / ${((bytes / heapBytes) * 100).toFixed(2)}%` : '';
}

function countLines(stats: HeapStats): string[] {
  const { rate, failed } = stats;
  const lines = [
    `Events: ${formatCount(stats.events)} (${formatCount(stats.allocations)} alloc, ${formatCount(stats.reallocations)} realloc, ` +
      `${formatCount(stats.frees)} free, ${formatCount(stats.sweeps)} sweep, ${formatCount(stats.failures)} failed)`,
    `Allocated in all: ${formatBytes(stats.allocatedBytes)} (${stats.sizeKind} sizes)`,
    `Temporary: ${formatCount(stats.temporary.count)} allocations, ${formatBytes(stats.temporary.bytes)} freed before the next one`,
  ];
  if (rate) {
    const seconds = (rate.durationUs / 1e6).toFixed(3);
    lines.push(
      `Rate: ${rate.perSecond.toFixed(1)} allocations/s, ${formatBytes(rate.bytesPerSecond)}/s over ${seconds} s${stats.timeLabel === undefined ? '' : ` of ${stats.timeLabel}`}`,
    );
  }
  if (failed) {
    const first = `first at event ${formatCount(failed.firstSeq)}`;
    lines.push(`Failed: ${formatCount(stats.failures)}, the largest ${formatBytes(failed.largestBytes)}, ${first}`);
  }
  return lines;
}

function histogramLines(buckets: readonly SizeBucket[]): string[] {
  if (buckets.length === 0) return [];
  const most = buckets.reduce((max, bucket) => Math.max(max, bucket.count), 1);
  const rows = buckets.map((bucket) => [
    bucket.toBytes === bucket.fromBytes ? `${bucket.fromBytes}` : `${bucket.fromBytes}-${bucket.toBytes}`,
    formatCount(bucket.count),
    // A bucket that holds anything shows at least one mark.
    '#'.repeat(bucket.count === 0 ? 0 : Math.max(1, Math.round((bucket.count / most) * BAR))),
  ]);
  return ['Sizes in bytes', ...textTable(rows, [0, 1]), ''];
}

function lifetimeLines(stats: HeapStats): string[] {
  const { events, us, upperBound } = stats.lifetimes;
  if (!events) return [];
  const rows = [
    ['Lifetimes', 'mean', 'p50', 'p90', 'p99', 'max'],
    lifetimeRow('events', events),
    ...(us ? [lifetimeRow(stats.timeLabel === undefined ? 'us' : `us, ${stats.timeLabel}`, us)] : []),
  ];
  const note = upperBound ? ['(a collector finds the dead late: lifetimes of swept blocks are upper bounds)'] : [];
  return [...textTable(rows, [1, 2, 3, 4, 5]), ...note, ''];
}

function lifetimeRow(unit: string, values: Distribution): string[] {
  return [unit, values.mean.toFixed(1), ...[values.p50, values.p90, values.p99, values.max].map(formatCount)];
}

function sourceLines(stats: HeapStats, top: number): string[] {
  const shown = stats.sources.slice(0, top);
  if (shown.length === 0) return [];
  const rows = shown.map((row) => [
    formatBytes(row.liveBytes),
    formatCount(row.liveCount),
    formatBytes(row.peakBytes),
    formatCount(row.allocations),
    formatBytes(row.allocatedBytes),
    `${sanitize(row.functionName)}  ${sanitize(row.location)}`.trim(),
  ]);
  const header = ['live', 'blocks', 'peak', 'allocs', 'allocated', 'source'];
  const left = stats.sourceCount - shown.length;
  const more = left > 0 ? [`and ${formatCount(left)} more sources`] : [];
  return [...textTable([header, ...rows], [0, 1, 2, 3, 4]), ...more, ''];
}

function phaseLines(stats: HeapStats): string[] {
  if (stats.phases.length < 2) return [];
  const rows = stats.phases.map((phase) => [
    sanitize(phase.name),
    formatCount(phase.allocations),
    formatCount(phase.frees),
    formatCount(phase.failures),
    formatBytes(phase.peakBytes),
    `${formatBytes(phase.liveAtStartBytes)} -> ${formatBytes(phase.liveAtEndBytes)}`,
  ]);
  return [...textTable([['phase', 'allocs', 'frees', 'failed', 'peak', 'live'], ...rows], [1, 2, 3, 4]), ''];
}

function oversized(stats: HeapStats): string[] {
  return stats.sizes.tooLarge.map(
    ({ seq, sizeBytes }) =>
      `corrupt: event ${formatCount(seq)} allocates ${formatCount(sizeBytes)} bytes, more than the heap's ${formatCount(stats.heapBytes ?? 0)}`,
  );
}
