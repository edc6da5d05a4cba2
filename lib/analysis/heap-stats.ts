import { defined } from '../base/defined.js';
import type { Bytes, Microseconds, Seq } from '../base/units.js';
import type { Gap, TraceContents } from '../trace/heap-event.js';
import { EndCause, type Finding, type Lifespans, lifespans } from '../trace/lifespans.js';
import { type StackDoubts, stackDoubts } from '../trace/stack-doubts.js';
import { type EventColumns, EventKind, type Trace } from '../trace/trace.js';
import { isTemporary } from './call-tree.js';
import { heapLevels, type LevelSeries } from './heap-levels.js';
import { heapPeak, type Peak } from './heap-usage.js';
import { framesToHide, type HideOptions } from './hidden-frames.js';
import { type Lifetimes, lifetimesOf } from './lifetimes.js';
import { graphBefore, type TypesAtMark, typesAtMarks } from './objects/graph-moments.js';
import { ObjectMap, type TypeRow } from './objects/object-map.js';
import { type Phase, phaseCounter } from './phases.js';
import { type SizeBucket, sizeHistogram } from './size-buckets.js';
import { type SizeTable, sizeCounter } from './size-table.js';
import { type SourceRow, sourceCounter } from './source-table.js';
import { type TaskRow, taskTable } from './task-table.js';
import { type TimeLabel, timeLabel } from './time-label.js';
import { type BlockVisitor, walkBlocks } from './walk-spans.js';

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
  /** Of all sources that allocated, or of the first {@link HeapStatsOptions.top}. */
  readonly sources: readonly SourceRow[];
  /** How many sources allocated. */
  readonly sourceCount: number;
  /** By the task that allocated; empty when the source tells no tasks. */
  readonly tasks: readonly TaskRow[];
  readonly phases: readonly Phase[];
  /** How full the heap was, by the device's own word; empty unless the source tells it. */
  readonly levels: readonly LevelSeries[];
  /** As given; the share that Drone's last line shows needs it. */
  readonly heapBytes?: Bytes;
  /** What is alive at the end by type of object, the most bytes first; absent unless the capture read what it is. */
  readonly types?: readonly TypeRow[];
  /** The same at each mark where it was read, in order; absent where it was at none. */
  readonly typesAtMarks?: readonly TypesAtMark[];
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

/** Which frames count as sources, and how many of those are listed. */
export interface HeapStatsOptions extends HideOptions {
  /** The size of the heap; default: the sum of the trace's regions, where they are known. */
  readonly heapBytes?: Bytes;
  /** List so many sources, the first ones; what is summed is of all. Default: all. What is no history has all. */
  readonly top?: number;
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
  return statsOfFigures(trace, {
    kinds,
    totals,
    peak: heapPeak(trace, spans),
    durationUs: durationOf(trace),
    sizes: sizes.result(),
    histogram: sizeHistogram(trace, spans),
    lifetimes: lifetimesOf(trace, spans),
    ...listedSources(sources.result(), sourcesToList(trace, options)),
    tasks: taskTable(trace, spans),
    phases: phases.result(),
    heapBytes,
    findings: spans.findings,
    assumptions: [...spans.assumptions, ...assumptions],
  });
}

/** Of the alive ones of what is no history the last may be shown. */
export function sourcesToList({ info }: Trace, { top = Number.POSITIVE_INFINITY }: HeapStatsOptions): number {
  return (info.contents ?? 'history') === 'history' ? top : Number.POSITIVE_INFINITY;
}

function listedSources(rows: readonly SourceRow[], top: number): Pick<StatsFigures, 'sources' | 'sourceCount'> {
  return { sources: rows.slice(0, top), sourceCount: rows.length };
}

/** What the statistics are put together from. */
export interface StatsFigures
  extends Pick<
    HeapStats,
    | 'peak'
    | 'sizes'
    | 'histogram'
    | 'lifetimes'
    | 'sources'
    | 'sourceCount'
    | 'tasks'
    | 'phases'
    | 'findings'
    | 'assumptions'
  > {
  readonly kinds: Pick<HeapStats, 'allocations' | 'reallocations' | 'frees' | 'sweeps' | 'failures' | 'failed'>;
  readonly totals: Pick<HeapStats, 'allocatedBytes' | 'liveBytes' | 'liveCount' | 'temporary'>;
  /** From the first time to the last; NaN without times. */
  readonly durationUs: Microseconds;
  readonly heapBytes: Bytes | undefined;
}

