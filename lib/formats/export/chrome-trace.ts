import { type Lifespans, lifespans } from '../../trace/lifespans.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { doubtLines } from './doubts-text.js';
import { HeapChanges } from './heap-changes.js';
import { KeptTexts } from './kept-texts.js';
import { frameLabel } from './stack-weights.js';
import { TextBuffer } from './text-buffer.js';
import type { TraceWriter } from './trace-writer.js';

/** Trace Event JSON: one async slice a block (they may overlap, unlike B/E), and a counter of live bytes. */
export const chromeTraceWriter: TraceWriter = {
  id: 'chrome-trace',
  title: 'Trace Event JSON (Perfetto, chrome://tracing)',
  extension: '.trace.json',
  *write(trace) {
    const out = new TextBuffer();
    const doubts = doubtLines(trace);
    const otherData = JSON.stringify({ source: trace.info.source, doubts });
    out.text(`{"displayTimeUnit":"ms","otherData":${otherData},"traceEvents":[\n`);
    out.text(JSON.stringify({ ph: 'M', pid: 1, tid: 1, name: 'process_name', args: { name: 'heap' } }));
    const labels = doubts.join('; ');
    if (labels !== '')
      out.raw(BETWEEN).text(JSON.stringify({ ph: 'M', pid: 1, tid: 1, name: 'process_labels', args: { labels } }));
    yield* heapEvents(trace, out);
    for (const { name, beforeSeq } of trace.marks) {
      const ts = timeOf(trace, Math.min(beforeSeq, trace.eventCount - 1));
      out.raw(BETWEEN).text(`{"ph":"i",${COMMON},"s":"g","name":${JSON.stringify(name)},"ts":${ts}}`);
    }
    yield out.text('\n]}\n').take();
  },
};

const COMMON = '"pid":1,"tid":1,"cat":"heap"';
const encoder = new TextEncoder();
const BETWEEN = encoder.encode(',\n');
const BEGIN = encoder.encode(`,\n{"ph":"b",${COMMON},"id":`);
const END = encoder.encode(`,\n{"ph":"e",${COMMON},"id":`);
const NAME = encoder.encode(',"name":');
const TIME = encoder.encode(',"ts":');
const BYTES = encoder.encode(',"args":{"bytes":');
const ADDRESS = encoder.encode(',"address":"0x');
const QUOTE = '"'.charCodeAt(0);
const CLOSE = '}'.charCodeAt(0);
const CLOSE_BOTH = encoder.encode('}}');
const FAILED = encoder.encode(`,\n{"ph":"i",${COMMON},"s":"p","name":"failed","ts":`);
const LIVE = encoder.encode(`,\n{"ph":"C",${COMMON},"name":"live bytes","ts":`);

/** Each begins with what stands between it and the one before. */
function* heapEvents(trace: Trace, out: TextBuffer): Generator<Uint8Array> {
  const spans = lifespans(trace);
  const changes = new HeapChanges(trace, spans);
  const slices = new Slices(trace, spans, out);
  const { kind, sizeBytes } = trace.events;
  let [change, liveBytes] = [0, 0];
  for (let seq = 0; seq < trace.eventCount; seq++) {
    const ts = timeOf(trace, seq);
    for (; change < changes.count && changes.seqOf(change) === seq; change++) {
      const span = changes.spanOf(change);
      const bytes = sizeBytes[spans.startSeq[span] as number] as number;
      const isEnd = changes.isEnd(change);
      liveBytes += isEnd ? -bytes : bytes;
      if (isEnd) slices.end(span, ts);
      else slices.begin(span, ts);
      if (out.isFull) yield out.take();
    }
    if (kind[seq] === EventKind.failed)
      out
        .raw(FAILED)
        .decimal(ts)
        .raw(BYTES)
        .decimal(sizeBytes[seq] as number)
        .raw(CLOSE_BOTH);
    out.raw(LIVE).decimal(ts).raw(BYTES).decimal(liveBytes).raw(CLOSE_BOTH);
    if (out.isFull) yield out.take();
  }
}

/** The two ends of a block's slice. */
class Slices {
  /** Of functions, by frame, as JSON. */
  private readonly names: KeptTexts;

  constructor(
    private readonly trace: Trace,
    private readonly spans: Lifespans,
    private readonly out: TextBuffer,
  ) {
    this.names = new KeptTexts((frame) => JSON.stringify(frameLabel(trace, frame).name));
  }

  begin(span: number, ts: number): void {
    const { out, trace } = this;
    const { address, sizeBytes } = trace.events;
    const seq = this.spans.startSeq[span] as number;
    out.raw(BEGIN);
    this.common(span, ts);
    out.raw(BYTES).decimal(sizeBytes[seq] as number);
    if (trace.info.hasAddresses)
      out
        .raw(ADDRESS)
        .hex(address[seq] as number)
        .byte(QUOTE);
    out.raw(CLOSE_BOTH);
  }

  end(span: number, ts: number): void {
    this.out.raw(END);
    this.common(span, ts);
    this.out.byte(CLOSE);
  }

  /** A block is called like the innermost function that allocated it. */
  private common(span: number, ts: number): void {
    const { events, stacks } = this.trace;
    const seq = this.spans.startSeq[span] as number;
    const frame = stacks.frame[events.stack[seq] as number] ?? -1;
    this.out.decimal(span).raw(NAME).raw(this.names.of(frame)).raw(TIME).decimal(ts);
  }
}

/** Microseconds where the source has a clock, else the event's number. */
function timeOf(trace: Trace, seq: number): number {
  const at = trace.events.atUs?.[seq];
  return at === undefined || Number.isNaN(at) ? seq : at;
}
