import type { Seq } from '../base/units.js';
import type { Numbers } from './column.js';
import type { Trace } from './trace.js';

/** The trace without the events that `keep` refuses. What stands between events stays; samples of events that go go with them. */
export function selectEvents(trace: Trace, keep: (seq: Seq) => boolean): Trace {
  const kept: Seq[] = [];
  /** By old number: how many events are kept before it. */
  const numberOf = new Float64Array(trace.eventCount + 1);
  for (let seq = 0; seq < trace.eventCount; seq++) {
    numberOf[seq] = kept.length;
    if (keep(seq)) kept.push(seq);
  }
  numberOf[trace.eventCount] = kept.length;
  const moved = <T extends { readonly beforeSeq?: Seq }>(list: readonly T[]): T[] =>
    list.map((one) => (one.beforeSeq === undefined ? one : { ...one, beforeSeq: numberOf[one.beforeSeq] ?? 0 }));
  const { events } = trace;
  const floats = (column: Numbers) => Float64Array.from(kept, (seq) => column[seq] ?? Number.NaN);
  const optional = (column: Float64Array | undefined) => column && floats(column);
  return {
    ...trace,
    eventCount: kept.length,
    events: {
      kind: Uint8Array.from(kept, (seq) => events.kind[seq] ?? 0),
      address: floats(events.address),
      sizeBytes: floats(events.sizeBytes),
      stack: Int32Array.from(kept, (seq) => events.stack[seq] ?? -1),
      fromAddress: optional(events.fromAddress),
      fromSizeBytes: optional(events.fromSizeBytes),
      requestedBytes: optional(events.requestedBytes),
      atUs: optional(events.atUs),
      task: events.task && Int32Array.from(kept, (seq) => events.task?.[seq] ?? -1),
      largestBeforeBytes: optional(events.largestBeforeBytes),
      largestAfterBytes: optional(events.largestAfterBytes),
    },
    marks: moved(trace.marks),
    gaps: moved(trace.gaps),
    epochs: moved(trace.epochs),
    notes: moved(trace.notes),
    levels: moved(trace.levels),
    graphs: moved(trace.graphs),
    rawSamples: trace.rawSamples
      .filter(({ seq }) => keep(seq))
      .map((sample) => ({ ...sample, seq: numberOf[sample.seq] ?? 0 })),
  };
}