/** The statistics of figures that were made already: of the trace none of its events is looked at. */
export function statsOfFigures(trace: Trace, figures: StatsFigures): HeapStats {
  const { kinds, totals, heapBytes } = figures;
  const rate = rateOf(figures);
  return {
    schema: 'heap-harvest/stats@1',
    contents: trace.info.contents ?? 'history',
    events: trace.eventCount,
    ...kinds,
    ...totals,
    peak: figures.peak,
    ...(rate ? { rate } : {}),
    sizes: figures.sizes,
    histogram: figures.histogram,
    lifetimes: figures.lifetimes,
    sources: figures.sources,
    sourceCount: figures.sourceCount,
    tasks: figures.tasks,
    phases: figures.phases,
    levels: heapLevels(trace),
    ...(heapBytes === undefined ? {} : { heapBytes }),
    ...defined({ types: liveTypes(trace), typesAtMarks: markedTypes(trace) }),
    sizeKind: trace.info.sizeKind,
    complete: trace.info.complete,
    ...defined({ stacks: stackDoubts(trace) }),
    ...defined({ timeLabel: timeLabel(trace.info) }),
    gaps: trace.gaps,
    findings: figures.findings,
    assumptions: figures.assumptions,
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
  const graph = graphBefore(trace, trace.eventCount);
  return graph?.heap === 'objects' ? new ObjectMap(graph).types() : undefined;
}

function markedTypes(trace: Trace): HeapStats['typesAtMarks'] {
  const found = typesAtMarks(trace);
  return found.length === 0 ? undefined : found;
}

/** What the memories of a trace that tells them have together. */
export function regionBytes(trace: Trace): Bytes | undefined {
  const sum = trace.regions.reduce((bytes, region) => bytes + region.sizeBytes, 0);
  return sum > 0 ? sum : undefined;
}

function countKinds({ events, eventCount }: Trace) {
  const counter = new KindCounter();
  counter.add(events, eventCount, 0);
  return counter.result();
}

/** How many events of each kind there are. */
export class KindCounter {
  /** By kind; who counts events that did not fail elsewhere adds them here. */
  counts = new Float64Array(256);
  private firstSeq = -1;
  private largestBytes = 0;

  /** So many events, the first of which has this number. */
  add({ kind, sizeBytes }: Pick<EventColumns, 'kind' | 'sizeBytes'>, count: number, firstSeq: Seq): void {
    const { counts } = this;
    for (let i = 0; i < count; i++) {
      const what = kind[i] as number;
      counts[what] = (counts[what] as number) + 1;
      if (what !== EventKind.failed) continue;
      if (this.firstSeq < 0) this.firstSeq = firstSeq + i;
      this.largestBytes = Math.max(this.largestBytes, sizeBytes[i] ?? 0);
    }
  }

  result(): StatsFigures['kinds'] {
    const { firstSeq, largestBytes } = this;
    const [allocations = 0, frees = 0, sweeps = 0, reallocations = 0, failures = 0] = this.counts;
    const failed = failures > 0 ? { failed: { largestBytes, firstSeq } } : {};
    return { allocations, frees, sweeps, reallocations, failures, ...failed };
  }
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

function durationOf(trace: Trace): Microseconds {
  const { atUs } = trace.events;
  if (!atUs) return Number.NaN;
  let first = Number.NaN;
  let last = Number.NaN;
  for (const at of atUs) {
    if (Number.isNaN(at)) continue;
    if (Number.isNaN(first)) first = at;
    last = at;
  }
  return last - first;
}

function rateOf({ kinds, totals, durationUs }: StatsFigures): HeapStats['rate'] {
  if (!(durationUs > 0)) return undefined;
  const seconds = durationUs / 1e6;
  const allocations = kinds.allocations + kinds.reallocations;
  return { perSecond: allocations / seconds, bytesPerSecond: totals.allocatedBytes / seconds, durationUs };
}
