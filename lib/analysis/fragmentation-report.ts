import type { Address, Bytes, Seq, StackId } from '../base/units.js';
import type { Finding } from '../trace/finding-list.js';
import type { Trace } from '../trace/trace.js';
import type { Cut } from './gap-timeline.js';
import { fragmentationOf, type HeapMap, type RegionMap } from './heap-map.js';
import { framesToHide, type HideOptions } from './hidden-frames.js';
import { type Holder, holdersBy } from './holders.js';
import { type RegionVerdict, verdictsBy } from './in-the-way.js';
import { type Room, type RoomBlock, roomFor } from './room.js';
import { type ShownFrame, shownStack } from './shown-stack.js';
import { type StackSources, stackSources } from './source-table.js';
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

/** How many walls, cuts and holders are listed, how many moments are sampled, and how many failures are told of, unless said otherwise. */
export const DEFAULT_LIMITS = { top: 10, points: 64, maxFailures: 20 };

/** The heap at one moment. */
export interface HeapMoment {
  readonly map: HeapMap;
  /** A trace in which the blocks of the map can be looked up: the whole one, or one that holds only them. */
  readonly blocks: Trace;
  /** The number that an event of `blocks` has in the whole trace. */
  seqOf(seq: Seq): Seq;
}

/** A request that failed, and the heap as it was then. */
export interface FailedRequest extends HeapMoment {
  readonly failedSeq: Seq;
  readonly requestedBytes: Bytes;
  readonly stack: StackId;
}

/** How the gaps were over time. */
export interface SampledGaps extends Pick<Fragmentation, 'cutCount' | 'cutsFrom'> {
  readonly cuts: readonly Cut[];
  readonly states: readonly FreeState[];
  readonly tightest: FreeState | undefined;
}

/** What a report is made of. */
export interface FragmentationFigures extends Pick<Fragmentation, 'findings' | 'failureCount'> {
  readonly at: HeapMoment;
  readonly atSeq: Seq;
  readonly line: SampledGaps;
  readonly failures: readonly FailedRequest[];
}

/** The report of figures that were made already: of the trace only its stacks are looked at. */
export function fragmentationReport(
  trace: Trace,
  figures: FragmentationFigures,
  options: FragmentationOptions,
): Fragmentation {
  const { at, line } = figures;
  const { map } = at;
  const top = options.top ?? DEFAULT_LIMITS.top;
  const { hidden, assumptions } = framesToHide(trace, options);
  const withStack = <T extends { readonly stack: StackId }>(item: T): WithStack<T> => ({
    ...item,
    frames: shownStack(trace, item.stack, hidden),
  });
  const sources = sourcesIn(at.blocks, stackSources(trace, hidden));
  return {
    schema: 'heap-harvest/fragmentation@1',
    at: { seq: figures.atSeq, ...pick(map) },
    regions: map.regions.map(regionState),
    verdicts: verdictsBy(at.blocks, map, sources),
    ...roomField(at, options.makeBytes, withStack),
    ...(line.tightest ? { tightest: line.tightest } : {}),
    timeline: line.states,
    walls: wallsAt(at, top).map(withStack),
    cuts: line.cuts.map(withStack),
    cutCount: line.cutCount,
    cutsFrom: line.cutsFrom,
    failures: figures.failures.map((failed) => failureReport(failed, withStack)),
    failureCount: figures.failureCount,
    ...(trace.info.caps ? { deviceReported: trace.info.caps } : {}),
    holders: holdersBy(at.blocks, map, { sources, limit: top }),
    outsideCount: map.outsideCount,
    complete: trace.info.complete,
    findings: figures.findings,
    assumptions: [...map.assumptions, ...assumptions],
  };
}

type Shown = <T extends { readonly stack: StackId }>(item: T) => WithStack<T>;

/** The same sources by the events of another trace with the same stacks. */
function sourcesIn({ events }: Trace, { sourceOfStack, ...sources }: StackSources): StackSources {
  return { ...sources, sourceOfStack, sourceOf: (seq) => sourceOfStack(events.stack[seq] ?? -1) };
}

function wallsAt({ blocks, map, seqOf }: HeapMoment, limit: number): Wall[] {
  return wallsOf(blocks, map, limit).map((wall) => ({ ...wall, allocSeq: seqOf(wall.allocSeq) }));
}

function roomField(
  { blocks, map, seqOf }: HeapMoment,
  makeBytes: Bytes | undefined,
  shown: Shown,
): { readonly room?: RoomReport | null } {
  if (makeBytes === undefined) return {};
  const room = roomFor(blocks, map, makeBytes);
  if (!room) return { room: null };
  return { room: { ...room, blocks: room.blocks.map((it) => shown({ ...it, allocSeq: seqOf(it.allocSeq) })) } };
}

function regionState({ region, blocks, usedBytes, freeBytes, largestFreeBytes }: RegionMap): RegionState {
  const { name, baseAddress, sizeBytes } = region;
  return { name, baseAddress, sizeBytes, liveCount: blocks.length, usedBytes, freeBytes, largestFreeBytes };
}

function pick(map: HeapMap): Omit<FreeState, 'seq'> {
  return { freeBytes: map.freeBytes, largestFreeBytes: map.largestFreeBytes, fragmentation: map.fragmentation };
}

/** The states of so many events, evenly spread, and the first of those with the smallest largest gap. */
export class GapSamples {
  readonly states: FreeState[] = [];
  /** The next event to be sampled. */
  next: Seq;
  private least: Bytes = Number.POSITIVE_INFINITY;
  private worst: FreeState | undefined;
  private readonly wanted: number;

  constructor(
    private readonly eventCount: number,
    points: number,
  ) {
    this.wanted = Math.min(eventCount, Math.max(1, points));
    this.next = this.seqOf(0);
  }

  get tightest(): FreeState | undefined {
    return this.worst;
  }

  /** Told of each event at which the gaps changed, of the first one, and of those that are asked for. */
  after(seq: Seq, freeBytes: Bytes, largestFreeBytes: Bytes): void {
    if (largestFreeBytes < this.least) {
      this.least = largestFreeBytes;
      this.worst = stateOf(seq, freeBytes, largestFreeBytes);
    }
    if (seq !== this.next) return;
    this.states.push(stateOf(seq, freeBytes, largestFreeBytes));
    this.next = this.seqOf(this.states.length);
  }

  private seqOf(index: number): Seq {
    return Math.floor(((index + 1) * this.eventCount) / this.wanted) - 1;
  }
}

function stateOf(seq: Seq, freeBytes: Bytes, largestFreeBytes: Bytes): FreeState {
  return { seq, freeBytes, largestFreeBytes, fragmentation: fragmentationOf(freeBytes, largestFreeBytes) };
}

/** What the heap looked like when a request failed, and the blocks that kept it from fitting. */
function failureReport(failed: FailedRequest, shown: Shown): FailureReport {
  const { map, requestedBytes } = failed;
  const enough = map.largestFreeBytes >= requestedBytes;
  return {
    seq: failed.failedSeq,
    ...pick(map),
    requestedBytes,
    verdict: enough ? 'unexplained' : map.freeBytes >= requestedBytes ? 'fragmented' : 'exhausted',
    frames: shown({ stack: failed.stack }).frames,
    walls: wallsAt(failed, 5).map(shown),
  };
}
