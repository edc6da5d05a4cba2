import { lastAtOrBefore } from '../base/sorted.js';
import type { Seq } from '../base/units.js';
import { UsageError } from '../errors/errors.js';
import { EventKind, type Trace } from '../trace/trace.js';
import type { EventRange } from './event-range.js';

/** A moment between two events at which what is alive is compared. */
export interface Boundary {
  readonly name: string;
  /** It lies before this event; equal to the event count after the last. */
  readonly beforeSeq: Seq;
}

/** Which moments of a trace count as boundaries. */
export interface BoundaryOptions {
  /** Only marks with these names, each as often as it occurs; default: all. */
  readonly marks?: readonly string[];
  /** The first mark with this name begins the window; default: the first mark, or the begin of the trace without any. */
  readonly from?: string;
  /** The last mark with this name ends it; default: the last mark, or the end of the trace when there are fewer than two. */
  readonly to?: string;
  /** In place of marks: from the first moment of this range, `A`, to its second, `B`. */
  readonly range?: EventRange;
}

/** More boundaries than these are thinned out evenly. */
const MAX_BOUNDARIES = 512;

/**
 * The moments to compare, ascending, at least two: marks of the trace, or its begin and its end.
 *
 * @throws UsageError HH1181 when a named mark is not in the trace, or lies on the wrong side
 */
export function boundariesOf(trace: Trace, options: BoundaryOptions = {}): Boundary[] {
  const { range } = options;
  if (range) {
    return [
      { name: 'A', beforeSeq: Math.min(trace.eventCount, Math.max(0, range.afterSeq + 1)) },
      { name: 'B', beforeSeq: Math.min(trace.eventCount, range.throughSeq + 1) },
    ];
  }
  const wanted = options.marks;
  for (const name of wanted ?? []) findMark(trace, name, 'first');
  let list: Boundary[] = trace.marks
    .filter((mark) => wanted === undefined || wanted.includes(mark.name))
    .map(({ name, beforeSeq }) => ({ name, beforeSeq }));
  const from = options.from === undefined ? list[0] : findMark(trace, options.from, 'first');
  const to = options.to === undefined ? undefined : findMark(trace, options.to, 'last');
  const start = from ?? { name: '(start)', beforeSeq: firstSeen(trace) };
  const end =
    to ?? (list.length < 2 || from === list.at(-1) ? { name: '(end)', beforeSeq: trace.eventCount } : list.at(-1));
  if (!end || end.beforeSeq < start.beforeSeq) {
    throw new UsageError('HH1181', `mark '${end?.name}': found before '${start.name}', expected after it`, {
      remedy: `the trace has ${markNames(trace)}`,
    });
  }
  list = list.filter((it) => it.beforeSeq > start.beforeSeq && it.beforeSeq < end.beforeSeq);
  return [start, ...thinned(list), end];
}

/** Behind what was alive before the capture began: that was not allocated in it. */
function firstSeen({ events, eventCount }: Trace): Seq {
  let seq = 0;
  while (seq < eventCount && events.kind[seq] === EventKind.existing) seq++;
  return seq;
}

function findMark(trace: Trace, name: string, which: 'first' | 'last'): Boundary {
  const found = trace.marks.filter((mark) => mark.name === name).at(which === 'first' ? 0 : -1);
  if (found) return { name, beforeSeq: found.beforeSeq };
  throw new UsageError('HH1181', `mark '${name}': found none in the trace, expected at least one`, {
    remedy: `the trace has ${markNames(trace)}`,
  });
}

function markNames(trace: Trace): string {
  const names = [...new Set(trace.marks.map((mark) => `'${mark.name}'`))];
  return names.length === 0 ? 'no marks' : `the marks ${names.slice(0, 20).join(', ')}`;
}

function thinned(list: readonly Boundary[]): readonly Boundary[] {
  if (list.length <= MAX_BOUNDARIES) return list;
  return list.filter(
    (_, i) => Math.floor((i * MAX_BOUNDARIES) / list.length) !== Math.floor(((i - 1) * MAX_BOUNDARIES) / list.length),
  );
}

/** In which interval an event lies: 0 before the first boundary, 1 up to the second, and so on. */
export function intervalFinder(boundaries: readonly Boundary[]): (seq: Seq) => number {
  const begins = Float64Array.from(boundaries, ({ beforeSeq }) => beforeSeq);
  return (seq) => lastAtOrBefore(begins, seq) + 1;
}

/** Whether each lies behind the one before, or at the same place: those of a damaged journal may not. */
export function areInOrder(places: readonly { readonly beforeSeq: Seq }[]): boolean {
  return places.every(({ beforeSeq }, i) => beforeSeq >= (places[i - 1]?.beforeSeq ?? 0));
}
