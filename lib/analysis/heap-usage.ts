import type { Bytes, Seq } from '../base/units.js';
import { type Lifespans, lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { countSpans, type SpanCounter, walkSpans } from './walk-spans.js';

/** The most that was alive at one moment. */
export interface Peak {
  readonly bytes: Bytes;
  /** Allocations alive at that moment. */
  readonly count: number;
  /** The event that first reached it; -1 in a trace without allocations. */
  readonly seq: Seq;
}

const peaks = new WeakMap<Lifespans, Peak>();

/** The true simultaneous peak of the live bytes; found once for a trace. */
export function heapPeak(trace: Trace, spans: Lifespans = lifespans(trace)): Peak {
  return peaks.get(spans) ?? countSpans(trace, spans, peakCounter(spans));
}

/** The same on a walk of somebody else's. */
export function peakCounter(spans: Lifespans): SpanCounter<Peak> {
  const { sizeBytes } = spans;
  let [bytes, count] = [0, 0];
  let [peakBytes, peakCount, peakSeq] = [-1, 0, -1];
  return {
    visitor: {
      closed: (span) => {
        bytes -= sizeBytes[span] ?? 0;
        count--;
      },
      opened: (span, seq) => {
        bytes += sizeBytes[span] ?? 0;
        count++;
        if (bytes <= peakBytes) return;
        peakBytes = bytes;
        peakCount = count;
        peakSeq = seq;
      },
    },
    result: () => {
      const peak: Peak = { bytes: Math.max(0, peakBytes), count: peakCount, seq: peakSeq };
      peaks.set(spans, peak);
      return peak;
    },
  };
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
