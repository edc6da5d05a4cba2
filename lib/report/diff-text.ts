import type { DiffRow, HeapDiff } from '../analysis/diff.js';
import { formatCount } from '../base/units.js';
import { markdownCode } from './markdown.js';
import { sanitize } from './sanitize.js';
import { frameText } from './stack-text.js';
import { textTable } from './text-table.js';

/** How a comparison is shown. */
export interface DiffTextOptions {
  /** Rows to show; default 20. */
  readonly top?: number;
}

/** The difference as text, one line a changed call path. Ends with a newline. */
export function diffText(diff: HeapDiff, options: DiffTextOptions = {}): string {
  const changed = diff.rows.filter((row) => row.status !== 'same');
  const shown = changed.slice(0, options.top ?? 20);
  const rows = shown.map((row) => [...cells(row), frameText(row.frames[0]), sanitize(row.path)]);
  const header = ['', 'live', 'blocks', 'at peak', 'allocated', 'allocs', 'source', 'path'];
  const lines = [...totalLines(diff), ''];
  if (changed.length === 0) lines.push('no call path differs');
  else lines.push(...textTable([header, ...rows], [1, 2, 3, 4, 5]));
  if (changed.length > shown.length) lines.push(`and ${formatCount(changed.length - shown.length)} more paths`);
  if (!diff.complete) lines.push('', 'a capture is incomplete: what is missing shows as a difference');
  return `${lines.join('\n')}\n`;
}

/** The difference as Markdown for a pull request. Ends with a newline. */
export function diffMarkdown(diff: HeapDiff, options: DiffTextOptions = {}): string {
  const changed = diff.rows.filter((row) => row.status !== 'same');
  const shown = changed.slice(0, options.top ?? 20);
  const lines = [
    '### Heap',
    '',
    '| | before | after | change |',
    '|---|---:|---:|---:|',
    ...figures(diff).map(
      ([name, before, after]) =>
        `| ${name} | ${formatCount(before)} | ${formatCount(after)} | ${signed(after - before)} |`,
    ),
    '',
  ];
  if (changed.length === 0) lines.push('No call path differs.');
  else {
    lines.push('| | live | blocks | at peak | allocated | allocs | call path |', '|---|---:|---:|---:|---:|---:|---|');
    lines.push(...shown.map((row) => `| ${cells(row).join(' | ')} | ${markdownCode(row.path)} |`));
  }
  if (changed.length > shown.length) lines.push('', `and ${formatCount(changed.length - shown.length)} more paths`);
  if (!diff.complete) lines.push('', '**A capture is incomplete: what is missing shows as a difference.**');
  return `${lines.join('\n')}\n`;
}

function figures(diff: HeapDiff): [string, number, number][] {
  const { before, after } = diff;
  return [
    ['live bytes', before.liveBytes, after.liveBytes],
    ['live blocks', before.liveCount, after.liveCount],
    ['peak bytes', before.peak.bytes, after.peak.bytes],
    ['allocated bytes', before.totalBytes, after.totalBytes],
    ['allocations', before.totalCount, after.totalCount],
  ];
}

function totalLines(diff: HeapDiff): string[] {
  const rows = figures(diff).map(([name, before, after]) => [
    name,
    formatCount(before),
    formatCount(after),
    signed(after - before),
  ]);
  return textTable([['', 'before', 'after', 'change'], ...rows], [1, 2, 3]);
}

function cells({ status, change }: DiffRow): string[] {
  const { liveBytes, liveCount, peakBytes, totalBytes, totalCount } = change;
  return [status, ...[liveBytes, liveCount, peakBytes, totalBytes, totalCount].map(signed)];
}

function signed(value: number): string {
  return value > 0 ? `+${formatCount(value)}` : formatCount(value);
}
