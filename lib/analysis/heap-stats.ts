import { defined } from '../base/defined.js';
import type { Bytes, Microseconds, Seq } from '../base/units.js';
import type { Gap, TraceContents } from '../trace/heap-event.js';
import { EndCause, type Finding, type Lifespans, lifespans } from '../trace/lifespans.js';
import { type StackDoubts, stackDoubts } from '../trace/stack-doubts.js';
import { EventKind, type Trace } from '../trace/trace.js';
import { isTemporary } from './call-tree.js';
import { heapLevels, type LevelSeries } from './heap-levels.js';
import { heapPeak, type Peak } from './heap-usage.js';
import { framesToHide, type HideOptions } from './hidden-frames.js';
import { type Lifetimes, lifetimesOf } from './lifetimes.js';
import { ObjectMap, type TypeRow } from './objects/object-map.js';
import { lastGraph } from './objects/why-source.js';
import { type Phase, phaseCounter } from './phases.js';
import { type SizeTable, sizeCounter } from './size-table.js';
import { type SourceRow, sourceCounter } from './source-table.js';
import { type TaskRow, taskTable } from './task-table.js';
import { type TimeLabel, timeLabel } from './time-label.js';
import { type BlockVisitor, walkBlocks } from './walk-spans.js';

/** Allocations whose size lies from `fromBytes` to `toBytes`, both included. */
export interface SizeBucket {
  readonly fromBytes: Bytes;
  readonly toBytes: Bytes;
  readonly count: number;
  readonly bytes: Bytes;
}

/** The figures of a trace as a whole. */
export interface HeapStats {
  readonly schema: 'heap-harvest/stats@1';
  /** Of a snapshot, totals or levels, figures over time mean nothing. */
  readonly contents: TraceContents;
  readonly events: number;
  readonly allocations: number;
  readonly reallocations: number;
  readonly frees: number;
  readonly sweeps: number;
  readonly failures: number;
  /** The largest request that failed, and the first failure; absent without failures. */
  readonly failed?: { readonly largestBytes: Bytes; readonly firstSeq: Seq };
  /** Over all allocations and reallocations. */
  readonly allocatedBytes: Bytes;
  readonly liveBytes: Bytes;
  readonly liveCount: number;
  /** Simultaneous: not Drone's sum of maxima. */
  readonly peak: Peak;
  /** Freed before another allocation happened. */
  readonly temporary: { readonly count: number; readonly bytes: Bytes };
  /** Allocations a second; absent when the trace has no clock. */
  readonly rate?: { readonly perSecond: number; readonly bytesPerSecond: number; readonly durationUs: Microseconds };
  readonly sizes: SizeTable;
  /** Powers of two, from the smallest size to the largest; buckets in between may be empty. */
  readonly histogram: readonly SizeBucket[];
  readonly lifetimes: Lifetimes;
  readonly sources: readonly SourceRow[];
  /** By the task that allocated; empty when the source tells no tasks. */
  readonly tasks: readonly TaskRow[];
  readonly phases: readonly Phase[];
  /** How full the heap was, by the device's own word; empty unless the source tells it. */
  readonly levels: readonly LevelSeries[];
  /** As given; the share that Drone's last line shows needs it. */
  readonly heapBytes?: Bytes;
  /** What is alive at the end by type of object, the most bytes first; absent unless the capture read what it is. */
  readonly types?: readonly TypeRow[];
  readonly sizeKind: 'requested' | 'block';
  readonly complete: boolean;
  /** What is not sure of the backtraces; absent when all are whole and exact. */
  readonly stacks?: StackDoubts;
  /** Whose clock the times are of: host time holds the halts of the target. Absent: the source's own, or none. */
  readonly timeLabel?: TimeLabel;
  readonly gaps: readonly Gap[];
  readonly findings: readonly Finding[];
  readonly assumptions: readonly string[];
}

/** Which frames count as sources, and how many are listed. */
export interface HeapStatsOptions extends HideOptions {
  /** The size of the heap; default: the sum of the trace's regions, where they are known. */
  readonly heapBytes?: Bytes;
}

/** Everything that is counted about a trace: docs/analysis.md, "Statistics". */
export function heapStats(trace: Trace, options: HeapStatsOptions = {}): HeapStats {
  const spans = lifespans(trace);
  const heapBytes = options.heapBytes ?? regionBytes(trace);
  const kinds = countKinds(trace);
  const { hidden, assumptions } = framesToHide(trace, options);
  const totals = totalsOf(trace, spans);
  const sizes = sizeCounter(trace, spans, heapBytes);
  const sources = sourceCounter(trace, spans, hidden);
  const phases = phaseCounter(trace);
  walkBlocks(trace, spans, together(sizes.visitor, sources.visitor, phases.visitor));
  const rate = rateOf(trace, kinds.allocations + kinds.reallocations, totals.allocatedBytes);
  return {
    schema: 'heap-harvest/stats@1',
    contents: trace.info.contents ?? 'history',
    events: trace.eventCount,
    ...kinds,
    ...totals,
    peak: heapPeak(trace, spans),
    ...(rate ? { rate } : {}),
    sizes: sizes.result(),
    histogram: histogramOf(trace, spans),
    lifetimes: lifetimesOf(trace, spans),
    sources: sources.result(),
    tasks: taskTable(trace, spans),
    phases: phases.result(),
    levels: heapLevels(trace),
    ...(heapBytes === undefined ? {} : { heapBytes }),
    ...defined({ types: liveTypes(trace) }),
    sizeKind: trace.info.sizeKind,
    complete: trace.info.complete,
    ...defined({ stacks: stackDoubts(trace) }),
    ...defined({ timeLabel: timeLabel(trace.info) }),
    gaps: trace.gaps,
    findings: spans.findings,
    assumptions: [...spans.assumptions, ...assumptions],
  };
}

