import { type GapTimeline, type HeapRegion, type Lifespans, type Trace, walkSpans } from '../../lib/public/browser.js';
import type { LoadedTrace } from './loaded-trace.js';

/** What is free after an event. A trace whose use tells it ({@link isRestOfUse}) has no column for it: it is as long as the trace. */
export function freeAfter({ gaps, usage, regions }: LoadedTrace, seq: number): number {
  if (gaps && gaps.freeBytes.length > 0) return gaps.freeBytes[seq] ?? 0;
  return capacityOf(regions) - (usage.liveBytes[seq] ?? 0);
}

/** Whether free is, after every event, what of the regions is not in use: not so where blocks lie outside of them, or reach over their ends. */
export function isRestOfUse(
  {
    trace,
    spans,
    regions,
  }: { readonly trace: Trace; readonly spans: Lifespans; readonly regions: readonly HeapRegion[] },
  { freeBytes }: GapTimeline,
): boolean {
  const { sizeBytes } = trace.events;
  const { startSeq } = spans;
  let free = capacityOf(regions);
  let isRest = true;
  walkSpans(trace, spans, {
    closed: (span) => {
      free += sizeBytes[startSeq[span] as number] as number;
    },
    opened: (_span, seq) => {
      free -= sizeBytes[seq] as number;
    },
    after: (seq) => {
      if (freeBytes[seq] !== free) isRest = false;
    },
  });
  return isRest;
}

function capacityOf(regions: readonly HeapRegion[]): number {
  return regions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
