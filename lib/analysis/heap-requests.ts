import type { Seq } from '../base/units.js';
import type { Numbers } from '../trace/column.js';
import { EndCause, lifespans } from '../trace/lifespans.js';
import { EventKind, type Trace } from '../trace/trace.js';
import { requestedSize } from './size-table.js';

/** The codes of {@link HeapRequests.kind}. */
export const RequestKind = { alloc: 0, free: 1, realloc: 2, collected: 3, restart: 4 } as const;

/** What the program asked of its allocator, without where the blocks came to lie. */
export interface HeapRequests {
  readonly count: number;
  readonly kind: Uint8Array;
  /** The block: numbered by allocation; a realloc's new one. -1 for `collected` and `restart`. */
  readonly block: Int32Array;
  /** A realloc's old block, else -1. */
  readonly from: Int32Array;
  readonly seq: Int32Array;
  /** By block. */
  readonly sizeBytes: Float64Array;
  /** By block: where the captured allocator put it. */
  readonly address: Numbers;
}

/** The requests of a trace in order. Blocks whose end only a later event implies are given back there. */
export function heapRequests(trace: Trace): HeapRequests {
  const spans = lifespans(trace);
  const sizeOf = requestedSize(trace);
  const list = new RequestList(trace.eventCount * 2 + trace.epochs.length + spans.count);
  const implied = silentEndsBySeq(trace);
  let epoch = 0;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    for (let next = trace.epochs[epoch]; next && next.beforeSeq <= seq; next = trace.epochs[++epoch]) {
      list.add(RequestKind.restart, seq);
    }
    for (const span of implied.get(seq) ?? []) list.add(RequestKind.free, seq, span);
    const closed = spans.closedBy[seq] ?? -1;
    const opened = spans.openedBy[seq] ?? -1;
    if (closed >= 0 && opened >= 0) list.add(RequestKind.realloc, seq, opened, closed);
    else if (closed >= 0) list.add(RequestKind.free, seq, closed);
    else if (opened >= 0) list.add(RequestKind.alloc, seq, opened);
    // A run of sweeps is one collection.
    const { kind } = trace.events;
    if (kind[seq] === EventKind.sweep && kind[seq + 1] !== EventKind.sweep) list.add(RequestKind.collected, seq);
  }
  const sizeBytes = Float64Array.from(spans.sizeBytes, (bytes, span) => sizeOf(bytes, spans.startSeq[span] ?? 0));
  return { ...list.columns(), sizeBytes, address: spans.address };
}

class RequestList {
  private readonly kind: Uint8Array;
  private readonly block: Int32Array;
  private readonly from: Int32Array;
  private readonly seq: Int32Array;
  private count = 0;

  constructor(capacity: number) {
    this.kind = new Uint8Array(capacity);
    this.block = new Int32Array(capacity);
    this.from = new Int32Array(capacity);
    this.seq = new Int32Array(capacity);
  }

  add(kind: number, seq: Seq, block = -1, from = -1): void {
    this.kind[this.count] = kind;
    this.block[this.count] = block;
    this.from[this.count] = from;
    this.seq[this.count++] = seq;
  }

  columns() {
    const { kind, block, from, seq, count } = this;
    return { kind, block, from, seq, count };
  }
}

function silentEndsBySeq(trace: Trace): Map<Seq, number[]> {
  const spans = lifespans(trace);
  const ends = new Map<Seq, number[]>();
  for (let span = 0; span < spans.count; span++) {
    if (spans.endCause[span] !== EndCause.implied) continue;
    const seq = spans.endSeq[span] ?? 0;
    const list = ends.get(seq);
    if (list) list.push(span);
    else ends.set(seq, [span]);
  }
  return ends;
}
