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
  /** Whether the trace tells where the heap begins and ends. */
  readonly boundsKnown: boolean;
  /** Free and largest free block after each event; undefined until known, and without addresses. */
  readonly gaps: GapTimeline | undefined;
  /** `none`: the trace has no addresses. `failed`: the browser has not the memory for it. */
  readonly gapsState: 'none' | 'computing' | 'ready' | 'failed';
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
    const none = { regions: [], order: undefined, boundsKnown: false, gaps: undefined, gapsState: 'none' as const };
    return { ...base, ...none, assumptions: spans.assumptions };
  }
  const { regions, boundsKnown, assumptions } = heapRegions(trace, spans);
  const order = addressOrder(spans, sources.colorOf);
  await breath();
  return { ...base, regions, boundsKnown, order, gaps: undefined, gapsState: 'computing', assumptions };
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
