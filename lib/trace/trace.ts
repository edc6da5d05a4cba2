import type { FrameId, Seq, StackId } from '../base/units.js';
import type { Numbers } from './column.js';
import type { FrameTable } from './frame-rows.js';
import type {
  Backtrace,
  Epoch,
  Frame,
  Gap,
  HeapEvent,
  HeapLevel,
  HeapRegion,
  Mark,
  Note,
  RawSample,
  TraceInfo,
} from './heap-event.js';
import type { ObjectGraph } from './object-graph.js';
import type { StackTable } from './stack-trie.js';
import { FrameFlag, type InternTables } from './tables.js';

/** The codes of the `kind` column, in the order of {@link EVENT_KINDS}. */
export const EventKind = { alloc: 0, free: 1, sweep: 2, realloc: 3, failed: 4, existing: 5 } as const;
/** The kinds of events in the order of their codes: the kind column of a trace holds indices of this list. */
export const EVENT_KINDS = ['alloc', 'free', 'sweep', 'realloc', 'failed', 'existing'] as const;

/** Heap events as columns, in the order in which the target made them. A column that no event fills is undefined. */
export interface EventColumns {
  readonly kind: Uint8Array;
  /** 0 for `failed`, and where the source has no addresses. */
  readonly address: Numbers;
  /** 0 for frees whose size the source does not tell. */
  readonly sizeBytes: Numbers;
  /** Index of the innermost trie node; -1 without a backtrace. */
  readonly stack: Int32Array;
  /** Of a realloc: the old address; NaN for other kinds. */
  readonly fromAddress: Float64Array | undefined;
  /** Of a realloc in a trace without addresses: the old size; NaN for other kinds. */
  readonly fromSizeBytes: Float64Array | undefined;
  /** NaN where unknown. */
  readonly requestedBytes: Float64Array | undefined;
  /** NaN where unknown. */
  readonly atUs: Float64Array | undefined;
  /** -1 where unknown. */
  readonly task: Int32Array | undefined;
  /** NaN where unknown. */
  readonly largestBeforeBytes: Float64Array | undefined;
  readonly largestAfterBytes: Float64Array | undefined;
}

/** A finished or a snapshot trace. Plain data: safe to hand to a worker (structured clone) and to a browser. */
export interface Trace {
  readonly info: TraceInfo;
  readonly eventCount: number;
  readonly events: EventColumns;
  readonly strings: readonly string[];
  readonly frames: FrameTable;
  readonly stacks: StackTable;
  readonly regions: readonly HeapRegion[];
  /** In order of `beforeSeq`. */
  readonly marks: readonly Mark[];
  readonly gaps: readonly Gap[];
  readonly epochs: readonly Epoch[];
  readonly notes: readonly Note[];
  /** In order of `beforeSeq`; empty unless the source tells how full the heap was. */
  readonly levels: readonly HeapLevel[];
  /** Registers and stack copies, in order of `seq`; empty unless the direct engine stored them. */
  readonly rawSamples: readonly RawSample[];
  /** Who holds which block, in order of `beforeSeq`; empty unless the capture read the heap's objects. */
  readonly graphs: readonly ObjectGraph[];
}

/** The frame of an id. @throws RangeError when there is no such frame. */
export function frameAt(trace: Trace, id: FrameId): Frame {
  const { frames, strings } = trace;
  if (id < 0 || id >= frames.count) throw new RangeError(`frame ${id}: the trace has ${frames.count} frames`);
  const flags = frames.flags[id] ?? 0;
  return {
    address: frames.address[id] ?? 0,
    functionName: strings[frames.functionName[id] ?? -1] ?? '',
    file: strings[frames.file[id] ?? -1] ?? '',
    line: frames.line[id] ?? 0,
    ...(flags & FrameFlag.inlined ? { inlined: true } : {}),
    ...(flags & FrameFlag.signal ? { kind: 'signal' as const } : {}),
    ...(flags & FrameFlag.tail ? { kind: 'tail' as const } : {}),
    ...(flags & FrameFlag.cut ? { kind: 'cut' as const } : {}),
    ...(flags & FrameFlag.script ? { kind: 'script' as const } : {}),
    ...(flags & FrameFlag.guessed ? { certainty: 'guessed' as const } : {}),
  };
}

/** The frame ids of a stack, innermost first; empty for -1. */
export function stackFrameIds(trace: Trace, stack: StackId): FrameId[] {
  const ids: FrameId[] = [];
  const { parent, frame, count } = trace.stacks;
  // A node's parent is always older than itself, so this ends even on a damaged table.
  for (let node = stack; node >= 0 && node < count; ) {
    ids.push(frame[node] ?? -1);
    const next = parent[node] ?? -1;
    if (next >= node) break;
    node = next;
  }
  return ids;
}

/** The backtrace of a stack, innermost first; empty for -1. */
export function backtraceOf(trace: Trace, stack: StackId): Backtrace {
  return stackFrameIds(trace, stack).map((id) => frameAt(trace, id));
}

/** The trace with other backtraces: a stack of `tables` for each event. */
export function withStacks(trace: Trace, tables: InternTables, stack: Int32Array): Trace {
  return {
    ...trace,
    events: { ...trace.events, stack },
    strings: [...tables.strings],
    frames: tables.frames(),
    stacks: tables.stacks(),
  };
}

/** One event as an object. For loops over many events read the columns instead. @throws RangeError */
export function eventAt(trace: Trace, seq: Seq): HeapEvent {
  if (seq < 0 || seq >= trace.eventCount)
    throw new RangeError(`event ${seq}: the trace has ${trace.eventCount} events`);
  const { events } = trace;
  const base = commonFields(trace, seq);
  const address = events.address[seq] ?? 0;
  const sizeBytes = events.sizeBytes[seq] ?? 0;
  const kind = EVENT_KINDS[events.kind[seq] ?? 0] ?? 'alloc';
  const fromAddress = known(events.fromAddress, seq);
  const requestedBytes = known(events.requestedBytes, seq);
  const requested = requestedBytes === undefined ? {} : { requestedBytes };
  switch (kind) {
    case 'alloc':
      return { kind, address, sizeBytes, ...requested, ...base };
    case 'free':
    case 'sweep':
      return { kind, address, ...(sizeBytes > 0 ? { sizeBytes } : {}), ...base };
    case 'realloc': {
      const fromSizeBytes = known(events.fromSizeBytes, seq);
      const from = fromSizeBytes === undefined ? {} : { fromSizeBytes };
      return { kind, address, sizeBytes, fromAddress: fromAddress ?? address, ...from, ...requested, ...base };
    }
    case 'existing':
      return { kind, address, sizeBytes, ...base };
    case 'failed':
      return { kind, sizeBytes, ...(fromAddress === undefined ? {} : { fromAddress }), ...base };
  }
}

function commonFields(trace: Trace, seq: Seq) {
  const { events } = trace;
  const stack = events.stack[seq] ?? -1;
  const atUs = known(events.atUs, seq);
  const task = events.task?.[seq] ?? -1;
  const largestBeforeBytes = known(events.largestBeforeBytes, seq);
  const largestAfterBytes = known(events.largestAfterBytes, seq);
  return {
    ...(stack < 0 ? {} : { backtrace: backtraceOf(trace, stack) }),
    ...(atUs === undefined ? {} : { atUs }),
    ...(task < 0 ? {} : { task }),
    ...(largestBeforeBytes === undefined ? {} : { largestBeforeBytes }),
    ...(largestAfterBytes === undefined ? {} : { largestAfterBytes }),
  };
}

function known(column: Float64Array | undefined, seq: Seq): number | undefined {
  const value = column?.[seq];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
