import type { Seq, StackId } from '../base/units.js';
import type { TraceRecord } from '../trace/heap-event.js';
import { backtraceOf, EventKind, eventAt, frameAt, stackFrameIds, type Trace } from '../trace/trace.js';
import { type AlloctraceEvent, type AlloctraceHeader, frameMember } from './alloctrace-document.js';

/** What is written of a trace. */
export interface AlloctraceWriteOptions {
  /** The newest so many events; all when absent. */
  readonly limit?: number;
  /** What a live ring knows better than its trace: counters, capacity, anchor. */
  readonly header?: Partial<AlloctraceHeader>;
}

/** Events between two places where writing may be given up. */
const LOOK_EVERY = 65_536;

/**
 * Writes a trace as the JSON of `GET /trace`, in pieces. Names, lines, marks, gaps and failed requests go into members of
 * their own (`frames`, `stacks`, `between`), which other clients ignore and the reader of alloctrace JSON reads back.
 */
export function* writeAlloctraceJson(trace: Trace, options: AlloctraceWriteOptions = {}): Generator<string> {
  const { eventCount } = trace;
  const first = Math.max(0, eventCount - (options.limit ?? eventCount));
  yield `{"header":${JSON.stringify(headerOf(trace, first, options.header))}`;
  const hasClock = trace.events.atUs !== undefined;
  yield `,"harvest":${JSON.stringify({ version: 1, hasClock, info: trace.info })}`;
  const stacks = new StackList(trace);
  yield* stacks.find(first);
  yield* array('frames', stacks.frames());
  yield* array('stacks', stacks.stacks());
  yield* array('between', betweenMembers(trace, first, stacks));
  yield* array('events', eventMembers(trace, first, stacks));
  yield '}\n';
}

function headerOf(trace: Trace, first: Seq, known: Partial<AlloctraceHeader> = {}): AlloctraceHeader {
  const { info, eventCount } = trace;
  const { overwritten = 0, collapsed = 0 } = info.dropped ?? {};
  return {
    anchorWallMs: info.startedAtWallMs ?? 0,
    ring: { count: eventCount, capacity: eventCount },
    captured: eventCount + overwritten + 2 * collapsed,
    overwritten,
    collapsed,
    stopOnFull: false,
    regions: trace.regions,
    ...(info.caps ? { caps: info.caps } : {}),
    truncated: first > 0,
    ...known,
  };
}

/** Elements of an array, gathered into pieces of about 64 KiB. */
function* array(name: string, elements: Iterable<unknown>): Generator<string> {
  let text = `,"${name}":[`;
  let separator = '';
  for (const element of elements) {
    text += separator + JSON.stringify(element);
    separator = ',\n';
    if (text.length < 65536) continue;
    yield text;
    text = '';
  }
  yield `${text}]`;
}

/** The stacks that the written events use, renumbered from 0. */
class StackList {
  private readonly ids = new Map<StackId, number>();

  constructor(private readonly trace: Trace) {}

  /** Looks for the stacks of the events from `first` on. What it yields is empty: a place to stop. */
  *find(first: Seq): Generator<string> {
    const { stack } = this.trace.events;
    for (let seq = first; seq < this.trace.eventCount; seq++) {
      const id = stack[seq] ?? -1;
      if (id >= 0 && !this.ids.has(id)) this.ids.set(id, this.ids.size);
      if (seq % LOOK_EVERY === 0) yield '';
    }
  }

  idOf(stack: StackId): { readonly stack?: number } {
    const id = this.ids.get(stack);
    return id === undefined ? {} : { stack: id };
  }

  *frames(): Generator<unknown> {
    for (let id = 0; id < this.trace.frames.count; id++) yield frameMember(frameAt(this.trace, id));
  }

  *stacks(): Generator<unknown> {
    for (const stack of this.ids.keys()) yield stackFrameIds(this.trace, stack);
  }
}

