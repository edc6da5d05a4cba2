import type { Seq } from '../../base/units.js';
import type { TraceRecord } from '../../trace/heap-event.js';
import { recordsBetween } from '../../trace/records-of.js';
import { EVENT_KINDS, EventKind, type Trace } from '../../trace/trace.js';
import { graphParts } from '../rows/graph-parts.js';
import { ROW_SCHEMAS, type RowTable } from '../rows/row-columns.js';
import type { RowForm } from '../rows/row-forms.js';
import { doubtLines } from './doubts-text.js';

const PIECE = 65_536;

/**
 * A row for every event, in order; what stands between events (marks, gaps...) is a row at its place, what is known of the whole trace the first,
 * and the last says how many events there were: a file that was cut is told from a whole one.
 */
export function* eventRows(trace: Trace, form: RowForm): Generator<string> {
  const cells = new EventCells(trace, form);
  const places = recordsBetween(trace);
  let place = 0;
  let text = form.head + cells.other(0, 'info', infoDetail(trace, 'events'));
  for (const region of trace.regions) text += cells.other(0, 'region', region);
  const upTo = (seq: Seq) => {
    for (let one = places[place]; one && one.beforeSeq <= seq; one = places[++place]) {
      for (const detail of sideDetails(one.record)) text += cells.other(one.beforeSeq, one.record.kind, detail);
    }
  };
  for (let seq = 0; seq < trace.eventCount; seq++) {
    if (place < places.length) upTo(seq);
    text += cells.event(seq);
    if (text.length < PIECE) continue;
    yield text;
    text = '';
  }
  upTo(Number.POSITIVE_INFINITY);
  yield text + cells.other(trace.eventCount, 'end', { events: trace.eventCount });
}

class EventCells {
  private readonly kinds: readonly string[];

  constructor(
    private readonly trace: Trace,
    private readonly form: RowForm,
  ) {
    this.kinds = EVENT_KINDS.map((kind) => form.word(kind));
  }

  other(seq: Seq, kind: string, detail: object): string {
    const { form } = this;
    return form.row([String(seq), form.word(kind), '', '', '', '', '', '', '', '', '', '', form.detail(detail)]);
  }

  event(seq: Seq): string {
    const { events } = this.trace;
    const { form } = this;
    const kind = events.kind[seq] ?? 0;
    const size = events.sizeBytes[seq] ?? 0;
    const from = events.fromAddress?.[seq] ?? Number.NaN;
    const isFree = kind === EventKind.free || kind === EventKind.sweep;
    const task = events.task?.[seq] ?? -1;
    return form.row([
      String(seq),
      this.kinds[kind] ?? '',
      this.trace.info.hasAddresses && kind !== EventKind.failed ? form.address(events.address[seq] ?? 0) : '',
      isFree && size === 0 ? '' : String(size),
      known(events.requestedBytes?.[seq]),
      Number.isNaN(from) ? '' : form.address(from),
      known(events.fromSizeBytes?.[seq]),
      known(events.atUs?.[seq]),
      task < 0 ? '' : String(task),
      known(events.largestBeforeBytes?.[seq]),
      known(events.largestAfterBytes?.[seq]),
      form.stack(events.stack[seq] ?? -1),
      '',
    ]);
  }
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

/** A number as a cell; empty when it is not known. */
export function known(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '' : String(value);
}
