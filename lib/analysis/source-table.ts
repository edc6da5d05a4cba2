import type { Bytes } from '../base/units.js';
import { EndCause, type Lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { isTemporary } from './call-tree.js';
import { sourceFrames } from './hidden-frames.js';
import { compareText, NO_PLACE, type Place, placesOf } from './places.js';
import { countSpans, type SpanCounter, type SpanVisitor } from './walk-spans.js';

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

/** By lifespan: its source, the innermost frame that is not hidden (`hidden`: by frame id). */
export function spanSources(trace: Trace, spans: Lifespans, hidden: Uint8Array): SpanSources {
  const places = placesOf(trace);
  const sources = sourceFrames(trace, hidden);
  const none = places.list.length;
  const ofSpan = new Int32Array(spans.count);
  for (let span = 0; span < spans.count; span++) {
    const stack = trace.events.stack[spans.startSeq[span] ?? 0] ?? -1;
    const frame = stack >= 0 ? (sources[stack] ?? -1) : -1;
    ofSpan[span] = frame < 0 ? none : (places.ofFrame[frame] ?? none);
  }
  return { ofSpan, list: [...places.list, NO_PLACE] };
}

/** Figures by source, the most bytes alive first, then the most allocated. */
export function sourceTable(trace: Trace, spans: Lifespans, hidden: Uint8Array): SourceRow[] {
  return countSpans(trace, spans, sourceCounter(trace, spans, hidden));
}

/** The same on a walk of somebody else's. */
export function sourceCounter(trace: Trace, spans: Lifespans, hidden: Uint8Array): SpanCounter<SourceRow[]> {
  const { ofSpan, list } = spanSources(trace, spans, hidden);
  const { sizeBytes: bytes, endCause } = spans;
  const column = () => new Float64Array(list.length);
  const [allocations, allocated, liveCount, live] = [column(), column(), column(), column()];
  const [now, peak, temporary] = [column(), column(), column()];
  const add = (to: Float64Array, source: number, value: number) => {
    to[source] = (to[source] as number) + value;
  };
  const visitor: SpanVisitor = {
    closed: (span) => add(now, ofSpan[span] as number, -(bytes[span] as number)),
    opened: (span) => {
      const source = ofSpan[span] as number;
      const sizeBytes = bytes[span] as number;
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
  const rowOf = (place: Place, id: number): SourceRow => ({
    ...place,
    allocations: allocations[id] ?? 0,
    allocatedBytes: allocated[id] ?? 0,
    liveCount: liveCount[id] ?? 0,
    liveBytes: live[id] ?? 0,
    peakBytes: peak[id] ?? 0,
    temporary: temporary[id] ?? 0,
  });
  const byBytes = (a: SourceRow, b: SourceRow) =>
    b.liveBytes - a.liveBytes || b.allocatedBytes - a.allocatedBytes || compareText(a.location, b.location);
  const result = () =>
    list
      .map(rowOf)
      .filter((row) => row.allocations > 0)
      .sort(byBytes);
  return { visitor, result };
}
