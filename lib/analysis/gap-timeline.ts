import type { Bytes, Seq, StackId } from '../base/units.js';
import type { HeapRegion } from '../trace/heap-event.js';
import { type Lifespans, lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { GapTracker } from './gap-tracker.js';
import { heapRegions } from './heap-regions.js';
import { walkSpans } from './walk-spans.js';

/** Free bytes and the largest free block after every event. */
export interface GapTimeline {
  readonly freeBytes: Float64Array;
  readonly largestFreeBytes: Float64Array;
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
 * Follows the gaps through the whole trace. Undefined when a region is too large to be followed (above 2^24 steps
 * of its alignment).
 *
 * @throws UsageError HH1180 for a trace without addresses
 */
export function gapTimeline(trace: Trace, maxCuts = 20): GapTimeline | undefined {
  const spans = lifespans(trace);
  const { regions, assumptions } = heapRegions(trace, spans);
  const trackers = trackersFor(spans, regions);
  if (!trackers) return undefined;
  const freeBytes = new Float64Array(trace.eventCount);
  const largestFreeBytes = new Float64Array(trace.eventCount);
  const cuts = new CutList(trace, maxCuts);
  const trackerOf = (span: number) => {
    const address = spans.address[span] ?? 0;
    return trackers.length === 1 && trackers[0]?.holds(address)
      ? trackers[0]
      : trackers.find((tracker) => tracker.holds(address));
  };
  const largest = () => trackers.reduce((max, tracker) => Math.max(max, tracker.largestFreeBytes), 0);
  let before = largest();
  walkSpans(trace, spans, {
    closed: (span) => trackerOf(span)?.give(spans.address[span] ?? 0),
    opened: (span, seq) => {
      trackerOf(span)?.take(spans.address[span] ?? 0, spans.sizeBytes[span] ?? 0);
      cuts.offer(seq, before, largest());
    },
    after: (seq) => {
      freeBytes[seq] = trackers.reduce((sum, tracker) => sum + tracker.freeBytes, 0);
      before = largest();
      largestFreeBytes[seq] = before;
    },
  });
  return { freeBytes, largestFreeBytes, ...cuts.result(), assumptions };
}

/** One tracker a region, at the coarsest power of two that all its blocks are multiples of. */
function trackersFor(spans: Lifespans, regions: readonly HeapRegion[]): GapTracker[] | undefined {
  const trackers: GapTracker[] = [];
  for (const region of regions) {
    const end = region.baseAddress + region.sizeBytes;
    let step = 16;
    const refine = (bytes: Bytes) => {
      while (step > 1 && bytes % step !== 0) step /= 2;
    };
    refine(region.sizeBytes);
    for (let span = 0; span < spans.count && step > 1; span++) {
      const address = spans.address[span] ?? 0;
      if (address < region.baseAddress || address >= end) continue;
      refine(address - region.baseAddress);
      refine(spans.sizeBytes[span] ?? 0);
    }
    const tracker = GapTracker.forRegion(region, step);
    if (!tracker) return undefined;
    trackers.push(tracker);
  }
  return trackers;
}

/** The deepest cuts, from the captured figures where the trace has any. */
class CutList {
  private readonly list: Cut[] = [];
  private count = 0;
  private readonly captured: boolean;

  constructor(
    private readonly trace: Trace,
    private readonly limit: number,
  ) {
    this.captured = trace.events.largestBeforeBytes !== undefined && trace.events.largestAfterBytes !== undefined;
  }

  offer(seq: Seq, before: Bytes, after: Bytes): void {
    const { events } = this.trace;
    const largestBeforeBytes = this.captured ? (events.largestBeforeBytes?.[seq] ?? Number.NaN) : before;
    const largestAfterBytes = this.captured ? (events.largestAfterBytes?.[seq] ?? Number.NaN) : after;
    const loss = largestBeforeBytes - largestAfterBytes;
    if (!(loss > 0)) return;
    this.count++;
    const last = this.list.at(-1);
    if (this.list.length >= this.limit && last && lossOf(last) >= loss) return;
    let at = this.list.length;
    while (at > 0 && lossOf(this.list[at - 1]) < loss) at--;
    const sizeBytes = events.sizeBytes[seq] ?? 0;
    const stack = events.stack[seq] ?? -1;
    this.list.splice(at, 0, { seq, largestBeforeBytes, largestAfterBytes, sizeBytes, stack });
    if (this.list.length > this.limit) this.list.pop();
  }

  result(): Pick<GapTimeline, 'cuts' | 'cutCount' | 'cutsFrom'> {
    return { cuts: this.list, cutCount: this.count, cutsFrom: this.captured ? 'captured' : 'reconstructed' };
  }
}

function lossOf(cut: Cut | undefined): Bytes {
  return cut ? cut.largestBeforeBytes - cut.largestAfterBytes : Number.POSITIVE_INFINITY;
}
