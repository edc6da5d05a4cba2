import type { Seq } from '../../base/units.js';
import type { TraceRecord } from '../../trace/heap-event.js';
import { recordsBetween } from '../../trace/records-of.js';
import { EVENT_KINDS, EventKind, type Trace } from '../../trace/trace.js';
import { graphParts } from '../rows/graph-parts.js';
import { ROW_SCHEMAS, type RowTable } from '../rows/row-columns.js';
import type { RowForm } from '../rows/row-forms.js';
import { doubtLines } from './doubts-text.js';

/**
 * A row for every event, in order; what stands between events (marks, gaps...) is a row at its place, what is known of the whole trace the first,
 * and the last says how many events there were: a file that was cut is told from a whole one.
 */
export function* eventRows(trace: Trace, form: RowForm): Generator<Uint8Array> {
  const { out } = form;
  const rows = new EventRows(trace, form);
  const places = recordsBetween(trace);
  let place = 0;
  let next = places[0];
  out.text(form.head);
  rows.other(0, 'info', infoDetail(trace, 'events'));
  for (const region of trace.regions) rows.other(0, 'region', region);
  const upTo = function* (seq: Seq) {
    for (; next && next.beforeSeq <= seq; next = places[++place]) {
      for (const detail of sideDetails(next.record)) {
        rows.other(next.beforeSeq, next.record.kind, detail);
        if (out.isFull) yield out.take();
      }
    }
  };
  for (let seq = 0; seq < trace.eventCount; seq++) {
    if (next && next.beforeSeq <= seq) yield* upTo(seq);
    rows.event(seq);
    if (out.isFull) yield out.take();
  }
  yield* upTo(Number.POSITIVE_INFINITY);
  rows.other(trace.eventCount, 'end', { events: trace.eventCount });
  yield out.take();
}

class EventRows {
  private readonly kinds: readonly Uint8Array[];

  constructor(
    private readonly trace: Trace,
    private readonly form: RowForm,
  ) {
    this.kinds = EVENT_KINDS.map((kind) => form.word(kind));
  }

  other(seq: Seq, kind: string, detail: object): void {
    const { form } = this;
    form.number(seq);
    form.cell(form.word(kind));
    form.absent(10);
    form.detail(detail);
    form.end();
  }

  event(seq: Seq): void {
    const { trace, form } = this;
    const { events } = trace;
    const kind = events.kind[seq] as number;
    const size = events.sizeBytes[seq] as number;
    const from = events.fromAddress?.[seq] ?? Number.NaN;
    form.number(seq);
    form.cell(this.kinds[kind] as Uint8Array);
    if (trace.info.hasAddresses && kind !== EventKind.failed) form.address(events.address[seq] as number);
    else form.absent();
    const isFree = kind === EventKind.free || kind === EventKind.sweep;
    form.number(isFree && size === 0 ? undefined : size);
    form.number(events.requestedBytes?.[seq]);
    if (Number.isNaN(from)) form.absent();
    else form.address(from);
    form.number(events.fromSizeBytes?.[seq]);
    form.number(events.atUs?.[seq]);
    form.number(taskOf(trace, seq));
    form.number(events.largestBeforeBytes?.[seq]);
    form.number(events.largestAfterBytes?.[seq]);
    form.stack(events.stack[seq] as number);
    form.absent();
    form.end();
  }
}

/** The task of an event, undefined where it is not known. */
export function taskOf({ events }: Trace, seq: Seq): number | undefined {
  const task = events.task?.[seq] ?? -1;
  return task < 0 ? undefined : task;
}

/** What the first row says; the doubts are for people, and found again in the rows. */
export function infoDetail(trace: Trace, table: RowTable): object {
  const doubts = doubtLines(trace);
  return { schema: ROW_SCHEMAS[table], ...(doubts.length === 0 ? {} : { doubts }), ...trace.info };
}

/** What a record that is no event says, in a row or in several. */
export function sideDetails(record: TraceRecord): Iterable<object> {
  if (record.kind === 'graph') return graphParts(record.graph);
  const { kind, ...detail } = record;
  return [detail];
}
