import {
  type GapTimeline,
  type HeapRegion,
  heapRegions,
  type Lifespans,
  lifespans,
  type Trace,
  type UsageCurve,
  usageCurve,
} from '../../lib/public/browser.js';
import { type AddressOrder, addressOrder, recolored } from './address-order.js';
import { breath } from './read-trace.js';
import { type Sources, sourcesOf } from './sources.js';

/** A trace with everything that the views draw from; made once, never changed. */
export interface LoadedTrace {
  readonly name: string;
  /** What the file was taken for. */
  readonly format: string;
  /** As it was read; `trace` has the names of an ELF file on top. */
  readonly original: Trace;
  readonly trace: Trace;
  readonly spans: Lifespans;
  readonly usage: UsageCurve;
  readonly sources: Sources;
  /** Empty for a trace without addresses. */
  readonly regions: readonly HeapRegion[];
  /** Undefined for a trace without addresses: it has no map. */
  readonly order: AddressOrder | undefined;
  /** Free and largest free block after each event; undefined until known, without addresses, and for heaps too large to follow. */
  readonly gaps: GapTimeline | undefined;
  readonly assumptions: readonly string[];
}

export interface LoadOptions {
  readonly name: string;
  readonly format: string;
  readonly hide: readonly string[];
}

/** Makes the parts one by one, with a breath between them so that the page lives. */
export async function prepareTrace(trace: Trace, options: LoadOptions): Promise<LoadedTrace> {
  const spans = lifespans(trace);
  await breath();
  const usage = usageCurve(trace);
  const sources = sourcesOf(trace, spans, options.hide);
  await breath();
  const { name, format } = options;
  const base = { name, format, original: trace, trace, spans, usage, sources };
  if (!trace.info.hasAddresses) {
    return { ...base, regions: [], order: undefined, gaps: undefined, assumptions: spans.assumptions };
  }
  const { regions, assumptions } = heapRegions(trace, spans);
  const order = addressOrder(spans, sources.colorOf);
  await breath();
  return { ...base, regions, order, gaps: undefined, assumptions };
}

/** The same trace with other frames hidden. */
export function withHidden(loaded: LoadedTrace, hide: readonly string[]): LoadedTrace {
  const sources = sourcesOf(loaded.trace, loaded.spans, hide);
  return { ...loaded, sources, order: loaded.order && recolored(loaded.order, sources.colorOf) };
}

/** The same events with other names: stacks and sources change, blocks do not. */
export function withNames(loaded: LoadedTrace, trace: Trace, hide: readonly string[]): LoadedTrace {
  return withHidden({ ...loaded, trace, spans: lifespans(trace) }, hide);
}
