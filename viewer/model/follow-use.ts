import { heapPeak, type Lifespans, type Numbers, type SpanSources, type Trace } from '../../lib/public/browser.js';

/** What is in use after each event. */
export interface Usage {
  readonly liveBytes: Numbers;
}

/** By source: the most bytes alive at one moment, all that it allocated, and how often. */
export interface UseBySource {
  readonly usage: Usage;
  readonly peak: Float64Array;
  readonly allocated: Float64Array;
  readonly allocations: Int32Array;
}

/** Walks over the events once. Lifespans lie scattered where blocks end: what is looked up there costs more than all else. */
export function followUse(trace: Trace, spans: Lifespans, { ofSpan, list }: SpanSources): UseBySource {
  const { eventCount } = trace;
  const { startSeq, endSeq, ended, sizeBytes, count } = spans;
  const column = () => new Float64Array(list.length);
  const [live, peak, allocated] = [column(), column(), column()];
  const allocations = new Int32Array(list.length);
  const narrow = sizeBytes instanceof Uint32Array && heapPeak(trace, spans).bytes < 2 ** 32;
  const liveBytes = narrow ? new Uint32Array(eventCount) : new Float64Array(eventCount);
  const endOf = (index: number) => (index < ended.length ? (endSeq[ended[index] as number] as number) : -1);
  const startOf = (span: number) => (span < count ? (startSeq[span] as number) : -1);
  let [bytes, opening, ending] = [0, 0, 0];
  let [nextStart, nextEnd] = [startOf(0), endOf(0)];
  for (let seq = 0; seq < eventCount; seq++) {
    for (; nextEnd === seq; nextEnd = endOf(++ending)) {
      const span = ended[ending] as number;
      const [size, source] = [sizeBytes[span] as number, ofSpan[span] as number];
      bytes -= size;
      live[source] = (live[source] as number) - size;
    }
    if (nextStart === seq) {
      const [size, source] = [sizeBytes[opening] as number, ofSpan[opening] as number];
      const now = (live[source] as number) + size;
      bytes += size;
      live[source] = now;
      allocated[source] = (allocated[source] as number) + size;
      allocations[source] = (allocations[source] as number) + 1;
      if (now > (peak[source] as number)) peak[source] = now;
      nextStart = startOf(++opening);
    }
    liveBytes[seq] = bytes;
  }
  return { usage: { liveBytes }, peak, allocated, allocations };
}
