import {
  frameName,
  hiddenFrames,
  type Lifespans,
  NO_PLACE,
  type Place,
  placeOf,
  sourceFrames,
  spanSources,
  type Trace,
} from '../../lib/public/browser.js';
import { looksOf } from '../paint/hues.js';
import { type ClassLook, OTHERS } from '../paint/palette.js';
import { followUse, type Usage } from './follow-use.js';
import { letGo } from './hand-over.js';
import { sortedRows } from './radix-sort.js';

/** So many sources have a colour of their own; it is that of their function, in every trace. */
const NAMED_SOURCES = 12;

export interface Source extends Place {
  readonly look: ClassLook;
  /** How many of the events allocated here, and how much. */
  readonly allocations: number;
  readonly allocatedBytes: number;
  /** The most that was alive here at one moment. */
  readonly peakBytes: number;
}

/** Who allocated: the sources of a trace, those with the highest peak first, with what they look like. */
export interface Sources {
  /** By stack, and one more for events without any: an index into `list`; -1 where no block came from. */
  readonly ofStack: Int32Array;
  readonly list: readonly Source[];
  /** How many of them have a colour of their own. */
  readonly named: number;
  /** By lifespan: one more than its source's place in `list`; 0 for those beyond `named`. */
  readonly colorOf: Uint8Array;
  /** By stack: the frame that is the source, for events that made no block; -1 without a backtrace. */
  readonly frameOf: Int32Array;
  /** By frame: 1 for those that are passed over. */
  readonly hidden: Uint8Array;
  /** The same with the application's own wrappers of the allocator, as trees and statistics leave them out. */
  readonly lookedThrough: () => Uint8Array;
}

export function sourcesOf(trace: Trace, spans: Lifespans, hide: readonly string[]): Sources {
  return sourcesAndUsage(trace, spans, hide).sources;
}

/** The sources, and the bytes in use after each event: one walk over the events tells both. */
export function sourcesAndUsage(
  trace: Trace,
  spans: Lifespans,
  hide: readonly string[],
): { readonly sources: Sources; readonly usage: Usage } {
  const hidden = hiddenFrames(trace, { hide });
  const found = spanSources(trace, spans, hidden);
  const count = found.list.length;
  const { usage, peak, allocated, allocations } = followUse(trace, spans, found);
  const used = Int32Array.from({ length: count }, (_, i) => i).filter((i) => (allocations[i] ?? 0) > 0);
  const ranked = sortedRows(used, (i) => peak[i] ?? 0, true);
  const rankOf = new Int32Array(count);
  const looks = looksOf(Array.from(ranked.subarray(0, NAMED_SOURCES), (id) => found.list[id] ?? NO_PLACE));
  const list = Array.from(ranked, (id, rank): Source => {
    rankOf[id] = rank;
    return {
      ...(found.list[id] ?? NO_PLACE),
      look: looks[rank] ?? OTHERS,
      allocations: allocations[id] ?? 0,
      allocatedBytes: allocated[id] ?? 0,
      peakBytes: peak[id] ?? 0,
    };
  });
  const { stack } = trace.events;
  const ofStack = new Int32Array(trace.stacks.count + 1).fill(-1);
  const colorOf = new Uint8Array(spans.count);
  for (let span = 0; span < spans.count; span++) {
    const source = rankOf[found.ofSpan[span] as number] as number;
    ofStack[rowOf(ofStack, stack[spans.startSeq[span] as number] as number)] = source;
    if (source < NAMED_SOURCES) colorOf[span] = source + 1;
  }
  // By lifespan there are millions of them.
  letGo(found.ofSpan);
  const named = Math.min(NAMED_SOURCES, list.length);
  const all = { ofStack, list, named, colorOf, frameOf: sourceFrames(trace, hidden), hidden };
  return { sources: { ...all, lookedThrough: lookThrough(trace, hide) }, usage };
}

function rowOf(ofStack: Int32Array, stack: number): number {
  return stack >= 0 && stack < ofStack.length - 1 ? stack : ofStack.length - 1;
}

/** By lifespan: a place in the list of sources. */
export function sourceOfSpan({ trace, spans, sources }: Sourced): (span: number) => number {
  const { stack } = trace.events;
  const { startSeq } = spans;
  const { ofStack } = sources;
  return (span) => ofStack[rowOf(ofStack, stack[startSeq[span] as number] as number)] as number;
}

interface Sourced {
  readonly trace: Trace;
  readonly spans: Lifespans;
  readonly sources: Sources;
}

/** The source of a lifespan's block; undefined for no lifespan. */
export function sourceAt(of: Sourced, span: number): Source | undefined {
  const { ofStack, list } = of.sources;
  const stack = of.trace.events.stack[of.spans.startSeq[span] ?? -1] ?? -1;
  return span < 0 ? undefined : list[ofStack[rowOf(ofStack, stack)] as number];
}

/** Found when first asked for: a pass over all frames. */
export function lookThrough(trace: Trace, hide: readonly string[]): () => Uint8Array {
  let through: Uint8Array | undefined;
  return () => {
    through ??= hiddenFrames(trace, { hide, lookThrough: true });
    return through;
  };
}

/** `tls_session_new  tls.c:118`: a source on one line; the file without its folders. */
export function sourceLabel(place: Place): string {
  if (frameName(place) === place.location) return place.location;
  const file = place.file.slice(Math.max(place.file.lastIndexOf('/'), place.file.lastIndexOf('\\')) + 1);
  return file === '' ? place.functionName : `${place.functionName}  ${file}:${place.line}`;
}

/** Where an event came from: its block's source, or that of its own backtrace when it has no block (a failed request). */
export function placeOfEvent(of: Sourced, at: { readonly seq: number; readonly span: number }): Place {
  const source = sourceAt(of, at.span);
  if (source) return source;
  const { trace, sources } = of;
  const stack = trace.events.stack[at.seq] ?? -1;
  return placeOf(trace, stack >= 0 ? (sources.frameOf[stack] ?? -1) : -1);
}

/** What shows a source's allocations in the table, and nothing else. */
export function sourceQuery({ functionName, location }: Place): string {
  return `source:"${`${functionName} ${location}`.replaceAll('"', ' ')}"`;
}
