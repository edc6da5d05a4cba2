import { firstSorted } from '../base/sorted.js';
import type { Bytes, Seq, StackId } from '../base/units.js';
import { EndCause, type Lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { isTemporary } from './call-tree.js';
import { sourceFrames } from './hidden-frames.js';
import { compareText, NO_PLACE, type Place, placesOf } from './places.js';
import { type BlockCounter, type BlockVisitor, countBlocks } from './walk-spans.js';

/** What one source line requested itself (its callees' requests are theirs). */
export interface SourceRow extends Place {
  readonly allocations: number;
  readonly allocatedBytes: Bytes;
  readonly liveCount: number;
  readonly liveBytes: Bytes;
  /** The most that this source had alive at one moment of its own. */
  readonly peakBytes: Bytes;
  readonly temporary: number;
}

/** The number of the source of each lifespan, and the sources. */
export interface SpanSources {
  readonly ofSpan: Int32Array;
  readonly list: readonly Place[];
}

/** The sources of a trace, and the number of each event's. */
export interface StackSources {
  sourceOf(seq: Seq): number;
  /** The same by the number of a stack; -1 is none. */
  sourceOfStack(stack: StackId): number;
  readonly list: readonly Place[];
}

/** By the stack of an event its source: the innermost frame that is not hidden (`hidden`: by frame id). */
export function stackSources(trace: Trace, hidden: Uint8Array): StackSources {
  const { stack } = trace.events;
  const places = placesOf(trace);
  const none = places.list.length;
  const ofStack = sourceFrames(trace, hidden).map((frame) => (frame < 0 ? none : (places.ofFrame[frame] ?? none)));
  const sourceOfStack = (id: StackId) => (id >= 0 && id < ofStack.length ? (ofStack[id] as number) : none);
  const sourceOf = (seq: Seq): number => sourceOfStack(stack[seq] as number);
  return { sourceOf, sourceOfStack, list: [...places.list, NO_PLACE] };
}

/** By lifespan: its source (`hidden`: by frame id). */
export function spanSources(trace: Trace, { startSeq, count }: Lifespans, hidden: Uint8Array): SpanSources {
  const { sourceOf, list } = stackSources(trace, hidden);
  const ofSpan = new Int32Array(count);
  for (let span = 0; span < count; span++) ofSpan[span] = sourceOf(startSeq[span] as number);
  return { ofSpan, list };
}

/** Figures by source, the most bytes alive first, then the most allocated. */
export function sourceTable(trace: Trace, spans: Lifespans, hidden: Uint8Array): SourceRow[] {
  return countBlocks(trace, spans, sourceCounter(trace, spans, hidden));
}

/** The same on a walk of somebody else's. */
export function sourceCounter(trace: Trace, spans: Lifespans, hidden: Uint8Array): BlockCounter<SourceRow[]> {
  const { sourceOf, list } = stackSources(trace, hidden);
  const { endCause } = spans;
  const column = () => new Float64Array(list.length);
  const [allocations, allocated, liveCount, live] = [column(), column(), column(), column()];
  const [now, peak, temporary] = [column(), column(), column()];
  const add = (to: Float64Array, source: number, value: number) => {
    to[source] = (to[source] as number) + value;
  };
  const visitor: BlockVisitor = {
    closed: (start, sizeBytes) => add(now, sourceOf(start), -sizeBytes),
    opened: (start, sizeBytes, span) => {
      const source = sourceOf(start);
      add(allocations, source, 1);
      add(allocated, source, sizeBytes);
      add(now, source, sizeBytes);
      if ((now[source] as number) > (peak[source] as number)) peak[source] = now[source] as number;
      if (isTemporary(spans, span)) add(temporary, source, 1);
      if (endCause[span] !== EndCause.alive) return;
      add(liveCount, source, 1);
      add(live, source, sizeBytes);
    },
  };
  const result = () => sourceRows(list, { allocations, allocated, liveCount, live, peak, temporary });
  return { visitor, result };
}

/** Figures by source, as columns. */
export type SourceFigures = Readonly<
  Record<'allocations' | 'allocated' | 'liveCount' | 'live' | 'peak' | 'temporary', Float64Array>
>;

/** The rows of the sources that allocated, in order; `top`: of the first so many. */
export function sourceRows(
  list: readonly Place[],
  figures: SourceFigures,
  top = Number.POSITIVE_INFINITY,
): SourceRow[] {
  const { allocations, allocated, liveCount, live, peak, temporary } = figures;
  const ids: number[] = [];
  for (let id = 0; id < list.length; id++) if (allocations[id] !== 0) ids.push(id);
  const byBytes = (a: number, b: number) =>
    (live[b] ?? 0) - (live[a] ?? 0) ||
    (allocated[b] ?? 0) - (allocated[a] ?? 0) ||
    compareText(list[a]?.location ?? '', list[b]?.location ?? '');
  return firstSorted(ids, top, byBytes).map((id): SourceRow => {
    const { location, functionName, file, line } = list[id] ?? NO_PLACE;
    return {
      location,
      functionName,
      file,
      line,
      allocations: allocations[id] ?? 0,
      allocatedBytes: allocated[id] ?? 0,
      liveCount: liveCount[id] ?? 0,
      liveBytes: live[id] ?? 0,
      peakBytes: peak[id] ?? 0,
      temporary: temporary[id] ?? 0,
    };
  });
}
