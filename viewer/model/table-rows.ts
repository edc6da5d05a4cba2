import { EventKind, type EventRange, inRange, isTemporary, type Trace } from '../../lib/public/browser.js';
import type { RowFilter } from '../state/app-state.js';
import { eventSpans } from './event-spans.js';
import type { LoadedTrace } from './loaded-trace.js';
import { sortedRows } from './radix-sort.js';
import { sourceOfSpan } from './sources.js';

/** A column of the table. Every key is a number, so that all sort the same way; NaN is unknown and comes last. */
export interface Column {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly width: number;
  readonly numeric: boolean;
  readonly keyOf: (loaded: LoadedTrace) => (seq: number) => number;
}

/** The lifespan that an event made, or the one that it ended. */
export function spanOf(loaded: LoadedTrace, seq: number): number {
  return eventSpans(loaded.spans).of(seq);
}

/** The backtrace of the allocation of an event's block; the event's own where there is no block. */
export function allocationStack(loaded: LoadedTrace, seq: number): number {
  const { trace, spans } = loaded;
  const span = spanOf(loaded, seq);
  return trace.events.stack[span >= 0 ? (spans.startSeq[span] ?? seq) : seq] ?? -1;
}

const spanKey = (pick: (loaded: LoadedTrace, span: number) => number) => (loaded: LoadedTrace) => {
  const of = eventSpans(loaded.spans);
  return (seq: number) => {
    const span = of.openedBy(seq);
    return span < 0 ? Number.NaN : pick(loaded, span);
  };
};

export const COLUMNS: readonly Column[] = [
  { id: 'seq', title: '#', hint: 'Number of the event', width: 72, numeric: true, keyOf: () => (seq) => seq },
  {
    ...{ id: 'time', title: 'time', hint: 'Since the capture was armed', width: 94, numeric: true },
    keyOf:
      ({ trace }) =>
      (seq) =>
        trace.events.atUs?.[seq] ?? Number.NaN,
  },
  {
    ...{ id: 'kind', title: 'kind', hint: 'What happened', width: 66, numeric: false },
    keyOf:
      ({ trace }) =>
      (seq) =>
        trace.events.kind[seq] ?? 0,
  },
  {
    ...{
      id: 'address',
      title: 'address',
      hint: 'Click: copy an addr2line command for the backtrace',
      width: 96,
      numeric: false,
    },
    keyOf:
      ({ trace }) =>
      (seq) =>
        trace.events.address[seq] ?? 0,
  },
  {
    ...{ id: 'size', title: 'bytes', hint: 'Size of the block', width: 68, numeric: true },
    keyOf: (loaded) => (seq) => sizeOf(loaded, seq),
  },
  {
    ...{ id: 'source', title: 'source', hint: 'The first frame that is not the allocator', width: 190, numeric: false },
    keyOf: (loaded) => sourceRank(loaded),
  },
  {
    ...{
      id: 'freed',
      title: 'freed',
      hint: 'When the block was given back: its time, or its event without a clock',
      width: 94,
      numeric: true,
    },
    keyOf: (loaded) => spanKey((it, span) => freedAt(it, span))(loaded),
  },
  {
    ...{
      id: 'life',
      title: 'life',
      hint: 'How long the block lived: in time, or in events without a clock',
      width: 92,
      numeric: true,
    },
    keyOf: (loaded) => spanKey((it, span) => lifeOf(it, span))(loaded),
  },
  {
    ...{
      id: 'before',
      title: 'largest before',
      hint: 'Largest free block before the event',
      width: 100,
      numeric: true,
    },
    keyOf: (loaded) => (seq) => largestBefore(loaded, seq),
  },
  {
    ...{ id: 'after', title: 'after', hint: 'Largest free block after the event', width: 90, numeric: true },
    keyOf: (loaded) => (seq) => largestAfter(loaded, seq),
  },
  {
    ...{ id: 'drop', title: 'drop', hint: 'How much smaller the largest free block became', width: 68, numeric: true },
    keyOf: (loaded) => (seq) => largestBefore(loaded, seq) - largestAfter(loaded, seq),
  },
  {
    ...{ id: 'stack', title: 'backtrace', hint: 'Innermost frame first', width: 640, numeric: false },
    keyOf:
      ({ trace }) =>
      (seq) =>
        trace.events.stack[seq] ?? -1,
  },
];

const HOST_TIMED = ['time', 'freed', 'life'];

/** Columns that say nothing for a trace are left out. */
export function columnsOf(loaded: LoadedTrace): readonly Column[] {
  const { trace, gaps } = loaded;
  const largest = gaps !== undefined || trace.events.largestAfterBytes !== undefined;
  const shown = COLUMNS.filter((column) => {
    if (column.id === 'time') return hasClock(trace);
    if (column.id === 'address') return trace.info.hasAddresses;
    if (column.id === 'before' || column.id === 'after' || column.id === 'drop') return largest;
    return true;
  });
  if (!hasClock(trace) || trace.info.clock?.kind !== 'host') return shown;
  const hint = 'The clock of the host: the halts of the target are in it';
  return shown.map((column) =>
    HOST_TIMED.includes(column.id)
      ? { ...column, title: `${column.title}, host`, hint: `${column.hint}. ${hint}` }
      : column,
  );
}

