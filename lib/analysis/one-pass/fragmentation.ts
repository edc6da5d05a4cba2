import type { Seq } from '../../base/units.js';
import type { EventRun, LiveBlocks, RunSink, RunsEnd } from '../../trace/event-run.js';
import type { HeapRegion } from '../../trace/heap-event.js';
import { EndCause, lifespansFromParts } from '../../trace/lifespans.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import {
  DEFAULT_LIMITS,
  type FailedRequest,
  type Fragmentation,
  type FragmentationOptions,
  fragmentationReport,
  GapSamples,
  type HeapMoment,
} from '../fragmentation-report.js';
import { GapBits } from '../gap-bits.js';
import { CutList } from '../gap-timeline.js';
import { followerAt, freeOf, largestOf } from '../gap-tracker.js';
import { heapMap } from '../heap-map.js';
import { toldRegions } from '../heap-regions.js';
import { KernelGaps } from './kernel-gaps.js';
import { StackSums } from './stack-sums.js';

/** Free space and who is in the way, of a trace whose events come run by run; undefined for what needs all of them at once. */
export function fragmentationSink(trace: Trace, options: FragmentationOptions): RunSink<Fragmentation> | undefined {
  // Bounds that are not told are those of all blocks.
  const regions = toldRegions(trace);
  if (options.atSeq !== undefined || regions.length === 0 || trace.info.contents === 'levels') return undefined;
  const gaps = regions.map((region) => GapBits.forRegion(region));
  const followed = gaps.filter((it) => it !== undefined);
  return followed.length === gaps.length
    ? new FragmentationSink(trace, { regions, gaps: followed }, options)
    : undefined;
}

class FragmentationSink implements RunSink<Fragmentation> {
  private readonly sums: StackSums;
  private readonly samples: GapSamples;
  private readonly deepest: CutList;
  private readonly failures: FailedRequest[] = [];
  private failureCount = 0;
  private readonly regions: readonly HeapRegion[];
  private readonly gaps: readonly GapBits[];
  private largest: number;
  /** Those of the kernel, from the first run on that lies in its memory. */
  private kernelGaps: KernelGaps | undefined;

  constructor(
    private readonly trace: Trace,
    { regions, gaps }: { readonly regions: readonly HeapRegion[]; readonly gaps: readonly GapBits[] },
    private readonly options: FragmentationOptions,
  ) {
    this.regions = regions;
    this.gaps = gaps;
    const { top = DEFAULT_LIMITS.top, points = DEFAULT_LIMITS.points } = options;
    this.sums = new StackSums(trace);
    this.samples = new GapSamples(trace.eventCount, points);
    this.deepest = new CutList(top);
    this.largest = largestOf(gaps);
  }

  /** What the heap looked like is asked for at the first failures only. */
  get stopsAtFailures(): boolean {
    return this.failures.length < (this.options.maxFailures ?? DEFAULT_LIMITS.maxFailures);
  }

  run(run: EventRun, liveBlocks: () => LiveBlocks): boolean {
    // The target's own word on its gaps is another kind of figure.
    if (run.tellsLargest) return false;
    this.sums.add(run);
    this.addFailures(run, liveBlocks);
    if (run.kernel) this.kernelGaps ??= KernelGaps.open(run.kernel, this.regions);
    return this.kernelGaps ? this.kernelGaps.add(run, this.samples, this.deepest) : this.addRun(run);
  }

  private addRun(run: EventRun): boolean {
    const { firstSeq, count, address, sizeBytes, stack, openedBlock, endedStart, endedAddress, endedSize } = run;
    const { samples, gaps } = this;
    for (let i = 0; i < count; i++) {
      const opens = (openedBlock[i] as number) >= 0;
      const ends = (endedStart[i] as number) >= 0;
      const seq = firstSeq + i;
      if (ends) followerAt(gaps, endedAddress[i] as number)?.give(endedAddress[i] as number, endedSize[i] as number);
      if (opens && followerAt(gaps, address[i] as number)?.take(address[i] as number, sizeBytes[i] as number) === false)
        return false;
      if (opens || ends) {
        const before = this.largest;
        const after = largestOf(gaps);
        this.largest = after;
        if (opens && after < before) {
          const block = { sizeBytes: sizeBytes[i] as number, stack: stack[i] as number };
          this.deepest.add({ seq, largestBeforeBytes: before, largestAfterBytes: after, ...block });
        }
      } else if (seq !== 0 && seq !== samples.next) continue;
      samples.after(seq, freeOf(gaps), this.largest);
    }
    return true;
  }

  result({ trace, findings, liveBlocks }: RunsEnd): Fragmentation {
    this.sums.remember();
    const { states, tightest } = this.samples;
    const line = { ...this.deepest.result('reconstructed'), states, tightest };
    const { failures, failureCount } = this;
    const at = momentOf(trace, liveBlocks());
    const atSeq = trace.eventCount - 1;
    return fragmentationReport(trace, { at, atSeq, line, failures, failureCount, findings }, this.options);
  }

  private addFailures({ kind, firstSeq, count, sizeBytes, stack }: EventRun, liveBlocks: () => LiveBlocks): void {
    for (let i = kind.subarray(0, count).indexOf(EventKind.failed); i >= 0; i = kind.indexOf(EventKind.failed, i + 1)) {
      this.failureCount++;
      if (!this.stopsAtFailures) continue;
      const of = { failedSeq: firstSeq + i, requestedBytes: sizeBytes[i] as number, stack: stack[i] as number };
      this.failures.push({ ...momentOf(this.trace, liveBlocks()), ...of });
    }
  }
}

/** A trace of what is alive, as if it had been found there. */
function momentOf(trace: Trace, { count, startSeq, address, sizeBytes, stack }: LiveBlocks): HeapMoment {
  const kind = new Uint8Array(count).fill(EventKind.existing);
  const events = { ...trace.events, kind, address, sizeBytes, stack };
  const blocks: Trace = { ...trace, eventCount: count, events };
  // Each event is a block that is there to the end: nothing is to be looked for.
  lifespansFromParts(blocks, {
    count,
    startSeq: new Int32Array(count).map((_, i) => i),
    endSeq: new Int32Array(count).fill(count),
    endCause: new Uint8Array(count).fill(EndCause.alive),
    ended: new Int32Array(0),
    findings: [],
    assumptions: [],
  });
  return { blocks, map: heapMap(blocks), seqOf: (seq: Seq) => startSeq[seq] ?? 0 };
}
