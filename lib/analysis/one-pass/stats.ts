import type { Bytes, Seq } from '../../base/units.js';
import type { EventRun, RunSink, RunsEnd } from '../../trace/event-run.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { areInOrder } from '../boundaries.js';
import {
  type HeapStats,
  type HeapStatsOptions,
  KindCounter,
  regionBytes,
  sourcesToList,
  statsOfFigures,
} from '../heap-stats.js';
import { framesToHide } from '../hidden-frames.js';
import { addToBucket, bucketsOf, newBuckets } from '../size-buckets.js';
import { stackSources } from '../source-table.js';
import { PhaseCounter } from './phase-counter.js';
import { SourceCounter } from './source-counter.js';
import { StackSums } from './stack-sums.js';
import { LifetimeCounter, SizeCounter } from './stats-counters.js';

/** The statistics of a trace whose events come run by run; undefined for what needs all of them at once. */
export function heapStatsSink(trace: Trace, options: HeapStatsOptions): RunSink<HeapStats> | undefined {
  return areInOrder(trace.marks) ? new HeapStatsSink(trace, options) : undefined;
}

class HeapStatsSink implements RunSink<HeapStats> {
  readonly runsEndAt: readonly Seq[];
  private readonly heapBytes: Bytes | undefined;
  private readonly sums: StackSums;
  private readonly kinds = new KindCounter();
  private readonly lifetimes = new LifetimeCounter();
  private readonly sizes: SizeCounter;
  private readonly sources: SourceCounter;
  private readonly phases: PhaseCounter;
  private readonly buckets = newBuckets();
  private firstUs = Number.NaN;
  private lastUs = Number.NaN;

  constructor(
    trace: Trace,
    private readonly options: HeapStatsOptions,
  ) {
    this.runsEndAt = trace.marks.map(({ beforeSeq }) => beforeSeq);
    this.heapBytes = options.heapBytes ?? regionBytes(trace);
    this.sums = new StackSums(trace);
    this.sizes = new SizeCounter(this.heapBytes, this.buckets);
    const { hidden } = framesToHide(trace, { ...options, lookThrough: false });
    this.sources = new SourceCounter(stackSources(trace, hidden), trace.stacks.count);
    this.phases = new PhaseCounter(trace);
  }

  run(run: EventRun): boolean {
    // Figures by task are made from the whole trace.
    if (run.task !== undefined || !this.lifetimes.add(run)) return false;
    this.sums.add(run);
    this.addKinds(run);
    if (!this.sizes.add(run)) this.addBuckets(run);
    this.sources.add(run);
    this.phases.add(run);
    this.addTimes(run);
    return true;
  }

  /** Undefined where a wrapper of the allocator is looked through: sources are other lines then, with peaks of their own. */
  result({ trace, peak, findings }: RunsEnd): HeapStats | undefined {
    this.sums.remember();
    const sizes = this.sizes.result(findings);
    const { lookedThrough, assumptions } = framesToHide(trace, this.options);
    if (lookedThrough.length > 0) return undefined;
    return statsOfFigures(trace, {
      kinds: this.kinds.result(),
      totals: this.sources.totals(),
      peak,
      durationUs: this.lastUs - this.firstUs,
      sizes,
      histogram: bucketsOf(this.buckets),
      lifetimes: this.lifetimes.result(),
      sources: this.sources.result(sourcesToList(trace, this.options)),
      sourceCount: this.sources.count,
      tasks: [],
      phases: this.phases.result(trace.eventCount),
      heapBytes: this.heapBytes,
      findings,
      assumptions,
    });
  }

  private addKinds(run: EventRun): void {
    const { count, firstSeq, kind, kernel } = run;
    // What the largest request was that failed is asked for where one did.
    if (!kernel || kind.includes(EventKind.failed)) {
      this.kinds.add(run, count, firstSeq);
      return;
    }
    this.kinds.counts = kernel.held(this.kinds.counts);
    kernel.exports.sumKinds(count, kind.byteOffset, this.kinds.counts.byteOffset);
  }

  private addBuckets({ count, sizeBytes, openedBlock }: EventRun): void {
    const { buckets } = this;
    for (let i = 0; i < count; i++) if ((openedBlock[i] as number) >= 0) addToBucket(buckets, sizeBytes[i] as number);
  }

  private addTimes({ atUs, count }: EventRun): void {
    for (let i = 0; atUs && i < count; i++) {
      const at = atUs[i] ?? Number.NaN;
      if (Number.isNaN(at)) continue;
      if (Number.isNaN(this.firstUs)) this.firstUs = at;
      this.lastUs = at;
    }
  }
}
