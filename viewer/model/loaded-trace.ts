import {
  type GapTimeline,
  type HeapRegion,
  heapRegions,
  type LifespanParts,
  type Lifespans,
  lifespans,
  lifespansFromParts,
  rememberLifespans,
  type Trace,
} from '../../lib/public/browser.js';
import { type AddressOrder, addressOrder, recolored } from './address-order.js';
import type { Usage } from './follow-use.js';
import { type LiveIndex, liveIndex } from './live-index.js';
import { breath } from './read-trace.js';
import { type Sources, sourcesAndUsage, sourcesOf } from './sources.js';

/** A worker that holds the same trace and answers what panels ask (model/jobs.ts), so that the page stays quick. */
export interface Desk {
  ask(name: string, args: unknown, then: (result: unknown, problem?: { readonly text: string }) => void): void;
  /** Rows of an answer that are shown no more: the next ones take their place. */
  giveBack(rows: Int32Array): void;
  /** The same events have other names. */
  rename(
    names: Pick<Trace, 'strings' | 'frames' | 'stacks'> & { readonly stack: Int32Array },
    hide: readonly string[],
  ): void;
  /** Other frames are passed over. */
  hide(hide: readonly string[]): void;
  /** The trace has other marks. */
  mark(marks: Trace['marks']): void;
  close(): void;
}

/** A trace with everything that the views draw from; made once, never changed. */
export interface LoadedTrace {
  readonly name: string;
  /** What the file was taken for. */
  readonly format: string;
  /** As it was read; `trace` has the names of an ELF file on top. */
  readonly original: Trace;
  readonly trace: Trace;
  readonly spans: Lifespans;
  readonly usage: Usage;
  readonly sources: Sources;
  /** Empty for a trace without addresses. */
  readonly regions: readonly HeapRegion[];
  /** Undefined for a trace without addresses: it has no map. */
  readonly order: AddressOrder | undefined;
  /** Which blocks are alive when; undefined without addresses. */
  readonly index: LiveIndex | undefined;
  /** Whether the trace tells where the heap begins and ends. */
  readonly boundsKnown: boolean;
  /** Free and largest free block after each event; undefined until known, and without addresses. */
  readonly gaps: GapTimeline | undefined;
  /** The region that curves, figures and the drop column are about; empty: the whole heap. */
  readonly area: string;
  /** `none`: the trace has no addresses. `failed`: the browser has not the memory for it. */
  readonly gapsState: 'none' | 'computing' | 'ready' | 'failed';
  readonly assumptions: readonly string[];
  /** Undefined for a trace that the page has read itself. */
  readonly desk: Desk | undefined;
}

/** A trace as one thread sends it to the other. */
export interface SentTrace extends Omit<LoadedTrace, 'desk' | 'original' | 'spans'> {
  readonly spans: LifespanParts;
}

/** The same with all that can be told from it. Functions are not sent: `lookedThrough` is that of its sources. */
export function received<T extends Omit<SentTrace, 'usage' | 'order' | 'index'>>(
  sent: T,
  lookedThrough: Sources['lookedThrough'],
): Omit<T, 'spans'> & Pick<LoadedTrace, 'desk' | 'original' | 'spans'> {
  const spans = lifespansFromParts(sent.trace, sent.spans);
  return { ...sent, spans, sources: { ...sent.sources, lookedThrough }, original: sent.trace, desk: undefined };
}

export interface LoadOptions {
  readonly name: string;
  readonly format: string;
  readonly hide: readonly string[];
  /** Told how much of it is done, from 0 to 1. */
  readonly progress?: (share: number) => void;
}

/** Makes the parts one by one, with a breath between them so that the page lives. */
export async function prepareTrace(trace: Trace, options: LoadOptions): Promise<LoadedTrace> {
  const { name, format, hide, progress } = options;
  const done = (share: number) => {
    progress?.(share);
    return breath();
  };
  const spans = lifespans(trace);
  await done(0.35);
  const { sources, usage } = sourcesAndUsage(trace, spans, hide);
  await done(0.65);
  const base = { desk: undefined, name, format, original: trace, trace, spans, usage, sources, area: '' };
  // Of levels there is no block to draw: all of the heap would look free.
  if (!trace.info.hasAddresses || trace.info.contents === 'levels') {
    const none = {
      regions: [],
      order: undefined,
      index: undefined,
      boundsKnown: false,
      gaps: undefined,
      gapsState: 'none' as const,
    };
    return { ...base, ...none, assumptions: spans.assumptions };
  }
  const { regions, boundsKnown, assumptions } = heapRegions(trace, spans);
  const order = addressOrder(spans, sources.colorOf);
  await done(0.85);
  const index = liveIndex(spans, order, trace.eventCount);
  return { ...base, regions, boundsKnown, order, index, gaps: undefined, gapsState: 'computing', assumptions };
}

/** The same trace with other frames hidden. */
export function withHidden(loaded: LoadedTrace, hide: readonly string[]): LoadedTrace {
  const sources = sourcesOf(loaded.trace, loaded.spans, hide);
  return { ...loaded, sources, order: loaded.order && recolored(loaded.order, sources.colorOf) };
}

/** The same events with other names: stacks and sources change, blocks do not. */
export function withNames(loaded: LoadedTrace, trace: Trace, hide: readonly string[]): LoadedTrace {
  rememberLifespans(trace, loaded.spans);
  return withHidden({ ...loaded, trace }, hide);
}
