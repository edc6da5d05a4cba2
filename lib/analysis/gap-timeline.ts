import { keepFirst } from '../base/sorted.js';
import type { Bytes, Seq, StackId } from '../base/units.js';
import { type Numbers, numbersOfKind } from '../trace/column.js';
import type { HeapRegion } from '../trace/heap-event.js';
import { type Lifespans, lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { followerIndexAt, freeOf, type GapFollower, GapTracker, largestOf } from './gap-tracker.js';
import { type HeapRegions, heapRegions } from './heap-regions.js';
import { type RegionTimeline, RegionTimelines } from './region-timeline.js';
import { SparseGapTracker } from './sparse-gap-tracker.js';
import { walkSpans } from './walk-spans.js';

/** Free bytes and the largest free block after every event, over all regions. */
export interface GapTimeline {
  readonly freeBytes: Numbers;
  readonly largestFreeBytes: Numbers;
  /** The same for each region, ascending by address; empty where there are not several: then the whole is the region. */
  readonly regions: readonly RegionTimeline[];
  /** Allocations that made the largest free block smaller, the deepest cut first; at most `maxCuts`. */
  readonly cuts: readonly Cut[];
  readonly cutCount: number;
  /** `captured`: the cuts come from the target's own tables; `reconstructed`: from the events. */
  readonly cutsFrom: 'captured' | 'reconstructed';
  readonly assumptions: readonly string[];
}

/** An allocation that took a piece out of the largest free block. */
export interface Cut {
  readonly seq: Seq;
  readonly largestBeforeBytes: Bytes;
  readonly largestAfterBytes: Bytes;
  readonly sizeBytes: Bytes;
  readonly stack: StackId;
}

/**
 * Follows the gaps through the whole trace, whatever the size of its regions.
 *
 * @throws UsageError HH1180 for a trace without addresses
 */
export function gapTimeline(trace: Trace, maxCuts = 20): GapTimeline {
  const found = heapRegions(trace, lifespans(trace));
  const { regions } = found;
  const total = regions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const freeBytes = total < 2 ** 32 ? new Uint32Array(trace.eventCount) : new Float64Array(trace.eventCount);
  const largestFreeBytes = numbersOfKind(freeBytes, trace.eventCount);
  const timelines = regions.length > 1 ? new RegionTimelines(regions) : undefined;
  const after = (seq: Seq, free: Bytes, largest: Bytes) => {
    freeBytes[seq] = free;
    largestFreeBytes[seq] = largest;
  };
  const followed = followRegions(trace, found, { maxCuts, after, timelines });
  return { freeBytes, largestFreeBytes, regions: timelines?.result() ?? [], ...followed };
}

type FollowedGaps = Omit<GapTimeline, 'freeBytes' | 'largestFreeBytes' | 'regions'>;

/** The same told event by event, for who keeps only some of it. */
export function followGaps(trace: Trace, maxCuts: number, after: AfterEvent): FollowedGaps {
  return followRegions(trace, heapRegions(trace, lifespans(trace)), { maxCuts, after });
}

type AfterEvent = (seq: Seq, freeBytes: Bytes, largestFreeBytes: Bytes) => void;

interface Following {
  readonly maxCuts: number;
  readonly after: AfterEvent;
  readonly timelines?: RegionTimelines | undefined;
}

function followRegions(
  trace: Trace,
  { regions, assumptions }: HeapRegions,
  { maxCuts, after, timelines }: Following,
): FollowedGaps {
  const spans = lifespans(trace);
  const trackers = trackersFor(trace, spans, regions);
  const cuts = new CutList(maxCuts);
  const { startSeq } = spans;
  const address: Numbers = trace.events.address;
  const sizeBytes: Numbers = trace.events.sizeBytes;
  let [free, before] = [freeOf(trackers), largestOf(trackers)];
  let [opened, changed] = [false, false];
  walkSpans(trace, spans, {
    closed: (span) => {
      const at = address[startSeq[span] as number] as number;
      const region = followerIndexAt(trackers, at);
      trackers[region]?.give(at);
      timelines?.touch(region);
      changed = true;
    },
    opened: (_span, seq) => {
      const at = address[seq] as number;
      const region = followerIndexAt(trackers, at);
      trackers[region]?.take(at, sizeBytes[seq] as number);
      timelines?.touch(region);
      opened = true;
    },
    after: (seq) => {
      if (opened || changed) {
        free = freeOf(trackers);
        const largest = largestOf(trackers);
        if (opened) offerCut(cuts, trace, { seq, before, largest });
        before = largest;
        opened = false;
        changed = false;
        timelines?.after(seq, trackers);
      }
      after(seq, free, before);
    },
  });
  return { ...cuts.result(isCaptured(trace) ? 'captured' : 'reconstructed'), assumptions };
}

/** Eight bytes a step, over all regions: 128 MiB of tables. */
const MAX_STEPS = 2 ** 24;

/** One follower a region: in steps where the regions are small enough for that, else by the places of the blocks. */
function trackersFor(trace: Trace, spans: Lifespans, regions: readonly HeapRegion[]): GapFollower[] {
  const steps = regions.map((region) => stepOf(trace, spans, region));
  const total = regions.reduce((sum, region, i) => sum + region.sizeBytes / (steps[i] ?? 1), 0);
  if (total <= MAX_STEPS) return regions.map((region, i) => new GapTracker(region, steps[i] ?? 1));
  const places = blockPlaces(trace, spans);
  return regions.map((region) => new SparseGapTracker(region, places));
}

/** The coarsest power of two that all blocks of a region are multiples of. */
function stepOf({ events }: Trace, { startSeq, count }: Lifespans, region: HeapRegion): Bytes {
  const end = region.baseAddress + region.sizeBytes;
  let step = 16;
  const refine = (bytes: Bytes) => {
    while (step > 1 && bytes % step !== 0) step /= 2;
  };
  refine(region.sizeBytes);
  for (let span = 0; span < count && step > 1; span++) {
    const seq = startSeq[span] as number;
    const address = events.address[seq] as number;
    if (address < region.baseAddress || address >= end) continue;
    refine(address - region.baseAddress);
    refine(events.sizeBytes[seq] as number);
  }
  return step;
}

/** Where every block begins and ends, one after the other. */
function blockPlaces({ events }: Trace, { startSeq, count }: Lifespans): Float64Array {
  const places = new Float64Array(2 * count);
  for (let span = 0; span < count; span++) {
    const seq = startSeq[span] as number;
    const address = events.address[seq] as number;
    places[2 * span] = address;
    places[2 * span + 1] = address + (events.sizeBytes[seq] as number);
  }
  return places;
}

function isCaptured({ events }: Trace): boolean {
  return events.largestBeforeBytes !== undefined && events.largestAfterBytes !== undefined;
}

/** By the captured figures where the trace has any. */
function offerCut(cuts: CutList, trace: Trace, at: { seq: Seq; before: Bytes; largest: Bytes }): void {
  const { events } = trace;
  const { seq } = at;
  const captured = isCaptured(trace);
  const largestBeforeBytes = captured ? (events.largestBeforeBytes?.[seq] ?? Number.NaN) : at.before;
  const largestAfterBytes = captured ? (events.largestAfterBytes?.[seq] ?? Number.NaN) : at.largest;
  if (!(largestBeforeBytes > largestAfterBytes)) return;
  const sizeBytes = events.sizeBytes[seq] ?? 0;
  const stack = events.stack[seq] ?? -1;
  cuts.add({ seq, largestBeforeBytes, largestAfterBytes, sizeBytes, stack });
}

/** The deepest cuts. */
export class CutList {
  private readonly list: Cut[] = [];
  private count = 0;

  constructor(private readonly limit: number) {}

  add(cut: Cut): void {
    this.count++;
    keepFirst(this.list, cut, this.limit, (a, b) => lossOf(b) - lossOf(a));
  }

  /** The least loss with which a cut still comes into the list; losses are whole bytes. */
  get lossFrom(): Bytes {
    return this.list.length < this.limit ? 0 : lossOf(this.list.at(-1)) + 1;
  }

  /** So many that would not come into the list. */
  addShallow(count: number): void {
    this.count += count;
  }

  result(cutsFrom: GapTimeline['cutsFrom']): Pick<GapTimeline, 'cuts' | 'cutCount' | 'cutsFrom'> {
    return { cuts: this.list, cutCount: this.count, cutsFrom };
  }
}

function lossOf(cut: Cut | undefined): Bytes {
  return cut ? cut.largestBeforeBytes - cut.largestAfterBytes : Number.POSITIVE_INFINITY;
}
