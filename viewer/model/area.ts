import type { GapTimeline, Numbers, RegionTimeline } from '../../lib/public/browser.js';
import type { LoadedTrace } from './loaded-trace.js';

const CUTS = 50;
const made = new WeakMap<GapTimeline, Map<string, LoadedTrace>>();

/**
 * The same trace with the curves, the cuts and the drops of one of its regions; as it is for the whole heap, and until the curves
 * are there. What the target captured of the largest free block is of the whole heap, so it is left out.
 */
export function inArea(loaded: LoadedTrace, area: string): LoadedTrace {
  const { gaps } = loaded;
  const timeline = gaps?.regions.find(({ region }) => region.name === area);
  if (!gaps || !timeline) return loaded;
  const known = made.get(gaps)?.get(area);
  if (known && known.sources === loaded.sources && known.trace === loaded.trace) return known;
  const scoped = scopedTo(loaded, timeline, gaps);
  // One at a time: it is as long as the trace.
  made.set(gaps, new Map([[area, scoped]]));
  return scoped;
}

function scopedTo(loaded: LoadedTrace, timeline: RegionTimeline, gaps: GapTimeline): LoadedTrace {
  const { eventCount } = loaded.trace;
  const { region } = timeline;
  const { sizeBytes } = region;
  const free = eventByEvent(timeline.seq, timeline.freeBytes, { first: sizeBytes, eventCount });
  const largest = eventByEvent(timeline.seq, timeline.largestFreeBytes, { first: sizeBytes, eventCount });
  const live = free.map((bytes) => sizeBytes - bytes);
  const cuts = cutsOf(loaded, timeline);
  return {
    ...loaded,
    area: region.name,
    usage: { liveBytes: live },
    gaps: {
      ...gaps,
      ...{ freeBytes: free, largestFreeBytes: largest, cutsFrom: 'reconstructed' },
      ...{ cuts: cuts.slice(0, CUTS), cutCount: cuts.length },
    },
  };
}

/** A value for every event from those at which it changed. */
function eventByEvent(
  seq: Int32Array,
  values: Numbers,
  { first, eventCount }: { readonly first: number; readonly eventCount: number },
): Numbers {
  const all = first < 2 ** 32 ? new Uint32Array(eventCount) : new Float64Array(eventCount);
  let [from, value] = [0, first];
  for (let row = 0; row < seq.length; row++) {
    const next = seq[row] as number;
    all.fill(value, from, next);
    [from, value] = [next, values[row] as number];
  }
  return all.fill(value, from);
}

function cutsOf({ spans, trace }: LoadedTrace, { region, seq, largestFreeBytes }: RegionTimeline): GapTimeline['cuts'] {
  const cuts: GapTimeline['cuts'][number][] = [];
  let before = region.sizeBytes;
  for (let row = 0; row < seq.length; row++) {
    const after = largestFreeBytes[row] as number;
    const at = seq[row] as number;
    if (after < before && (spans.openedBy[at] as number) >= 0) {
      const [sizeBytes, stack] = [trace.events.sizeBytes[at] as number, trace.events.stack[at] as number];
      cuts.push({ seq: at, largestBeforeBytes: before, largestAfterBytes: after, sizeBytes, stack });
    }
    before = after;
  }
  const depth = (cut: GapTimeline['cuts'][number]) => cut.largestBeforeBytes - cut.largestAfterBytes;
  return cuts.sort((a, b) => depth(b) - depth(a));
}
