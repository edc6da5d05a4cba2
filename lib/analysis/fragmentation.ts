import type { Address, Bytes, Seq, StackId } from '../base/units.js';
import { type Finding, lifespans } from '../trace/lifespans.js';
import { EventKind, type Trace } from '../trace/trace.js';
import { type Cut, followGaps } from './gap-timeline.js';
import { fragmentationOf, type HeapMap, heapMap, type RegionMap } from './heap-map.js';
import { framesToHide, type HideOptions } from './hidden-frames.js';
import { type Holder, holdersBy } from './holders.js';
import { type RegionVerdict, verdictsBy } from './in-the-way.js';
import { type Room, type RoomBlock, roomFor } from './room.js';
import { type ShownFrame, shownStack } from './shown-stack.js';
import { stackSources } from './source-table.js';
import { type Wall, wallsOf } from './walls.js';

/** The free space at one event. */
export interface FreeState {
  readonly seq: Seq;
  readonly freeBytes: Bytes;
  readonly largestFreeBytes: Bytes;
  readonly fragmentation: number;
}

/** One area of memory at the event. */
export interface RegionState {
  readonly name: string;
  readonly baseAddress: Address;
  readonly sizeBytes: Bytes;
  readonly liveCount: number;
  readonly usedBytes: Bytes;
  readonly freeBytes: Bytes;
  readonly largestFreeBytes: Bytes;
}

/** Something with the backtrace of the allocation behind it, innermost first. */
export type WithStack<T> = T & { readonly frames: readonly ShownFrame[] };

/** Why a request failed, and what stood in its way. */
export interface FailureReport extends FreeState {
  readonly requestedBytes: Bytes;
  /**
   * `fragmented`: enough is free in all, but no gap is large enough. `exhausted`: too little is free. `unexplained`: a gap
   * would have done: the heap's bounds are wrong, or the allocator needs more than the request (headers, alignment).
   */
  readonly verdict: 'fragmented' | 'exhausted' | 'unexplained';
  readonly frames: readonly ShownFrame[];
  readonly walls: readonly WithStack<Wall>[];
}

/** How broken up the free memory is, when it was worst, and which blocks stand in the way. */
export interface Fragmentation {
  readonly schema: 'heap-harvest/fragmentation@1';
  readonly at: FreeState;
  /** The memories that the heap consists of, ascending by address: the largest free block of one is no use to who needs the other. */
  readonly regions: readonly RegionState[];
  /** What each memory is like at the event, in the order of `regions`. */
  readonly verdicts: readonly RegionVerdict[];
  /** Asked for by `makeBytes`; null when no memory is that large. */
  readonly room?: RoomReport | null;
  /** The moment with the smallest largest free block; undefined without events. */
  readonly tightest?: FreeState;
  /** At most `points` samples, evenly spread over the events, the last one included. */
  readonly timeline: readonly FreeState[];
  readonly walls: readonly WithStack<Wall>[];
  readonly cuts: readonly WithStack<Cut>[];
  readonly cutCount: number;
  readonly cutsFrom: 'captured' | 'reconstructed';
  /** Each failed request in order, at most `maxFailures`. */
  readonly failures: readonly FailureReport[];
  readonly failureCount: number;
  /** What the device itself said at its dump: true then only. */
  readonly deviceReported?: { readonly freeBytes: Bytes; readonly largestFreeBytes: Bytes };
  /** Who holds the heap at the event. */
  readonly holders: readonly Holder[];
  readonly outsideCount: number;
  readonly complete: boolean;
  readonly findings: readonly Finding[];
  readonly assumptions: readonly string[];
}

/** What stands where a free piece is wanted, with the backtraces of it. */
export interface RoomReport extends Room {
  readonly blocks: readonly WithStack<RoomBlock>[];
}

/** The moment to look at, and how much is listed. */
export interface FragmentationOptions extends HideOptions {
  /** Default: the last event. */
  readonly atSeq?: Seq;
  /** How large one free piece shall be: `room` then tells the fewest blocks that are in its way. */
  readonly makeBytes?: Bytes;
  /** How many walls and cuts are listed; default 10. */
  readonly top?: number;
  /** Default 64. */
  readonly points?: number;
  /** How many failures get a report of their own; default 20. */
  readonly maxFailures?: number;
}

/**
 * Free space, its largest piece, and who is in the way.
 *
 * @throws UsageError HH1180 for a trace without addresses
 */
