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
  /** By lifespan: an index into `list`. */
  readonly ofSpan: Int32Array;
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
  // In the place of what was found: there are millions of them.
  const { ofSpan } = found;
  const colorOf = new Uint8Array(spans.count);
  for (let span = 0; span < spans.count; span++) {
    const source = rankOf[ofSpan[span] as number] as number;
    ofSpan[span] = source;
    if (source < NAMED_SOURCES) colorOf[span] = source + 1;
  }
  const named = Math.min(NAMED_SOURCES, list.length);
  const all = { ofSpan, list, named, colorOf, frameOf: sourceFrames(trace, hidden), hidden };
  return { sources: { ...all, lookedThrough: lookThrough(trace, hide) }, usage };
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
export function placeOfEvent(
  trace: Trace,
  sources: Sources,
  at: { readonly seq: number; readonly span: number },
): Place {
  const source = at.span >= 0 ? sources.list[sources.ofSpan[at.span] ?? -1] : undefined;
  if (source) return source;
  const stack = trace.events.stack[at.seq] ?? -1;
  return placeOf(trace, stack >= 0 ? (sources.frameOf[stack] ?? -1) : -1);
}

/** What shows a source's allocations in the table, and nothing else. */
export function sourceQuery({ functionName, location }: Place): string {
  return `source:"${`${functionName} ${location}`.replaceAll('"', ' ')}"`;
}
