import type { Seq } from '../../base/units.js';
import { END_CAUSES, EndCause, type Lifespans, lifespans } from '../../trace/lifespans.js';
import { recordsBetween } from '../../trace/records-of.js';
import { EVENT_KINDS, EventKind, type Trace } from '../../trace/trace.js';
import type { RowForm } from '../rows/row-forms.js';
import { infoDetail, known, sideDetails } from './event-rows.js';

const PIECE = 65_536;

/** A row for every allocation with its end, and for every refused request, in the order in which they were made; others as in {@link eventRows}. */
export function* allocationRows(trace: Trace, form: RowForm): Generator<string> {
  const spans = lifespans(trace);
  const cells = new AllocationCells(trace, form, spans);
  const places = recordsBetween(trace);
  let text = form.head + cells.other(0, 'info', infoDetail(trace, 'allocations'));
  for (const region of trace.regions) text += cells.other(0, 'region', region);
  for (const { beforeSeq, record } of places) {
    for (const detail of sideDetails(record)) text += cells.other(beforeSeq, record.kind, detail);
  }
  let span = 0;
  let rows = 0;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    if (span < spans.count && spans.startSeq[span] === seq) text += cells.span(span++, rows++);
    else if (trace.events.kind[seq] === EventKind.failed) text += cells.refused(seq, rows++);
    if (text.length < PIECE) continue;
    yield text;
    text = '';
  }
  yield text + cells.other(trace.eventCount, 'end', { allocations: rows });
}

class AllocationCells {
  private readonly kinds: readonly string[];
  private readonly ends: readonly string[];

  constructor(
    private readonly trace: Trace,
    private readonly form: RowForm,
    private readonly spans: Lifespans,
  ) {
    this.kinds = EVENT_KINDS.map((kind) => form.word(kind));
    this.ends = END_CAUSES.map((end) => form.word(end));
  }

  other(seq: Seq, kind: string, detail: object): string {
    const { form } = this;
    const cells = ['', form.word(kind), '', '', '', '', '', String(seq), '', '', '', '', '', '', '', ''];
    return form.row([...cells, form.detail(detail)]);
  }

  span(span: number, id: number): string {
    const { spans, form, trace } = this;
    const seq = spans.startSeq[span] ?? 0;
    const cause = spans.endCause[span] ?? 0;
    const endSeq = cause === EndCause.alive ? -1 : (spans.endSeq[span] ?? 0);
    // An event of its own: what ends a block by taking its place has a row.
    const isGivenBack = cause === EndCause.free || cause === EndCause.sweep;
    const address = trace.info.hasAddresses ? form.address(spans.address[span] ?? 0) : '';
    return form.row([
      ...this.start(seq, id, address, spans.sizeBytes[span] ?? 0),
      endSeq < 0 ? '' : String(endSeq),
      this.ends[cause] ?? '',
      known(trace.events.atUs?.[seq]),
      endSeq < 0 ? '' : known(trace.events.atUs?.[endSeq]),
      this.task(seq),
      isGivenBack ? this.task(endSeq) : '',
      form.stack(trace.events.stack[seq] ?? -1),
      isGivenBack ? form.stack(trace.events.stack[endSeq] ?? -1) : '',
      '',
    ]);
  }

  refused(seq: Seq, id: number): string {
    const { form, trace } = this;
    return form.row([
      ...this.start(seq, id, '', trace.events.sizeBytes[seq] ?? 0),
      '',
      form.word('refused'),
      known(trace.events.atUs?.[seq]),
      '',
      this.task(seq),
      '',
      form.stack(trace.events.stack[seq] ?? -1),
      '',
      '',
    ]);
  }

  private start(seq: Seq, id: number, address: string, size: number): string[] {
    const { events } = this.trace;
    const from = events.fromAddress?.[seq] ?? Number.NaN;
    return [
      String(id),
      this.kinds[events.kind[seq] ?? 0] ?? '',
      address,
      String(size),
      known(events.requestedBytes?.[seq]),
      Number.isNaN(from) ? '' : this.form.address(from),
      known(events.fromSizeBytes?.[seq]),
      String(seq),
    ];
  }

  private task(seq: Seq): string {
    const task = this.trace.events.task?.[seq] ?? -1;
    return task < 0 ? '' : String(task);
  }
}
