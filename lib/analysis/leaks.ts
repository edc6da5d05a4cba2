import { defined } from '../base/defined.js';
import type { Bytes } from '../base/units.js';
import { EXISTING_BACKTRACE, type Gap, type TraceContents } from '../trace/heap-event.js';
import { type Finding, lifespans } from '../trace/lifespans.js';
import { type StackDoubts, stackDoubts } from '../trace/stack-doubts.js';
import type { Trace } from '../trace/trace.js';
import { type Boundary, type BoundaryOptions, boundariesOf } from './boundaries.js';
import { heapLevels, type LevelSeries } from './heap-levels.js';
import { framesToHide, type HideOptions } from './hidden-frames.js';
import { countsOf, inOrder, type LeakVerdict, rankSites, type SiteRank, sumsOf } from './leak-ranks.js';
import { growthOf, type LeakScan, liveAt, scanSpans, totalOf, worstStack } from './leak-scan.js';
import { type GrowingContainer, growingContainers } from './objects/containers.js';
import { NO_PLACE, type Place } from './places.js';
import { type ShownFrame, shownStack } from './shown-stack.js';

export type { LeakVerdict } from './leak-ranks.js';

/** One place of the source that leaves blocks behind. */
export interface LeakSite extends Place {
  readonly verdict: LeakVerdict;
  /** Allocated after the first boundary and alive at the last. */
  readonly count: number;
  readonly bytes: Bytes;
  /** What the site has alive at the last boundary more than at the first: new blocks that took the place of old ones do not count. */
  readonly netBytes: Bytes;
  readonly netCount: number;
  /** The one size of all these blocks, when it is one. */
  readonly eachBytes?: Bytes;
  /** Net growth of all that the site has alive, from boundary to boundary: allocated minus freed. */
  readonly growthBytes: readonly Bytes[];
  readonly growthCount: readonly number[];
  /** When the growth is the same in every interval (two or more). */
  readonly perInterval?: { readonly count: number; readonly bytes: Bytes };
  /** The path that left the most bytes, innermost first. */
  readonly frames: readonly ShownFrame[];
}

/** What is alive at the last boundary and was not at the first, by source. */
export interface Leaks {
  readonly schema: 'heap-harvest/leaks@1';
  /** Of a snapshot the sites are what is alive; nothing tells which of it leaks. */
  readonly contents: TraceContents;
  readonly boundaries: readonly Boundary[];
  /** Live bytes of the whole heap at each boundary. */
  readonly liveBytes: readonly Bytes[];
  readonly liveCount: readonly number[];
  /** `grows` first, then `left`, `irregular`, `one-time`, `steady`; within each the most net growth first. */
  readonly sites: readonly LeakSite[];
  /** How many sites there are of each verdict, also where {@link LeakOptions.top} leaves some out of `sites`. */
  readonly siteCounts: Readonly<Record<LeakVerdict, number>>;
  /** What grows, by names: objects that hold blocks of every part of the window. Empty unless the capture read who holds which block at its end. */
  readonly containers: readonly GrowingContainer[];
  /** Sums of the net growth of the sites that are neither `one-time` nor `steady`. */
  readonly suspectBytes: Bytes;
  readonly suspectCount: number;
  /** Of all sites: blocks that were allocated in the window and are alive, beyond the net growth: new for old. */
  readonly replacedBytes: Bytes;
  readonly replacedCount: number;
  /**
   * Blocks that were alive before the capture began and were given back in the window: nobody saw which source made them, so
   * what is left behind may be new for these. Absent where there are none, as in every capture from a reset on.
   */
  readonly freedFromBefore?: { readonly count: number; readonly bytes: Bytes };
  /** Blocks lost at a restart of the heap within the window; never counted as leaks. */
  readonly lostAtEpochs: number;
  /** How full the heap was, by the device's own word; empty unless the source tells it. */
  readonly levels: readonly LevelSeries[];
  readonly complete: boolean;
  /** What is not sure of the backtraces; absent when all are whole and exact. */
  readonly stacks?: StackDoubts;
  readonly gaps: readonly Gap[];
  readonly findings: readonly Finding[];
  readonly assumptions: readonly string[];
}