/** In one pass. Three by name: calls that V8 sees the target of cost little. */
function together(a: BlockVisitor, b: BlockVisitor, c: BlockVisitor): BlockVisitor {
  return {
    closed: (start, sizeBytes, seq) => {
      a.closed(start, sizeBytes, seq);
      b.closed(start, sizeBytes, seq);
      c.closed(start, sizeBytes, seq);
    },
    opened: (start, sizeBytes, span) => {
      a.opened(start, sizeBytes, span);
      b.opened(start, sizeBytes, span);
      c.opened(start, sizeBytes, span);
    },
  };
}

/** Of an interpreter's heap, as it was at the end. */
function liveTypes(trace: Trace): readonly TypeRow[] | undefined {
  const graph = lastGraph(trace);
  return graph?.heap === 'objects' && graph.beforeSeq >= trace.eventCount ? new ObjectMap(graph).types() : undefined;
}

function regionBytes(trace: Trace): Bytes | undefined {
  const sum = trace.regions.reduce((bytes, region) => bytes + region.sizeBytes, 0);
  return sum > 0 ? sum : undefined;
}

function countKinds({ events, eventCount }: Trace) {
  const counts = new Float64Array(256);
  let firstSeq = -1;
  let largestBytes = 0;
  for (let seq = 0; seq < eventCount; seq++) {
    const kind = events.kind[seq] as number;
    counts[kind] = (counts[kind] as number) + 1;
    if (kind !== EventKind.failed) continue;
    if (firstSeq < 0) firstSeq = seq;
    largestBytes = Math.max(largestBytes, events.sizeBytes[seq] ?? 0);
  }
  const [allocations = 0, frees = 0, sweeps = 0, reallocations = 0, failures = 0] = counts;
  const failed = failures > 0 ? { failed: { largestBytes, firstSeq } } : {};
  return { allocations, frees, sweeps, reallocations, failures, ...failed };
}

function totalsOf({ events }: Trace, spans: Lifespans) {
  const { count, startSeq, endCause } = spans;
  let allocatedBytes = 0;
  let liveBytes = 0;
  let liveCount = 0;
  const temporary = { count: 0, bytes: 0 };
  for (let span = 0; span < count; span++) {
    const sizeBytes = events.sizeBytes[startSeq[span] as number] as number;
    allocatedBytes += sizeBytes;
    if (endCause[span] === EndCause.alive) {
      liveBytes += sizeBytes;
      liveCount++;
    } else if (isTemporary(spans, span)) {
      temporary.count++;
      temporary.bytes += sizeBytes;
    }
  }
  return { allocatedBytes, liveBytes, liveCount, temporary };
}

function histogramOf({ events }: Trace, { count, startSeq }: Lifespans): SizeBucket[] {
  const counts = new Float64Array(34);
  const bytes = new Float64Array(34);
  for (let span = 0; span < count; span++) {
    const sizeBytes = events.sizeBytes[startSeq[span] as number] as number;
    // Bucket 0 holds size 0; bucket b holds 2^(b-1) to 2^b - 1. Sizes above 2^32 all count in one last bucket.
    const bucket = sizeBytes >= 2 ** 32 ? 33 : 32 - Math.clz32(sizeBytes);
    counts[bucket] = (counts[bucket] as number) + 1;
    bytes[bucket] = (bytes[bucket] as number) + sizeBytes;
  }
  const buckets: SizeBucket[] = [];
  const isFilled = (blocks: number) => blocks > 0;
  const last = counts.findLastIndex(isFilled);
  for (let b = Math.max(0, counts.findIndex(isFilled)); b <= last; b++) {
    const fromBytes = b === 0 ? 0 : 2 ** (b - 1);
    const toBytes = b === 0 ? 0 : b === 33 ? Number.MAX_SAFE_INTEGER : 2 ** b - 1;
    buckets.push({ fromBytes, toBytes, count: counts[b] ?? 0, bytes: bytes[b] ?? 0 });
  }
  return buckets;
}

function rateOf(trace: Trace, allocations: number, bytes: Bytes): HeapStats['rate'] {
  const { atUs } = trace.events;
  if (!atUs) return undefined;
  let first = Number.NaN;
  let last = Number.NaN;
  for (const at of atUs) {
    if (Number.isNaN(at)) continue;
    if (Number.isNaN(first)) first = at;
    last = at;
  }
  const durationUs = last - first;
  if (!(durationUs > 0)) return undefined;
  const seconds = durationUs / 1e6;
  return { perSecond: allocations / seconds, bytesPerSecond: bytes / seconds, durationUs };
}
