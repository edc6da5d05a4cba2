import type { Seq } from '../base/units.js';
import type { Numbers } from '../trace/column.js';
import { type Lifespans, lifespans, type Peak } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { walkBlocks } from './walk-spans.js';

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
  readonly liveBytes: Numbers;
  readonly liveCount: Int32Array;
}

/** The live bytes and allocations after each event, with the peak. */
export function usageCurve(trace: Trace): UsageCurve {
  const spans = lifespans(trace);
  const { eventCount } = trace;
  const { startSeq, endSeq, ended, count } = spans;
  const sizes: Numbers = trace.events.sizeBytes;
  const whole = sizes instanceof Uint32Array && heapPeak(trace, spans).bytes < 2 ** 32;
  const liveBytes = whole ? new Uint32Array(eventCount) : new Float64Array(eventCount);
  const liveCount = new Int32Array(eventCount);
  const endOf = (index: number) => (index < ended.length ? (endSeq[ended[index] as number] as number) : -1);
  let [bytes, blocks, opening, ending] = [0, 0, 0, 0];
  let nextStart = count > 0 ? (startSeq[0] as number) : -1;
  let nextEnd = endOf(0);
  // A loop of its own, not a visitor: three calls for each of millions of events take longer than all the rest.
  for (let seq = 0; seq < eventCount; seq++) {
    for (; nextEnd === seq; nextEnd = endOf(++ending)) {
      bytes -= sizes[startSeq[ended[ending] as number] as number] as number;
      blocks--;
    }
    if (nextStart === seq) {
      bytes += sizes[seq] as number;
      blocks++;
      nextStart = ++opening < count ? (startSeq[opening] as number) : -1;
    }
    liveBytes[seq] = bytes;
    liveCount[seq] = blocks;
  }
  return { liveBytes, liveCount };
}

/** Whether a lifespan is alive right after an event. */
export function isAliveAt(spans: Lifespans, span: number, seq: Seq): boolean {
  return (spans.startSeq[span] ?? 0) <= seq && (spans.endSeq[span] ?? 0) > seq;
}
