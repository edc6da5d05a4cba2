import type { SizeTable } from '../analysis/size-table.js';
import type { Bytes } from '../base/units.js';

const HEADERS = ['Block Size', 'Max Load', 'Total Allocations'];
const KI = 1024;
const MI = 1024 * 1024;

/** A size as Drone OS prints it: `3K`, `1M` for exact multiples, else the plain number. */
export function droneSize(bytes: Bytes): string {
  if (bytes > 0 && bytes % MI === 0) return `${bytes / MI}M`;
  if (bytes > 0 && bytes % KI === 0) return `${bytes / KI}K`;
  return String(bytes);
}

/** Drone OS's table, cells right-aligned between single spaces, and its last line. Without a heap size that has no share. */
export function sizeTableText(table: SizeTable, heapBytes?: Bytes): string {
  const cells = table.rows.map((row) => [droneSize(row.sizeBytes), String(row.maxLive), String(row.total)]);
  const widths = HEADERS.map((header, column) =>
    cells.reduce((width, row) => Math.max(width, (row[column] ?? '').length), header.length),
  );
  const line = (row: readonly string[]) => row.map((cell, at) => ` ${cell.padStart(widths[at] ?? 0)} `).join('|');
  const rule = widths.map((width) => '-'.repeat(width + 2)).join('+');
  const share = heapBytes ? ` / ${((table.maximumBytes / heapBytes) * 100).toFixed(2)}%` : '';
  return `${[line(HEADERS), rule, ...cells.map(line)].join('\n')}\n\nMaximum memory usage: ${table.maximumBytes}${share}\n`;
}
