import type { Seq } from '../base/units.js';
import { type Lifespans, lifespans, type Peak } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { walkBlocks, walkSpans } from './walk-spans.js';

export type { Peak } from '../trace/lifespans.js';

const peaks = new WeakMap<Lifespans, Peak>();

/** The true simultaneous peak of the live bytes; found once for a trace. */
export function heapPeak(trace: Trace, spans: Lifespans = lifespans(trace)): Peak {
  const known = spans.peak ?? peaks.get(spans);
  if (known) return known;
  let [bytes, count] = [0, 0];
  let [peakBytes, peakCount, peakSeq] = [-1, 0, -1];
  walkBlocks(trace, spans, {
    closed: (_start, sizeBytes) => {
      bytes -= sizeBytes;
      count--;
    },
    opened: (start, sizeBytes) => {
      bytes += sizeBytes;
      count++;
      if (bytes <= peakBytes) return;
      peakBytes = bytes;
      peakCount = count;
      peakSeq = start;
    },
  });
  const peak: Peak = { bytes: Math.max(0, peakBytes), count: peakCount, seq: peakSeq };
  peaks.set(spans, peak);
  return peak;
}

/** What is alive after each event: the usage curve. */
export interface UsageCurve {
  readonly liveBytes: Float64Array;
  readonly liveCount: Int32Array;
}

/** The live bytes and allocations after each event, with the peak. */
export function usageCurve(trace: Trace): UsageCurve {
  const spans = lifespans(trace);
  const liveBytes = new Float64Array(trace.eventCount);
  const liveCount = new Int32Array(trace.eventCount);
  let bytes = 0;
  let count = 0;
  walkSpans(trace, spans, {
    closed: (span) => {
      bytes -= spans.sizeBytes[span] ?? 0;
      count--;
    },
    opened: (span) => {
      bytes += spans.sizeBytes[span] ?? 0;
      count++;
    },
    after: (seq) => {
      liveBytes[seq] = bytes;
      liveCount[seq] = count;
    },
  });
  return { liveBytes, liveCount };
}

/** Whether a lifespan is alive right after an event. */
export function isAliveAt(spans: Lifespans, span: number, seq: Seq): boolean {
  return (spans.startSeq[span] ?? 0) <= seq && (spans.endSeq[span] ?? 0) > seq;
}
