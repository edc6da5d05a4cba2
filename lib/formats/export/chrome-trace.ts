import type { FrameId, Seq } from '../../base/units.js';
import { type Lifespans, lifespans } from '../../trace/lifespans.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { doubtLines } from './doubts-text.js';
import { HeapChanges } from './heap-changes.js';
import { jsonTexts } from './json-pieces.js';
import { frameLabel } from './stack-weights.js';
import type { TraceWriter } from './trace-writer.js';

/** Trace Event JSON: one async slice a block (they may overlap, unlike B/E), and a counter of live bytes. */
export const chromeTraceWriter: TraceWriter = {
  id: 'chrome-trace',
  title: 'Trace Event JSON (Perfetto, chrome://tracing)',
  extension: '.trace.json',
  *write(trace) {
    const otherData = JSON.stringify({ source: trace.info.source, doubts: doubtLines(trace) });
    yield `{"displayTimeUnit":"ms","otherData":${otherData},"traceEvents":[\n`;
    yield* jsonTexts(events(trace));
    yield '\n]}\n';
  },
};

const COMMON = '"pid":1,"tid":1,"cat":"heap"';

function* events(trace: Trace): Generator<string> {
  yield JSON.stringify({ ph: 'M', pid: 1, tid: 1, name: 'process_name', args: { name: 'heap' } });
  const labels = doubtLines(trace).join('; ');
  if (labels !== '') yield JSON.stringify({ ph: 'M', pid: 1, tid: 1, name: 'process_labels', args: { labels } });
  yield* heapEvents(trace);
  for (const { name, beforeSeq } of trace.marks) {
    const ts = timeOf(trace, Math.min(beforeSeq, trace.eventCount - 1));
    yield `{"ph":"i",${COMMON},"s":"g","name":${JSON.stringify(name)},"ts":${ts}}`;
  }
}

function* heapEvents(trace: Trace): Generator<string> {
  const spans = lifespans(trace);
  const changes = new HeapChanges(trace, spans);
  const names = new NameTexts(trace);
  const { kind, sizeBytes } = trace.events;
  let [change, liveBytes] = [0, 0];
  for (let seq = 0; seq < trace.eventCount; seq++) {
    const ts = timeOf(trace, seq);
    for (; change < changes.count && changes.seqOf(change) === seq; change++) {
      const span = changes.spanOf(change);
      const bytes = spans.sizeBytes[span] ?? 0;
      const slice = `${COMMON},"id":${span},"name":${names.of(spans.startSeq[span] ?? 0)},"ts":${ts}`;
      liveBytes += changes.isEnd(change) ? -bytes : bytes;
      if (changes.isEnd(change)) yield `{"ph":"e",${slice}}`;
      else yield `{"ph":"b",${slice},"args":{"bytes":${bytes}${addressMember(trace, spans, span)}}}`;
    }
    if (kind[seq] === EventKind.failed)
      yield `{"ph":"i",${COMMON},"s":"p","name":"failed","ts":${ts},"args":{"bytes":${sizeBytes[seq] ?? 0}}}`;
    yield `{"ph":"C",${COMMON},"name":"live bytes","ts":${ts},"args":{"bytes":${liveBytes}}}`;
  }
}

function addressMember(trace: Trace, spans: Lifespans, span: number): string {
  return trace.info.hasAddresses ? `,"address":"0x${(spans.address[span] ?? 0).toString(16)}"` : '';
}

/** The innermost function of an event, as JSON; each is made once. */
class NameTexts {
  private readonly known = new Map<FrameId, string>();

  constructor(private readonly trace: Trace) {}

  of(seq: Seq): string {
    const { events, stacks } = this.trace;
    const frame = stacks.frame[events.stack[seq] ?? -1] ?? -1;
    let text = this.known.get(frame);
    if (text === undefined) {
      text = JSON.stringify(frameLabel(this.trace, frame).name);
      this.known.set(frame, text);
    }
    return text;
  }
}

/** Microseconds where the source has a clock, else the event's number. */
function timeOf(trace: Trace, seq: number): number {
  const at = trace.events.atUs?.[seq];
  return at === undefined || Number.isNaN(at) ? seq : at;
}
