import type { Bytes, Seq } from '../base/units.js';
import { intColumn } from '../trace/column.js';
import { type Finding, type Lifespans, lifespans } from '../trace/lifespans.js';
import { EventKind, type Trace } from '../trace/trace.js';
import { type BlockCounter, type BlockVisitor, countBlocks } from './walk-spans.js';

/** One line of Drone OS's heap table: an exact size. */
export interface SizeRow {
  readonly sizeBytes: Bytes;
  /** The most blocks of this size that were alive together. */
  readonly maxLive: number;
  /** How many were ever allocated. */
  readonly total: number;
}

/** Drone OS's statistics (drone-core, heap trace). A realloc frees its old size, then allocates the new one. */
export interface SizeTable {
  /** Ascending by size. */
  readonly rows: readonly SizeRow[];
  /** The sum of size x maxLive: what separate pools for every size would take, not a simultaneous peak. */
  readonly maximumBytes: Bytes;
  /** Sizes above the heap: the trace is corrupt, or the heap size is wrong. Empty without a heap size. */
  readonly tooLarge: readonly { readonly seq: Seq; readonly sizeBytes: Bytes }[];
  /** Frees of blocks that are not there: the trace is corrupt or began late. */
  readonly findings: readonly Finding[];
}

/** At most this many oversized requests are listed. */
export const MAX_LISTED = 20;

/** How many allocations of each size there were, and what they take. */
export function sizeTable(trace: Trace, heapBytes?: Bytes): SizeTable {
  const spans = lifespans(trace);
  return countBlocks(trace, spans, sizeCounter(trace, spans, heapBytes));
}

/** The same on a walk of somebody else's. */
export function sizeCounter(trace: Trace, spans: Lifespans, heapBytes?: Bytes): BlockCounter<SizeTable> {
  const sizeOf = requestedSize(trace);
  const ids = new SizeIds();
  const live = intColumn();
  const max = intColumn();
  const total = intColumn();
  const tooLarge: { seq: Seq; sizeBytes: Bytes }[] = [];
  const add = (column: typeof live, id: number, value: number) => {
    const sum = (column.values[id] as number) + value;
    column.values[id] = sum;
    return sum;
  };
  const idOf = (sizeBytes: Bytes) => {
    const id = ids.of(sizeBytes);
    if (id === live.length) for (const column of [live, max, total]) column.push(0);
    return id;
  };
  const visitor: BlockVisitor = {
    closed: (start, blockBytes) => {
      add(live, ids.of(sizeOf(blockBytes, start)), -1);
    },
    opened: (seq, blockBytes) => {
      const sizeBytes = sizeOf(blockBytes, seq);
      const id = idOf(sizeBytes);
      add(total, id, 1);
      const now = add(live, id, 1);
      if (now > (max.values[id] as number)) max.values[id] = now;
      if (heapBytes !== undefined && sizeBytes > heapBytes && tooLarge.length < MAX_LISTED) {
        tooLarge.push({ seq, sizeBytes });
      }
    },
  };
  const result = (): SizeTable => {
    const rows = sizeRows(ids.sizes, max.values, total.values);
    return { ...rows, tooLarge, findings: spans.findings };
  };
  return { visitor, result };
}

/** The rows of sizes and their counts, and what they add up to. */
export function sizeRows(sizes: readonly Bytes[], max: Int32Array, total: Int32Array) {
  const rows = sizes
    .map((sizeBytes, id): SizeRow => ({ sizeBytes, maxLive: max[id] ?? 0, total: total[id] ?? 0 }))
    .sort((a, b) => a.sizeBytes - b.sizeBytes);
  return { rows, maximumBytes: rows.reduce((sum, row) => sum + row.sizeBytes * row.maxLive, 0) };
}

/** Numbers sizes in order of first sight; those below 64 KiB, which are nearly all, without a hash map. */
export class SizeIds {
  readonly sizes: Bytes[] = [];
  private readonly small = new Int32Array(65536).fill(-1);
  private readonly large = new Map<Bytes, number>();

  of(sizeBytes: Bytes): number {
    const index = sizeBytes | 0;
    const isSmall = index === sizeBytes && index >= 0 && index < 65536;
    const known = isSmall ? (this.small[index] ?? -1) : (this.large.get(sizeBytes) ?? -1);
    if (known >= 0) return known;
    const id = this.sizes.length;
    this.sizes.push(sizeBytes);
    if (isSmall) this.small[index] = id;
    else this.large.set(sizeBytes, id);
    return id;
  }
}

/** The size that the caller asked for, where the trace knows it; else the block's. */
export function requestedSize(trace: Trace): (sizeBytes: Bytes, seq: Seq) => Bytes {
  const { requestedBytes, kind } = trace.events;
  if (!requestedBytes) return (sizeBytes) => sizeBytes;
  return (sizeBytes, seq) => {
    if (kind[seq] === EventKind.failed) return sizeBytes;
    const requested = requestedBytes[seq] ?? Number.NaN;
    return Number.isNaN(requested) ? sizeBytes : requested;
  };
}
