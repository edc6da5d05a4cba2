import type { TraceRecord } from '../trace/heap-event.js';
import { eventAt, type Trace } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';

/**
 * What a decoder has added to its builder since the last look, as records in order: so that formats, which write into a
 * builder, can be read live. A gap that a decoder puts before events that were taken already comes late, but comes.
 */
export class RecordStream {
  private events = 0;
  private readonly told = new Set<object>();
  private info: object | undefined;

  constructor(private readonly builder: TraceBuilder) {}

  *take(): Generator<TraceRecord> {
    const { builder } = this;
    if (builder.info !== this.info) {
      this.info = builder.info;
      yield { kind: 'info', info: builder.info };
    }
    for (const region of builder.regions) if (this.isNew(region)) yield { kind: 'region', region };
    const between = this.freshBetween();
    const trace = this.view();
    let next = 0;
    for (; this.events < trace.eventCount; this.events++) {
      for (let one = between[next]; one && one.beforeSeq <= this.events; one = between[++next]) yield one.record;
      yield eventAt(trace, this.events);
    }
    for (const { record } of between.slice(next)) yield record;
  }

  private freshBetween() {
    const { epochs, gaps, notes, marks } = this.builder;
    const fresh: { readonly beforeSeq: number; readonly record: TraceRecord }[] = [];
    const take = <T extends object>(list: readonly T[], record: (one: T) => TraceRecord, at: (one: T) => number) => {
      for (const one of list) if (this.isNew(one)) fresh.push({ beforeSeq: at(one), record: record(one) });
    };
    take(
      epochs,
      ({ reason }) => ({ kind: 'epoch', reason }),
      (one) => one.beforeSeq,
    );
    take(
      gaps,
      ({ beforeSeq: _, ...gap }) => ({ kind: 'gap', ...gap }),
      (one) => one.beforeSeq,
    );
    take(
      notes,
      ({ code, text }) => ({ kind: 'note', code, text }),
      (one) => one.beforeSeq ?? 0,
    );
    take(
      marks,
      ({ beforeSeq: _, ...mark }) => ({ kind: 'mark', ...mark }),
      (one) => one.beforeSeq,
    );
    return fresh.sort((a, b) => a.beforeSeq - b.beforeSeq);
  }

  private isNew(one: object): boolean {
    if (this.told.has(one)) return false;
    this.told.add(one);
    return true;
  }

  /** The builder's columns as they are, without the copies that `build` makes: this is asked for at every chunk. */
  private view(): Trace {
    const { builder } = this;
    const column = (name: keyof typeof builder.optional) => builder.optional[name]?.view();
    const task = column('task');
    return {
      info: builder.info,
      eventCount: builder.eventCount,
      events: {
        kind: builder.kind.view(),
        address: builder.address.view(),
        sizeBytes: builder.sizeBytes.view(),
        stack: builder.stack.view(),
        fromAddress: column('fromAddress'),
        fromSizeBytes: column('fromSizeBytes'),
        requestedBytes: column('requestedBytes'),
        atUs: column('atUs'),
        task: task && Int32Array.from(task, (value) => (Number.isNaN(value) ? -1 : value)),
        largestBeforeBytes: column('largestBeforeBytes'),
        largestAfterBytes: column('largestAfterBytes'),
      },
      strings: builder.tables.strings,
      frames: builder.tables.frames(),
      stacks: builder.tables.stacks(),
      regions: builder.regions,
      marks: builder.marks,
      gaps: builder.gaps,
      epochs: builder.epochs,
      notes: builder.notes,
      levels: builder.levels,
      rawSamples: [],
    };
  }
}
