import type { Seq } from '../base/units.js';
import { END_CAUSES, EndCause, type Lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import type { TextBuffer } from './export/text-buffer.js';
import { type BlockNumbers, blockNumbers } from './history-blocks.js';
import { HistoryFrames } from './history-frames.js';

const encoder = new TextEncoder();
const START_BLOCK = encoder.encode('{"start_block":');
const SIZE = encoder.encode(',"size":');
const START_TRACE = encoder.encode(',"start_trace":');
const START_TIME = encoder.encode(',"start_time":');
const END_TRACE = encoder.encode(',"end_trace":');
const END_TIME = encoder.encode(',"end_time":');
const ADDRESS = encoder.encode(',"address":"0x');
const QUOTE = '"'.charCodeAt(0);
const BYTES = encoder.encode(',"bytes":');
const ALIVE = encoder.encode('""');
/** By code: what says how a block ended. */
const END_CAUSE = END_CAUSES.map((cause) => encoder.encode(`,"end_cause":"${cause}"`));

/** Whether it was an event of its own that ended a block, so that it has a backtrace. */
export function isEndedByEvent(cause: number): boolean {
  return cause === EndCause.free || cause === EndCause.sweep || cause === EndCause.realloc;
}

/** Writes records as JSON, each open at its end, without an object for each. A test holds them together with those that are objects. */
export class HistoryWriter {
  private readonly frames: HistoryFrames;
  private readonly blocks: BlockNumbers;

  constructor(
    private readonly trace: Trace,
    private readonly spans: Lifespans,
    private readonly out: TextBuffer,
  ) {
    this.frames = new HistoryFrames(trace);
    this.blocks = blockNumbers(trace);
  }

  write(span: number): void {
    const { trace, spans, blocks, out } = this;
    const { hasAddresses } = trace.info;
    const startSeq = spans.startSeq[span] as number;
    const address = trace.events.address[startSeq] as number;
    const bytes = trace.events.sizeBytes[startSeq] as number;
    out.raw(START_BLOCK).decimal(hasAddresses ? blocks.blockOf(address) : span);
    out.raw(SIZE).decimal(Math.max(1, Math.ceil(bytes / blocks.unitAt(address))));
    out.raw(START_TRACE).raw(this.frames.json(trace.events.stack[startSeq] as number));
    out.raw(START_TIME).decimal(startSeq);
    this.end(spans.endSeq[span] as number, spans.endCause[span] as number);
    if (hasAddresses) out.raw(ADDRESS).hex(address, 8).byte(QUOTE);
    out.raw(BYTES).decimal(bytes);
  }

  private end(endSeq: Seq, cause: number): void {
    const { trace, out } = this;
    out.raw(END_TRACE);
    if (cause === EndCause.alive) out.raw(ALIVE);
    else out.raw(this.frames.json(isEndedByEvent(cause) ? (trace.events.stack[endSeq] as number) : -1));
    out.raw(END_TIME).decimal(endSeq);
    if (cause !== EndCause.alive) out.raw(END_CAUSE[cause] as Uint8Array);
  }
}
