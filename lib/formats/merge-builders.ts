import { TraceFormatError } from '../errors/errors.js';
import { EventKind, eventAt, type Trace } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';

/** One of several streams of one run: of a core, of a task. */
export interface TraceStream {
  /** For messages: the file, or `core 1`. */
  readonly name: string;
  readonly builder: TraceBuilder;
}

/** A note of a stream alone, where a block may have been freed in another. */
const ALONE = 'sysview-implied-frees';

/**
 * Puts several streams of one run into one trace, in the order of their times; at one time a free comes before the allocation that takes
 * its place. Tables of live blocks, which have no times, stand side by side.
 * @throws TraceFormatError HH1414 when events cannot be put in order.
 */
export function mergeStreams(streams: readonly TraceStream[], into: TraceBuilder, subject: string): void {
  const traces = streams.map(({ builder }) => builder.build());
  const several = traces.findIndex((trace) => trace.epochs.length > 0);
  if (several >= 0 && traces.length > 1) {
    throw new TraceFormatError(
      'HH1414',
      `${subject}: found several moments in ${streams[several]?.name ?? 'a stream'}, expected one run in each stream`,
      { remedy: 'import it alone' },
    );
  }
  const busy = traces.filter((trace) => trace.eventCount > 0);
  const timed = busy.every(hasAllTimes);
  if (!timed && busy.length > 1 && !busy.every(isTable)) {
    const at = traces.findIndex((trace) => trace.eventCount > 0 && !hasAllTimes(trace));
    throw new TraceFormatError(
      'HH1414',
      `${subject}: found events without times in ${streams[at]?.name ?? 'a stream'}, expected a time for each event: several streams are put in order by time`,
      { remedy: 'import the streams one by one, or name their column of times with options.columns time=...' },
    );
  }
  const complete = traces.every((trace) => trace.info.complete);
  const first = busy[0] ?? traces[0];
  if (first) into.add({ kind: 'info', info: { ...first.info, complete } });
  for (const { regions } of traces) for (const region of regions) into.add({ kind: 'region', region });
  addEvents(traces, into, timed);
  for (const [i, trace] of traces.entries()) {
    const name = streams[i]?.name ?? '';
    for (const { reason, lostEvents } of trace.gaps) {
      into.add({ kind: 'gap', reason: `${name}: ${reason}`, ...(lostEvents === undefined ? {} : { lostEvents }) });
    }
    for (const { code, text } of trace.notes) {
      if (code !== ALONE && !into.notes.some((note) => note.text === text)) into.add({ kind: 'note', code, text });
    }
  }
}

function hasAllTimes({ events: { atUs } }: Trace): boolean {
  return atUs?.every((time) => !Number.isNaN(time)) ?? false;
}

/** Only allocations: a table of live blocks. */
function isTable({ events: { kind } }: Trace): boolean {
  return kind.every((one) => one === EventKind.alloc);
}

function addEvents(traces: readonly Trace[], into: TraceBuilder, timed: boolean): void {
  const next = traces.map(() => 0);
  const live = new Set<number>();
  let implied = 0;
  for (;;) {
    const at = earliest(traces, next, timed, live);
    const trace = traces[at];
    if (!trace) break;
    const seq = next[at] ?? 0;
    next[at] = seq + 1;
    const event = eventAt(trace, seq);
    if (event.kind === 'free' || event.kind === 'sweep') live.delete(event.address);
    else if (event.kind === 'alloc') {
      if (live.has(event.address)) implied++;
      live.add(event.address);
    } else if (event.kind === 'realloc') {
      live.delete(event.fromAddress);
      live.add(event.address);
    }
    into.add(event);
  }
  if (implied > 0) {
    const text = `${implied} allocations at an address that was still live: a free was not recorded`;
    into.add({ kind: 'note', code: ALONE, text });
  }
}

/** The stream whose next event is the earliest; -1 when all are at their end. */
function earliest(
  traces: readonly Trace[],
  next: readonly number[],
  timed: boolean,
  live: ReadonlySet<number>,
): number {
  let best = -1;
  let bestTime = Number.POSITIVE_INFINITY;
  let bestWaits = false;
  for (const [i, { events, eventCount }] of traces.entries()) {
    const seq = next[i] ?? 0;
    if (seq >= eventCount) continue;
    const time = timed ? (events.atUs?.[seq] ?? 0) : 0;
    // An allocation whose address is not yet free waits for the free of the same moment.
    const waits = timed && events.kind[seq] === EventKind.alloc && live.has(events.address[seq] ?? 0);
    if (best >= 0 && (time > bestTime || (time === bestTime && !(bestWaits && !waits)))) continue;
    best = i;
    bestTime = time;
    bestWaits = waits;
  }
  return best;
}
