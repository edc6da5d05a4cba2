import type { Seq } from '../base/units.js';
import type { TraceRecord } from './heap-event.js';
import { eventAt, type Trace } from './trace.js';

/**
 * A finished trace as the stream of records that makes it again. `keep` leaves events out; records between events stay.
 * Raw samples are not part of it.
 */
export function* recordsOf(trace: Trace, keep: (seq: Seq) => boolean = () => true): Generator<TraceRecord> {
  yield { kind: 'info', info: trace.info };
  for (const region of trace.regions) yield { kind: 'region', region };
  const places: { readonly seq: Seq; readonly record: TraceRecord }[] = [
    ...trace.epochs.map(({ beforeSeq, ...rest }) => ({ seq: beforeSeq, record: { kind: 'epoch' as const, ...rest } })),
    ...trace.gaps.map(({ beforeSeq, ...rest }) => ({ seq: beforeSeq, record: { kind: 'gap' as const, ...rest } })),
    ...trace.marks.map(({ beforeSeq, ...rest }) => ({ seq: beforeSeq, record: { kind: 'mark' as const, ...rest } })),
    ...trace.notes.map(({ beforeSeq, code, text }) => ({
      seq: beforeSeq ?? 0,
      record: { kind: 'note' as const, code, text },
    })),
    ...trace.levels.map(({ beforeSeq, ...level }) => ({
      seq: beforeSeq,
      record: { kind: 'level' as const, ...level },
    })),
  ];
  places.sort((a, b) => a.seq - b.seq);
  let next = 0;
  for (let seq = 0; seq <= trace.eventCount; seq++) {
    for (let place = places[next]; place && place.seq <= seq; place = places[++next]) yield place.record;
    if (seq < trace.eventCount && keep(seq)) yield eventAt(trace, seq);
  }
}
