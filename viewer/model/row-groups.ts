import { placeOf, stackFrameIds } from '../../lib/public/browser.js';
import type { ClassLook } from '../paint/palette.js';
import type { Grouping } from '../state/app-state.js';
import { eventSpans } from './event-spans.js';
import type { LoadedTrace } from './loaded-trace.js';
import { placeOfEvent, sourceAt, sourceLabel, sourceQuery } from './sources.js';
import { stackText } from './stack-line.js';
import { pathQuery } from './stack-match.js';
import { allocationStack, sizeOf, spanOf } from './table-rows.js';

/** Rows of the table that are of one source or call path. */
export interface RowGroup {
  readonly label: string;
  readonly look: ClassLook | undefined;
  /** What shows just these rows, and lights their blocks. */
  readonly query: string;
  /** Events, in the order of the table. */
  readonly rows: readonly number[];
  readonly bytes: number;
  /** Of blocks that are alive at the end. */
  readonly aliveBytes: number;
}

/** The groups of a table's rows, those with the most bytes first. */
export function rowGroups(loaded: LoadedTrace, rows: Int32Array, by: Exclude<Grouping, 'none'>): readonly RowGroup[] {
  const { trace, spans } = loaded;
  const groups = new Map<string, { seq: number; rows: number[]; bytes: number; aliveBytes: number }>();
  const keyOf = by === 'source' ? sourceKey(loaded) : pathKey(loaded);
  const of = eventSpans(spans);
  for (const seq of rows) {
    const key = keyOf(seq);
    const group = groups.get(key) ?? { seq, rows: [], bytes: 0, aliveBytes: 0 };
    groups.set(key, group);
    group.rows.push(seq);
    const opened = of.openedBy(seq);
    if (opened < 0) continue;
    const bytes = sizeOf(loaded, seq);
    group.bytes += bytes;
    if ((spans.endSeq[opened] ?? 0) >= trace.eventCount) group.aliveBytes += bytes;
  }
  return [...groups]
    .map(([label, { seq, ...figures }]) => {
      const span = spanOf(loaded, seq);
      const look = sourceAt(loaded, span)?.look;
      const query = by === 'source' ? sourceQuery(placeOfEvent(loaded, { seq, span })) : queryOfPath(loaded, seq);
      return { label, look, query, ...figures };
    })
    .sort((a, b) => b.bytes - a.bytes || b.rows.length - a.rows.length);
}

function sourceKey(loaded: LoadedTrace): (seq: number) => string {
  return (seq) => sourceLabel(placeOfEvent(loaded, { seq, span: spanOf(loaded, seq) }));
}

/** The backtrace of the allocation: a free belongs to the path of its block. */
function pathKey(loaded: LoadedTrace): (seq: number) => string {
  const known = new Map<number, string>();
  return (seq) => {
    const stack = allocationStack(loaded, seq);
    const key = known.get(stack) ?? (stackText(loaded.trace, stack, loaded.sources.hidden) || '(no backtrace)');
    known.set(stack, key);
    return key;
  };
}

function queryOfPath(loaded: LoadedTrace, seq: number): string {
  const { trace, sources } = loaded;
  const shown = stackFrameIds(trace, allocationStack(loaded, seq)).filter((id) => sources.hidden[id] !== 1);
  return shown.length === 0
    ? ''
    : pathQuery(
        shown.reverse().map((id) => placeOf(trace, id)),
        'outermost',
      );
}

/** The lines of a grouped table: an event, or a group as a number below zero (see {@link groupOf}). */
export function groupedLines(groups: readonly RowGroup[], open: ReadonlySet<string>): Int32Array {
  const lines: number[] = [];
  groups.forEach((group, index) => {
    lines.push(-1 - index);
    if (open.has(group.label)) for (const seq of group.rows) lines.push(seq);
  });
  return Int32Array.from(lines);
}

/** The group that a line stands for; -1 for an event. */
export function groupOf(line: number): number {
  return line < 0 ? -1 - line : -1;
}
