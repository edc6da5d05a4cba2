import type { GapTimeline, HeapRegion, Lifespans, Trace } from '../../lib/public/browser.js';
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
  const { startSeq, endSeq, ended } = spans;
  const sizeOf = (span: number) => sizeBytes[startSeq[span] as number] as number;
  let free = capacityOf(regions);
  let [opened, closed] = [0, 0];
  for (let seq = 0; seq < trace.eventCount; seq++) {
    // Lifespans are in the order of their begins, and `ended` of their ends.
    for (; endSeq[ended[closed] ?? -1] === seq; closed++) free += sizeOf(ended[closed] as number);
    if (startSeq[opened] === seq) free -= sizeOf(opened++);
    if (freeBytes[seq] !== free) return false;
  }
  return true;
}

function capacityOf(regions: readonly HeapRegion[]): number {
  return regions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