/** The boundaries between which is compared, and what counts as a leak. */
export interface LeakOptions extends HideOptions, BoundaryOptions {
  /** Describe so many sites of each verdict, the first ones; all sums and counts are of all. Default: all. What is no history has all. */
  readonly top?: number;
}

/**
 * What was allocated between the first and the last boundary and is still alive, by source; and how each source grew from
 * boundary to boundary. Without marks the boundaries are the begin and the end of the trace.
 *
 * @throws UsageError HH1181 for a mark that the trace does not have
 */
export function heapLeaks(trace: Trace, options: LeakOptions = {}): Leaks {
  const spans = lifespans(trace);
  const boundaries = boundariesOf(trace, options);
  const { findings, assumptions } = spans;
  const scan = (hidden: Uint8Array) => scanSpans(trace, spans, { boundaries, hidden });
  const containers = spans.count === 0 ? [] : growingContainers(trace, options);
  return leaksOfScan(trace, { boundaries, scan, containers, findings, assumptions }, options);
}

/** What leaks are told by. */
export interface LeakFigures extends Pick<Leaks, 'boundaries' | 'containers' | 'findings' | 'assumptions'> {
  scan(hidden: Uint8Array): LeakScan;
}

/** The leaks of figures that were summed already: of the trace only its stacks are looked at. */
export function leaksOfScan(trace: Trace, figures: LeakFigures, options: LeakOptions): Leaks {
  const { boundaries, findings } = figures;
  const { hidden, assumptions } = framesToHide(trace, options);
  const scan = figures.scan(hidden);
  const contents = trace.info.contents ?? 'history';
  const ranks = rankSites(scan);
  // What is alive at one moment is shown in another order.
  const shown = inOrder(scan, ranks, contents === 'history' ? options.top : undefined);
  return {
    schema: 'heap-harvest/leaks@1',
    contents,
    boundaries,
    ...liveAt(scan),
    sites: shown.map((rank) => siteOf(scan, rank, { trace, hidden })),
    siteCounts: countsOf(ranks),
    containers: figures.containers,
    ...sumsOf(ranks),
    ...defined({ freedFromBefore: freedFromBefore(scan) }),
    lostAtEpochs: scan.lostAtEpochs,
    levels: heapLevels(trace),
    complete: trace.info.complete,
    ...defined({ stacks: stackDoubts(trace) }),
    gaps: trace.gaps,
    findings,
    assumptions: [...figures.assumptions, ...assumptions],
  };
}

function siteOf(scan: LeakScan, rank: SiteRank, at: { trace: Trace; hidden: Uint8Array }): LeakSite {
  const { source, left, verdict, netBytes, netCount } = rank;
  const { location, functionName, file, line } = scan.places[source] ?? NO_PLACE;
  const growthBytes = growthOf(scan, scan.bytes, source);
  const growthCount = growthOf(scan, scan.count, source);
  const { count, bytes, each: eachBytes } = left;
  const per = perInterval(growthBytes, growthCount);
  const frames = shownStack(at.trace, worstStack(scan, left), at.hidden);
  const head = { location, functionName, file, line, verdict, count, bytes, netBytes, netCount };
  const each = Number.isNaN(eachBytes) ? {} : { eachBytes };
  return { ...head, ...each, growthBytes, growthCount, ...defined({ perInterval: per }), frames };
}

function freedFromBefore(scan: LeakScan): Leaks['freedFromBefore'] {
  const name = EXISTING_BACKTRACE[0]?.functionName;
  const source = scan.places.findIndex(({ functionName }) => functionName === name);
  if (source < 0) return undefined;
  const count = -totalOf(scan, scan.count, source);
  return count > 0 ? { count, bytes: -totalOf(scan, scan.bytes, source) } : undefined;
}

function perInterval(bytes: readonly Bytes[], count: readonly number[]): LeakSite['perInterval'] {
  const [firstBytes = 0] = bytes;
  const [firstCount = 0] = count;
  if (bytes.length < 2 || firstBytes <= 0) return undefined;
  const same = bytes.every((value) => value === firstBytes) && count.every((value) => value === firstCount);
  return same ? { count: firstCount, bytes: firstBytes } : undefined;
}