/** The block's size; of a free, that of the block that it ends. */
export function sizeOf({ trace, spans }: LoadedTrace, seq: number): number {
  const size = trace.events.sizeBytes[seq] ?? 0;
  if (size > 0) return size;
  const closed = eventSpans(spans).closedBy(seq);
  return closed < 0 ? size : (trace.events.sizeBytes[spans.startSeq[closed] ?? -1] ?? 0);
}

/** As captured by the target; where it was not, as the events imply. NaN when neither is known. */
export function largestBefore({ trace, gaps, area }: LoadedTrace, seq: number): number {
  const captured = trace.events.largestBeforeBytes;
  if (captured && area === '') return captured[seq] ?? Number.NaN;
  return gaps && seq > 0 ? (gaps.largestFreeBytes[seq - 1] ?? Number.NaN) : Number.NaN;
}

export function largestAfter({ trace, gaps, area }: LoadedTrace, seq: number): number {
  const captured = trace.events.largestAfterBytes;
  if (captured && area === '') return captured[seq] ?? Number.NaN;
  return gaps?.largestFreeBytes[seq] ?? Number.NaN;
}

/** Whether an allocation made the largest free block smaller. */
export function cutsLargest(loaded: LoadedTrace, seq: number): boolean {
  if (eventSpans(loaded.spans).openedBy(seq) < 0) return false;
  return largestBefore(loaded, seq) > largestAfter(loaded, seq);
}

export function hasClock({ events }: Trace): boolean {
  return events.atUs !== undefined;
}

function freedAt({ trace, spans }: LoadedTrace, span: number): number {
  const end = spans.endSeq[span] ?? trace.eventCount;
  if (end >= trace.eventCount) return Number.NaN;
  return trace.events.atUs ? (trace.events.atUs[end] ?? Number.NaN) : end;
}

/** How long a block lived: in microseconds where the trace has a clock, else in events; NaN while it is alive. */
export function lifeOf(loaded: LoadedTrace, span: number): number {
  const { trace, spans } = loaded;
  const start = spans.startSeq[span] ?? 0;
  return freedAt(loaded, span) - (trace.events.atUs ? (trace.events.atUs[start] ?? Number.NaN) : start);
}

/** Sources in the order of their texts. */
function sourceRank(loaded: LoadedTrace): (seq: number) => number {
  const { list } = loaded.sources;
  const sourceOf = sourceOfSpan(loaded);
  const order = list
    .map((source, id) => ({ id, text: `${source.functionName} ${source.location}` }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  const rank = new Int32Array(list.length);
  order.forEach(({ id }, at) => {
    rank[id] = at;
  });
  return (seq) => {
    const span = spanOf(loaded, seq);
    return span < 0 ? Number.NaN : (rank[sourceOf(span)] ?? Number.NaN);
  };
}

export interface RowQuery {
  readonly filter: RowFilter;
  /** What the typed query lets through; undefined: everything. */
  readonly matches: ((seq: number) => boolean) | undefined;
  /** Only what was born in it; `freed`: what was freed in it, whenever it was born; `alive`: at its end. */
  readonly range: EventRange | undefined;
}

/** The events that a filter lets through, in their order, with room for all behind them. `all` are allocations; `events` also the frees. */
export function filteredRows(loaded: LoadedTrace, { filter, matches, range }: RowQuery): Int32Array {
  const { trace } = loaded;
  const rows = new Int32Array(trace.eventCount);
  const of = eventSpans(loaded.spans);
  let count = 0;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    if (!passes(loaded, filter, { seq, span: of.openedBy(seq), range })) continue;
    if (matches && !matches(seq)) continue;
    rows[count++] = seq;
  }
  return rows.subarray(0, count);
}

/** `span`: what the event opened. */
interface RowAt {
  readonly seq: number;
  readonly span: number;
  readonly range: EventRange | undefined;
}

function passes({ trace, spans }: LoadedTrace, filter: RowFilter, { seq, span, range }: RowAt): boolean {
  if (range && filter !== 'freed' && !inRange(range, seq)) return false;
  if (filter === 'events') return true;
  const failed = trace.events.kind[seq] === EventKind.failed;
  if (filter === 'failed') return failed;
  if (filter === 'all') return failed || span >= 0;
  if (span < 0) return false;
  const end = spans.endSeq[span] ?? trace.eventCount;
  if (range && filter === 'freed') return inRange(range, end) && end < trace.eventCount;
  const ended = range ? end <= range.throughSeq : end !== trace.eventCount;
  if (filter === 'alive') return !ended;
  if (filter === 'freed') return ended;
  return isTemporary(spans, span);
}

export interface RowSort {
  readonly column: string;
  readonly descending: boolean;
}

/** The rows in the order of a column; in `room` where they fit there. */
export function sortRows(
  loaded: LoadedTrace,
  rows: Int32Array,
  { column: id, descending }: RowSort,
  room?: ArrayBuffer,
): Int32Array {
  const fits = room !== undefined && room.byteLength >= rows.byteLength;
  const into = fits ? new Int32Array(room, 0, rows.length) : new Int32Array(rows.length);
  const column = COLUMNS.find((it) => it.id === id);
  if (column && (id !== 'seq' || descending)) return sortedRows(rows, column.keyOf(loaded), descending, into);
  into.set(rows);
  return into;
}
