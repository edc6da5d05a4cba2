import type { TraceRecord } from '../trace/heap-event.js';
import { recordsBetween } from '../trace/records-of.js';
import { eventAt } from '../trace/trace.js';
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
    const between = recordsBetween(builder, (one) => this.isNew(one));
    const trace = builder.view();
    let next = 0;
    for (; this.events < trace.eventCount; this.events++) {
      for (let one = between[next]; one && one.beforeSeq <= this.events; one = between[++next]) yield one.record;
      yield eventAt(trace, this.events);
    }
    for (const { record } of between.slice(next)) yield record;
  }

  private isNew(one: object): boolean {
    if (this.told.has(one)) return false;
    this.told.add(one);
    return true;
  }
}
