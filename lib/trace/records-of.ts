import type { Seq } from '../base/units.js';
import type { Epoch, Gap, HeapLevel, Mark, Note, TraceRecord } from './heap-event.js';
import type { ObjectGraph } from './object-graph.js';
import { eventAt, type Trace } from './trace.js';

/** A record that is no event, and the event before which it stands. */
export interface PlacedRecord {
  readonly beforeSeq: Seq;
  readonly record: TraceRecord;
}

/** What stands between events, as a trace and a builder keep it. */
export interface Between {
  readonly epochs: readonly Epoch[];
  readonly gaps: readonly Gap[];
  readonly marks: readonly Mark[];
  readonly notes: readonly Note[];
  readonly levels: readonly HeapLevel[];
  readonly graphs: readonly ObjectGraph[];
}

/**
 * What stands between the events, in order; at one place epochs, gaps, marks, notes, levels, graphs. A note on the trace as a whole, which has no
 * place, stands before all events. `isWanted` leaves out what a caller has seen.
 */
export function recordsBetween(
  { epochs, gaps, marks, notes, levels, graphs }: Between,
  isWanted: (one: object) => boolean = () => true,
): PlacedRecord[] {
  const placed: PlacedRecord[] = [];
  for (const one of epochs) {
    const { beforeSeq, ...rest } = one;
    if (isWanted(one)) placed.push({ beforeSeq, record: { kind: 'epoch', ...rest } });
  }
  for (const one of gaps) {
    const { beforeSeq, ...rest } = one;
    if (isWanted(one)) placed.push({ beforeSeq, record: { kind: 'gap', ...rest } });
  }
  for (const one of marks) {
    const { beforeSeq, ...rest } = one;
    if (isWanted(one)) placed.push({ beforeSeq, record: { kind: 'mark', ...rest } });
  }
  for (const one of notes) {
    const { beforeSeq = 0, ...rest } = one;
    if (isWanted(one)) placed.push({ beforeSeq, record: { kind: 'note', ...rest } });
  }
  for (const one of levels) {
    const { beforeSeq, ...rest } = one;
    if (isWanted(one)) placed.push({ beforeSeq, record: { kind: 'level', ...rest } });
  }
  for (const one of graphs) {
    if (isWanted(one)) placed.push({ beforeSeq: one.beforeSeq, record: { kind: 'graph', graph: one } });
  }
  return placed.sort((a, b) => a.beforeSeq - b.beforeSeq);
}

/** A finished trace as the stream of records that makes it again: each raw sample follows its event. */
export function* recordsOf(trace: Trace): Generator<TraceRecord> {
  yield { kind: 'info', info: trace.info };
  for (const region of trace.regions) yield { kind: 'region', region };
  const places = recordsBetween(trace);
  let place = 0;
  let sample = 0;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    for (let one = places[place]; one && one.beforeSeq <= seq; one = places[++place]) yield one.record;
    yield eventAt(trace, seq);
    for (let raw = trace.rawSamples[sample]; raw && raw.seq <= seq; raw = trace.rawSamples[++sample]) {
      yield { kind: 'raw', sample: raw };
    }
  }
  for (const { record } of places.slice(place)) yield record;
}
