import { lifespans } from '../../trace/lifespans.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { doubtLines } from './doubts-text.js';
import { jsonElements } from './json-pieces.js';
import { frameLabel, framesOfStack, usageAfterEvents } from './stack-weights.js';
import type { TraceWriter } from './trace-writer.js';

/** Trace Event JSON: one async slice a block (they may overlap, unlike B/E), and a counter of live bytes. */
export const chromeTraceWriter: TraceWriter = {
  id: 'chrome-trace',
  title: 'Trace Event JSON (Perfetto, chrome://tracing)',
  extension: '.trace.json',
  *write(trace) {
    const otherData = JSON.stringify({ source: trace.info.source, doubts: doubtLines(trace) });
    yield `{"displayTimeUnit":"ms","otherData":${otherData},"traceEvents":[\n`;
    yield* jsonElements(events(trace));
    yield '\n]}\n';
  },
};

function* events(trace: Trace): Generator<object> {
  const spans = lifespans(trace);
  const usage = usageAfterEvents(trace, spans);
  const common = { pid: 1, tid: 1, cat: 'heap' };
  yield { ph: 'M', pid: 1, tid: 1, name: 'process_name', args: { name: 'heap' } };
  const labels = doubtLines(trace).join('; ');
  if (labels !== '') yield { ph: 'M', pid: 1, tid: 1, name: 'process_labels', args: { labels } };
  const endedAt = spansByEnd(spans.endSeq, spans.count, trace.eventCount);
  for (let seq = 0; seq < trace.eventCount; seq++) {
    const ts = timeOf(trace, seq);
    for (let span = endedAt.first[seq] ?? -1; span >= 0; span = endedAt.next[span] ?? -1) {
      yield { ph: 'e', ...common, id: span, name: nameOf(trace, spans.startSeq[span] ?? 0), ts };
    }
    const span = spans.openedBy[seq] ?? -1;
    if (span >= 0) {
      const address = trace.info.hasAddresses ? { address: `0x${(spans.address[span] ?? 0).toString(16)}` } : {};
      yield {
        ph: 'b',
        ...common,
        id: span,
        name: nameOf(trace, seq),
        ts,
        args: { bytes: spans.sizeBytes[span] ?? 0, ...address },
      };
    } else if (trace.events.kind[seq] === EventKind.failed) {
      yield { ph: 'i', ...common, s: 'p', name: 'failed', ts, args: { bytes: trace.events.sizeBytes[seq] ?? 0 } };
    }
    yield { ph: 'C', ...common, name: 'live bytes', ts, args: { bytes: usage[seq] ?? 0 } };
  }
  for (const mark of trace.marks) {
    yield {
      ph: 'i',
      ...common,
      s: 'g',
      name: mark.name,
      ts: timeOf(trace, Math.min(mark.beforeSeq, trace.eventCount - 1)),
    };
  }
}

/** Microseconds where the source has a clock, else the event's number. */
function timeOf(trace: Trace, seq: number): number {
  const at = trace.events.atUs?.[seq];
  return at === undefined || Number.isNaN(at) ? seq : at;
}

function nameOf(trace: Trace, seq: number): string {
  const [innermost = -1] = framesOfStack(trace, trace.events.stack[seq] ?? -1);
  return frameLabel(trace, innermost).name;
}

/** Which spans end at an event, as linked lists. */
function spansByEnd(endSeq: Int32Array, count: number, events: number): { first: Int32Array; next: Int32Array } {
  const first = new Int32Array(events).fill(-1);
  const next = new Int32Array(count).fill(-1);
  for (let span = count - 1; span >= 0; span--) {
    const end = endSeq[span] ?? events;
    if (end >= events) continue;
    next[span] = first[end] ?? -1;
    first[end] = span;
  }
  return { first, next };
}
