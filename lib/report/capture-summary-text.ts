import type { CaptureSummary } from '../analysis/capture-summary.js';
import { formatBytes, formatCount } from '../base/units.js';
import type { OracleResult } from '../trace/heap-event.js';
import { contentsLines, levelLines } from './contents-text.js';
import { oneLine } from './one-line.js';
import { sanitize } from './sanitize.js';
import { trustLines } from './trust-text.js';

const MAX_NOTES = 10;

/** The summary as lines of `name  value`; ends with a newline. Notes and what the engine says of itself are one line each, unless `details` are wanted. */
export function captureSummaryText(summary: CaptureSummary, { details = false } = {}): string {
  const isHistory = summary.contents === 'history';
  const rows: [string, string][] = [['events', eventCounts(summary)]];
  rows.push([isHistory ? 'alive at the end' : 'alive', alive(summary)]);
  if (summary.peakSeq >= 0 && isHistory) {
    rows.push(['peak', `${formatBytes(summary.peakBytes)} at event ${formatCount(summary.peakSeq)}`]);
  }
  if (summary.epochs > 0 && !isHistory) rows.push(['moments', formatCount(summary.epochs + 1)]);
  else if (summary.epochs > 0) rows.push(['heap begun anew', `${formatCount(summary.epochs)} times`]);
  if (summary.durationMs !== undefined) rows.push(['captured in', duration(summary)]);
  if (summary.targetClock !== undefined) rows.push(['event times', `target time (${sanitize(summary.targetClock)})`]);
  const shortened = (text: string) => sanitize(details ? text : oneLine(text));
  rows.push(['source', shortened(sourceOf(summary))]);
  if (summary.endReason !== undefined) rows.push(['end', sanitize(summary.endReason)]);
  if (summary.oracle) rows.push(['oracle', oracleText(summary.oracle)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  for (const difference of summary.oracle?.differences ?? []) lines.push(`  ${sanitize(difference)}`);
  const shown = details ? summary.notes : summary.notes.slice(0, MAX_NOTES);
  for (const note of shown) lines.push(`note: ${shortened(note.text)}`);
  const more = summary.notes.length - shown.length;
  if (more > 0) lines.push(`note: and ${formatCount(more)} more notes (-v shows all)`);
  const levels = levelLines(summary.levels);
  const what = contentsLines(summary.contents).slice(0, 1);
  return `${[...what, ...lines, ...levels.slice(0, -1), ...trustLines(summary)].join('\n')}\n`;
}

function eventCounts(summary: CaptureSummary): string {
  const parts = [
    `${formatCount(summary.allocations)} allocations`,
    `${formatCount(summary.frees)} frees`,
    ...(summary.sweeps > 0 ? [`${formatCount(summary.sweeps)} swept`] : []),
    ...(summary.reallocations > 0 ? [`${formatCount(summary.reallocations)} reallocations`] : []),
    ...(summary.existing > 0 ? [`${formatCount(summary.existing)} alive before`] : []),
    ...(summary.failures > 0 ? [`${formatCount(summary.failures)} failed`] : []),
  ];
  return `${formatCount(summary.events)}: ${parts.join(', ')}`;
}

function alive(summary: CaptureSummary): string {
  const blocks = `${formatCount(summary.liveBlocks)} blocks of ${summary.unitBytes} bytes`;
  const inBlocks = summary.unitBytes > 1 ? `, ${blocks}` : '';
  return `${formatCount(summary.liveAllocations)} allocations${inBlocks}, ${formatBytes(summary.liveBytes)}`;
}

function duration(summary: CaptureSummary): string {
  const seconds = (summary.durationMs ?? 0) / 1000;
  const rate = summary.eventsPerSecond === undefined ? '' : `, ${formatCount(summary.eventsPerSecond)} events/s`;
  return `${seconds.toFixed(1)} s of host time${rate}`;
}

function sourceOf(summary: CaptureSummary): string {
  const report = Object.entries(summary.engineReport ?? {}).map(([name, value]) => `${name}: ${value}`);
  const board = summary.board === undefined ? [] : [summary.board];
  return [summary.source, ...board, ...report].join('; ');
}

/** One line: the live set of the events against the allocator's own tables. */
export function oracleText(oracle: OracleResult): string {
  const counts =
    oracle.liveAllocations === undefined
      ? ''
      : `: ${formatCount(oracle.liveAllocations)} allocations in ${formatCount(oracle.liveBlocks ?? 0)} blocks`;
  switch (oracle.outcome) {
    case 'matched':
      return `matched, the events and the target's memory agree${counts} (${sanitize(oracle.detail)})`;
    case 'differs':
      return `DIFFERS, the events and the target's memory disagree${counts} (${sanitize(oracle.detail)})`;
    case 'unavailable':
      return `unavailable: ${sanitize(oracle.detail)}`;
  }
}