/** Marks, gaps, epochs, notes and failed requests by the event of the document that they come before. */
function* betweenMembers(trace: Trace, first: Seq, stacks: StackList): Generator<unknown> {
  const positions = eventPositions(trace, first);
  const at = (beforeSeq: Seq) => positions[Math.max(0, Math.min(beforeSeq, trace.eventCount) - first)] ?? 0;
  const all: { readonly seq: Seq; readonly order: number; readonly record: TraceRecord }[] = [];
  if (first > 0)
    all.push({
      seq: 0,
      order: 0,
      record: { kind: 'gap', reason: 'only the newest events were sent', lostEvents: first },
    });
  for (const one of trace.epochs)
    all.push({ seq: one.beforeSeq, order: 1, record: { kind: 'epoch', reason: one.reason } });
  for (const { beforeSeq, ...gap } of trace.gaps)
    all.push({ seq: beforeSeq, order: 2, record: { kind: 'gap', ...gap } });
  for (const { beforeSeq, ...note } of trace.notes)
    all.push({ seq: beforeSeq ?? 0, order: 3, record: { kind: 'note', ...note } });
  for (const { beforeSeq, ...mark } of trace.marks)
    all.push({ seq: beforeSeq, order: 4, record: { kind: 'mark', ...mark } });
  for (let seq = first; seq < trace.eventCount; seq++) {
    if (trace.events.kind[seq] === EventKind.failed) all.push({ seq, order: 5, record: eventAt(trace, seq) });
  }
  all.sort((a, b) => a.seq - b.seq || a.order - b.order);
  for (const { seq, record } of all) {
    if (record.kind !== 'failed') yield { beforeEvent: at(seq), ...record };
    else {
      const { backtrace: _, fromAddress, ...rest } = record;
      const from = fromAddress === undefined ? {} : { from: fromAddress };
      yield { beforeEvent: at(seq), ...rest, ...from, ...stacks.idOf(trace.events.stack[seq] ?? -1) };
    }
  }
}

/** For each event from `first` on (and the end): how many events of the document come before it. */
function eventPositions(trace: Trace, first: Seq): Int32Array {
  const positions = new Int32Array(trace.eventCount - first + 1);
  let written = 0;
  for (let seq = first; seq <= trace.eventCount; seq++) {
    positions[seq - first] = written;
    if (seq < trace.eventCount && trace.events.kind[seq] !== EventKind.failed) written++;
  }
  return positions;
}

function* eventMembers(trace: Trace, first: Seq, stacks: StackList): Generator<AlloctraceEvent> {
  let lastUs = 0;
  let position = 0;
  for (let seq = first; seq < trace.eventCount; seq++) {
    const event = eventAt(trace, seq);
    if (event.kind === 'failed') continue;
    // The protocol wants a time on every event: one without a time of its own has that of the event before it.
    lastUs = event.atUs ?? lastUs;
    const stack = trace.events.stack[seq] ?? -1;
    const backtrace = backtraceOf(trace, stack).flatMap(({ address }) => (address > 0 ? [address] : []));
    const { largestBeforeBytes, largestAfterBytes, task } = event;
    yield {
      seq: first + position++,
      kind: event.kind === 'sweep' ? 'free' : event.kind === 'existing' ? 'alloc' : event.kind,
      address: event.address,
      sizeBytes: event.sizeBytes ?? 0,
      atUs: lastUs,
      pc: backtrace[0] ?? 0,
      backtrace,
      ...(largestBeforeBytes === undefined ? {} : { largestBefore: largestBeforeBytes }),
      ...(largestAfterBytes === undefined ? {} : { largestAfter: largestAfterBytes }),
      ...(event.kind === 'realloc' ? reallocMembers(event.fromAddress, event.fromSizeBytes) : {}),
      ...((event.kind === 'alloc' || event.kind === 'realloc') && event.requestedBytes !== undefined
        ? { requestedBytes: event.requestedBytes }
        : {}),
      ...(event.kind === 'sweep' ? { sweep: true } : {}),
      ...(event.kind === 'existing' ? { existing: true } : {}),
      ...(task === undefined ? {} : { task }),
      ...stacks.idOf(stack),
    };
  }
}

function reallocMembers(from: number, fromSizeBytes: number | undefined) {
  return { from, ...(fromSizeBytes === undefined ? {} : { fromSizeBytes }) };
}
