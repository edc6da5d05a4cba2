import type { Lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import type { Bytes, Seq } from '../units.js';
import { spansOf, walkSpans } from './spans-of.js';

/** The most that was alive at one moment. */
export interface Peak {
  readonly bytes: Bytes;
  /** Allocations alive at that moment. */
  readonly count: number;
  /** The event that first reached it; -1 in a trace without allocations. */
  readonly seq: Seq;
}

/** The true simultaneous peak of the live bytes. */
export function peakOf(trace: Trace, spans: Lifespans = spansOf(trace)): Peak {
  const { sizeBytes } = spans;
  let bytes = 0;
  let count = 0;
  let peak: Peak = { bytes: 0, count: 0, seq: -1 };
  let high = -1;
  walkSpans(trace, spans, {
    closed: (span) => {
      bytes -= sizeBytes[span] ?? 0;
      count--;
    },
    opened: (span, seq) => {
      bytes += sizeBytes[span] ?? 0;
      count++;
      if (bytes > high) {
        high = bytes;
        peak = { bytes, count, seq };
      }
    },
  });
  return peak;
}

/** What is alive after each event: the usage curve. */
export interface UsageCurve {
  readonly liveBytes: Float64Array;
  readonly liveCount: Int32Array;
}

export function usageCurve(trace: Trace): UsageCurve {
  const spans = spansOf(trace);
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
