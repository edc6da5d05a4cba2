import type { Address, Seq } from '../../base/units.js';
import { END_CAUSES, EndCause, type Lifespans, lifespans } from '../../trace/lifespans.js';
import { recordsBetween } from '../../trace/records-of.js';
import { EVENT_KINDS, EventKind, type Trace } from '../../trace/trace.js';
import type { RowForm } from '../rows/row-forms.js';
import { infoDetail, sideDetails, taskOf } from './event-rows.js';

/** A row for every allocation with its end, and for every refused request, in the order in which they were made; others as in {@link eventRows}. */
export function* allocationRows(trace: Trace, form: RowForm): Generator<Uint8Array> {
  const { out } = form;
  const { kind } = trace.events;
  const spans = lifespans(trace);
  const rows = new AllocationRows(trace, form, spans);
  out.text(form.head);
  rows.other(0, 'info', infoDetail(trace, 'allocations'));
  for (const region of trace.regions) rows.other(0, 'region', region);
  for (const { beforeSeq, record } of recordsBetween(trace)) {
    for (const detail of sideDetails(record)) {
      rows.other(beforeSeq, record.kind, detail);
      if (out.isFull) yield out.take();
    }
  }
  let span = 0;
  let count = 0;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    if (span < spans.count && spans.startSeq[span] === seq) rows.span(span++, count++);
    else if (kind[seq] === EventKind.failed) rows.refused(seq, count++);
    if (out.isFull) yield out.take();
  }
  rows.other(trace.eventCount, 'end', { allocations: count });
  yield out.take();
}

class AllocationRows {
  private readonly kinds: readonly Uint8Array[];
  private readonly ends: readonly Uint8Array[];
  private readonly refusal: Uint8Array;

  constructor(
    private readonly trace: Trace,
    private readonly form: RowForm,
    private readonly spans: Lifespans,
  ) {
    this.kinds = EVENT_KINDS.map((kind) => form.word(kind));
    this.ends = END_CAUSES.map((end) => form.word(end));
    this.refusal = form.word('refused');
  }

  other(seq: Seq, kind: string, detail: object): void {
    const { form } = this;
    form.absent();
    form.cell(form.word(kind));
    form.absent(5);
    form.number(seq);
    form.absent(8);
    form.detail(detail);
    form.end();
  }

  span(span: number, id: number): void {
    const { spans, form, trace } = this;
    const seq = spans.startSeq[span] as number;
    const cause = spans.endCause[span] as number;
    const endSeq = cause === EndCause.alive ? undefined : (spans.endSeq[span] as number);
    // An event of its own: what ends a block by taking its place has a row.
    const isGivenBack = cause === EndCause.free || cause === EndCause.sweep;
    const address = trace.info.hasAddresses ? (trace.events.address[seq] as number) : undefined;
    this.start(seq, id, address);
    form.number(endSeq);
    form.cell(this.ends[cause] as Uint8Array);
    form.number(trace.events.atUs?.[seq]);
    form.number(endSeq === undefined ? undefined : trace.events.atUs?.[endSeq]);
    form.number(taskOf(trace, seq));
    const givenBackBy = isGivenBack ? endSeq : undefined;
    form.number(givenBackBy === undefined ? undefined : taskOf(trace, givenBackBy));
    form.stack(trace.events.stack[seq] as number);
    form.stack(givenBackBy === undefined ? -1 : (trace.events.stack[givenBackBy] as number));
    form.absent();
    form.end();
  }

  refused(seq: Seq, id: number): void {
    const { form, trace } = this;
    this.start(seq, id, undefined);
    form.absent();
    form.cell(this.refusal);
    form.number(trace.events.atUs?.[seq]);
    form.absent();
    form.number(taskOf(trace, seq));
    form.absent();
    form.stack(trace.events.stack[seq] as number);
    form.absent(2);
    form.end();
  }

  private start(seq: Seq, id: number, address: Address | undefined): void {
    const { form } = this;
    const { events } = this.trace;
    const from = events.fromAddress?.[seq] ?? Number.NaN;
    form.number(id);
    form.cell(this.kinds[events.kind[seq] as number] as Uint8Array);
    if (address === undefined) form.absent();
    else form.address(address);
    form.number(events.sizeBytes[seq]);
    form.number(events.requestedBytes?.[seq]);
    if (Number.isNaN(from)) form.absent();
    else form.address(from);
    form.number(events.fromSizeBytes?.[seq]);
    form.number(seq);
  }
}
