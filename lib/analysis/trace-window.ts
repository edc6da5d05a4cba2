import { defined } from '../base/defined.js';
import { formatCount, type Seq } from '../base/units.js';
import { UsageError } from '../errors/errors.js';
import { lifespans } from '../trace/lifespans.js';
import { selectEvents } from '../trace/select-events.js';
import { EventKind, type Trace } from '../trace/trace.js';
import { boundariesOf } from './boundaries.js';
import type { EventRange } from './event-range.js';

/** Which part of a trace is meant; all of it when none is given. */
export interface WindowOptions {
  /** The trace as it was right after this event. */
  readonly atSeq?: Seq;
  /** The first mark with this name begins the window; default as in {@link heapLeaks}. */
  readonly from?: string;
  /** The last mark with this name ends it. */
  readonly to?: string;
  /** In place of marks. */
  readonly range?: EventRange;
}

/**
 * The trace of a window: its events up to `atSeq`, or what was allocated between two marks (or in a range) and what was freed of it. Blocks from before
 * the window are not in it, as in {@link heapLeaks}; a block from before that was resized inside counts as allocated there. A note says
 * what was left out. Gaps of the whole trace stay: what they lost may have been in the window.
 *
 * @throws UsageError HH1181 for a mark that the trace does not have, HH1970 for such an event, HH1971 when no event lies in the window
 */
export function traceWindow(trace: Trace, options: WindowOptions): Trace {
  const { start, end } = windowEvents(trace, options);
  if (start === 0 && end === trace.eventCount) return trace;
  const isInside = insideOf(trace, start, end);
  const selected = selectEvents(allocationsOfWindow(trace, start), isInside);
  const between = <T extends { readonly beforeSeq: Seq }>(list: readonly T[], moved: readonly T[]): T[] =>
    moved.filter((_, i) => {
      const { beforeSeq } = list[i] ?? { beforeSeq: -1 };
      return beforeSeq >= start && beforeSeq <= end;
    });
  const { oracle, durationMs, caps, ...info } = trace.info;
  const isToTheEnd = end === trace.eventCount;
  return {
    ...selected,
    // What the target said at the end is true of the end only.
    info: { ...info, ...(isToTheEnd && oracle ? { oracle } : {}), ...(isToTheEnd && caps ? { caps } : {}) },
    // Who holds which block was read at the end, of all blocks.
    graphs: [],
    marks: between(trace.marks, selected.marks),
    levels: between(trace.levels, selected.levels),
    // One at the edge began what lies behind it.
    epochs: selected.epochs.filter((_, i) => {
      const at = trace.epochs[i]?.beforeSeq ?? -1;
      return at > start && (at < end || isToTheEnd);
    }),
    notes: [...selected.notes, { code: 'window', text: windowText(trace, start, end) }],
  };
}

function windowEvents(trace: Trace, { atSeq, from, to, range }: WindowOptions): { start: Seq; end: Seq } {
  if (from !== undefined || to !== undefined || range !== undefined) {
    const list = boundariesOf(trace, defined({ from, to, range }));
    const start = list[0]?.beforeSeq ?? 0;
    const end = list.at(-1)?.beforeSeq ?? trace.eventCount;
    if (start < end) return { start, end };
    const names = `'${list[0]?.name}' and '${list.at(-1)?.name}'`;
    throw new UsageError('HH1971', `marks ${names}: found no event between them, expected at least one`);
  }
  if (atSeq === undefined) return { start: 0, end: trace.eventCount };
  if (!Number.isInteger(atSeq) || atSeq < 0 || atSeq >= trace.eventCount) {
    throw new UsageError(
      'HH1970',
      `options.at ${atSeq}: found ${formatCount(trace.eventCount)} events, expected the number of one of them, from 0 on`,
    );
  }
  return { start: 0, end: atSeq + 1 };
}

/** Whether an event is part of the window: not when it gives back a block from before. */
function insideOf(trace: Trace, start: Seq, end: Seq): (seq: Seq) => boolean {
  if (start === 0) return (seq) => seq < end;
  const { closedBy, startSeq } = lifespans(trace);
  const { kind } = trace.events;
  return (seq) => {
    if (seq < start || seq >= end) return false;
    if (kind[seq] !== EventKind.free && kind[seq] !== EventKind.sweep) return true;
    const span = closedBy[seq] ?? -1;
    return span < 0 || (startSeq[span] ?? 0) >= start;
  };
}

/** The trace in which a resize of a block from before the window is an allocation. */
function allocationsOfWindow(trace: Trace, start: Seq): Trace {
  const { fromAddress, fromSizeBytes } = trace.events;
  if (start === 0 || (fromAddress === undefined && fromSizeBytes === undefined)) return trace;
  const { closedBy, startSeq } = lifespans(trace);
  const kind = trace.events.kind.slice();
  const from = fromAddress?.slice();
  const fromSize = fromSizeBytes?.slice();
  for (let seq = start; seq < trace.eventCount; seq++) {
    const span = closedBy[seq] ?? -1;
    if (kind[seq] !== EventKind.realloc || span < 0 || (startSeq[span] ?? 0) >= start) continue;
    kind[seq] = EventKind.alloc;
    if (from) from[seq] = Number.NaN;
    if (fromSize) fromSize[seq] = Number.NaN;
  }
  return { ...trace, events: { ...trace.events, kind, fromAddress: from, fromSizeBytes: fromSize } };
}

function windowText({ eventCount }: Trace, start: Seq, end: Seq): string {
  const events = `events ${formatCount(start)} to ${formatCount(end - 1)} of ${formatCount(eventCount)} only`;
  return start === 0 ? events : `${events}: blocks that were allocated before are left out`;
}