export function fragmentation(trace: Trace, options: FragmentationOptions = {}): Fragmentation {
  const spans = lifespans(trace);
  const top = options.top ?? 10;
  const { hidden, assumptions } = framesToHide(trace, options);
  const sources = stackSources(trace, hidden);
  const map = heapMap(trace, options.atSeq);
  const line = sampleGaps(trace, top, options.points ?? 64);
  const withStack = <T extends { readonly stack: StackId }>(item: T): WithStack<T> => ({
    ...item,
    frames: shownStack(trace, item.stack, hidden),
  });
  const roomField = (): { readonly room?: RoomReport | null } => {
    if (options.makeBytes === undefined) return {};
    const room = roomFor(trace, map, options.makeBytes);
    return { room: room ? { ...room, blocks: room.blocks.map(withStack) } : null };
  };
  const failed = failedSeqs(trace, options.maxFailures ?? 20);
  return {
    schema: 'heap-harvest/fragmentation@1',
    at: { seq: map.atSeq, ...pick(map) },
    regions: map.regions.map(regionState),
    verdicts: verdictsBy(trace, map, sources),
    ...roomField(),
    ...(line.tightest ? { tightest: line.tightest } : {}),
    timeline: line.states,
    walls: wallsOf(trace, map, top).map(withStack),
    cuts: line.cuts.map(withStack),
    cutCount: line.cutCount,
    cutsFrom: line.cutsFrom,
    failures: failed.seqs.map((seq) => failureReport(trace, seq, hidden)),
    failureCount: failed.count,
    ...(trace.info.caps ? { deviceReported: trace.info.caps } : {}),
    holders: holdersBy(trace, map, { sources, limit: top }),
    outsideCount: map.outsideCount,
    complete: trace.info.complete,
    findings: spans.findings,
    assumptions: [...map.assumptions, ...assumptions],
  };
}

function regionState({ region, blocks, usedBytes, freeBytes, largestFreeBytes }: RegionMap): RegionState {
  const { name, baseAddress, sizeBytes } = region;
  return { name, baseAddress, sizeBytes, liveCount: blocks.length, usedBytes, freeBytes, largestFreeBytes };
}

function pick(map: HeapMap): Omit<FreeState, 'seq'> {
  return { freeBytes: map.freeBytes, largestFreeBytes: map.largestFreeBytes, fragmentation: map.fragmentation };
}

/** Follows the gaps and keeps the states of so many events, evenly spread, and the first of those with the smallest largest gap. */
function sampleGaps(trace: Trace, maxCuts: number, points: number) {
  const { eventCount } = trace;
  const wanted = Math.min(eventCount, Math.max(1, points));
  const states: FreeState[] = [];
  const seqOf = (index: number) => Math.floor(((index + 1) * eventCount) / wanted) - 1;
  let [next, least, leastFree, leastSeq] = [seqOf(0), Number.POSITIVE_INFINITY, 0, -1];
  const followed = followGaps(trace, maxCuts, (seq, freeBytes, largestFreeBytes) => {
    if (largestFreeBytes < least) [least, leastFree, leastSeq] = [largestFreeBytes, freeBytes, seq];
    if (seq !== next) return;
    states.push(stateOf(seq, freeBytes, largestFreeBytes));
    next = seqOf(states.length);
  });
  return { ...followed, states, tightest: leastSeq < 0 ? undefined : stateOf(leastSeq, leastFree, least) };
}

function stateOf(seq: Seq, freeBytes: Bytes, largestFreeBytes: Bytes): FreeState {
  return { seq, freeBytes, largestFreeBytes, fragmentation: fragmentationOf(freeBytes, largestFreeBytes) };
}

function failedSeqs(trace: Trace, limit: number): { seqs: Seq[]; count: number } {
  const seqs: Seq[] = [];
  let count = 0;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    if (trace.events.kind[seq] !== EventKind.failed) continue;
    if (count++ < limit) seqs.push(seq);
  }
  return { seqs, count };
}

/** What the heap looked like when a request failed, and the blocks that kept it from fitting. */
function failureReport(trace: Trace, seq: Seq, hidden: Uint8Array): FailureReport {
  const map = heapMap(trace, seq);
  const requestedBytes = trace.events.sizeBytes[seq] ?? 0;
  const enough = map.largestFreeBytes >= requestedBytes;
  return {
    seq,
    ...pick(map),
    requestedBytes,
    verdict: enough ? 'unexplained' : map.freeBytes >= requestedBytes ? 'fragmented' : 'exhausted',
    frames: shownStack(trace, trace.events.stack[seq] ?? -1, hidden),
    walls: wallsOf(trace, map, 5).map((wall) => ({ ...wall, frames: shownStack(trace, wall.stack, hidden) })),
  };
}
