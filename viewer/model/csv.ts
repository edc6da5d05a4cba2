import { EVENT_KINDS, formatAddress } from '../../lib/public/browser.js';
import type { LoadedTrace } from './loaded-trace.js';
import { placeOfEvent, sourceLabel } from './sources.js';
import { stackText } from './stack-line.js';
import { COLUMNS, largestAfter, largestBefore, sizeOf, spanOf } from './table-rows.js';

const HEAD = 'seq,time_us,kind,address,bytes,source,freed,life,largest_before,largest_after,largest_drop,backtrace';

/** The rows as CSV (RFC 4180) in their order; unknown values are empty, `freed` and `life` are events without a clock. */
export function csvParts(loaded: LoadedTrace, rows: Int32Array): string[] {
  const parts = [`${HEAD}\r\n`];
  const freed = keyOf(loaded, 'freed');
  const life = keyOf(loaded, 'life');
  for (const seq of rows) {
    const { trace } = loaded;
    const place = placeOfEvent(loaded, { seq, span: spanOf(loaded, seq) });
    const before = largestBefore(loaded, seq);
    const after = largestAfter(loaded, seq);
    const cells = [
      String(seq),
      plain(trace.events.atUs?.[seq] ?? Number.NaN),
      EVENT_KINDS[trace.events.kind[seq] ?? 0] ?? '',
      trace.info.hasAddresses ? formatAddress(trace.events.address[seq] ?? 0) : '',
      String(sizeOf(loaded, seq)),
      textCell(sourceLabel(place)),
      plain(freed(seq)),
      plain(life(seq)),
      plain(before),
      plain(after),
      plain(before - after),
      textCell(stackText(trace, trace.events.stack[seq] ?? -1)),
    ];
    parts.push(`${cells.join(',')}\r\n`);
  }
  return parts;
}

function keyOf(loaded: LoadedTrace, id: string): (seq: number) => number {
  return COLUMNS.find((column) => column.id === id)?.keyOf(loaded) ?? (() => Number.NaN);
}

function plain(value: number): string {
  return Number.isNaN(value) ? '' : String(value);
}

/** Quoted; a name that a spreadsheet would run as a formula gets an apostrophe before it. */
export function textCell(value: string): string {
  const safe = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(value) ? `'${value}` : value;
  return `"${safe.replaceAll('"', '""')}"`;
}
