import type { EventRun } from '../../trace/event-run.js';
import type { HeapRegion } from '../../trace/heap-event.js';
import type { EventKernel } from '../../trace/kernel/event-kernel.js';
import { RUN_EVENTS } from '../../trace/run-scan.js';
import type { GapSamples } from '../fragmentation-report.js';
import type { CutList } from '../gap-timeline.js';

/** The numbers that the kernel reads and writes, in its order. */
const AT = { free: 0, largest: 1, least: 2, leastSeq: 3, leastFree: 4, lossFrom: 5, shallow: 6, length: 7 } as const;
/** Of a cut: its event's place in the run, the largest gap before it and after. */
const CUT = 3;

/** The gaps of all regions while blocks come and go, followed by the kernel. */
export class KernelGaps {
  private readonly state: Float64Array;
  private readonly cuts: Float64Array;

  private constructor(
    private readonly kernel: EventKernel,
    private readonly places: Uint32Array,
    regions: readonly HeapRegion[],
  ) {
    this.state = kernel.floats(AT.length);
    this.cuts = kernel.floats(RUN_EVENTS * CUT);
    const sizes = regions.map(({ sizeBytes }) => sizeBytes);
    this.state[AT.free] = sizes.reduce((sum, size) => sum + size, 0);
    this.state[AT.largest] = Math.max(0, ...sizes);
    this.state[AT.least] = Number.POSITIVE_INFINITY;
  }

  /** Undefined where a region is too large to be followed. */
  static open(kernel: EventKernel, regions: readonly HeapRegion[]): KernelGaps | undefined {
    const places = kernel.numbers(regions.length);
    for (const [i, { baseAddress, sizeBytes }] of regions.entries()) {
      const place = kernel.exports.openGaps(baseAddress, baseAddress + sizeBytes);
      if (place === 0) return undefined;
      places[i] = place;
    }
    return new KernelGaps(kernel, places, regions);
  }

  /** Tells what a run did to the gaps; false where it cannot be followed. */
  add(run: EventRun, samples: GapSamples, deepest: CutList): boolean {
    const { firstSeq, count } = run;
    // A stretch ends with the event that is asked for.
    for (let from = 0; from < count; ) {
      const asked = samples.next + 1 - firstSeq;
      const to = asked > from && asked < count ? asked : count;
      if (!this.addStretch(run, { from, to }, samples, deepest)) return false;
      from = to;
    }
    return true;
  }

  private addStretch(
    run: EventRun,
    { from, to }: { readonly from: number; readonly to: number },
    samples: GapSamples,
    deepest: CutList,
  ): boolean {
    const { state, cuts, places, kernel } = this;
    const { firstSeq, address, sizeBytes } = run;
    const least = state[AT.least] as number;
    state[AT.lossFrom] = deepest.lossFrom;
    state[AT.shallow] = 0;
    const tables = [places.byteOffset, places.length, state.byteOffset, cuts.byteOffset];
    const told = kernel.exports.sumGaps(from, to, firstSeq, address.byteOffset, sizeBytes.byteOffset, ...tables);
    if (told < 0) return false;
    for (let at = 0; at < told * CUT; at += CUT) {
      const [i = 0, largestBeforeBytes = 0, largestAfterBytes = 0] = cuts.subarray(at, at + CUT);
      const block = { sizeBytes: sizeBytes[i] as number, stack: run.stack[i] as number };
      deepest.add({ seq: firstSeq + i, largestBeforeBytes, largestAfterBytes, ...block });
    }
    deepest.addShallow(state[AT.shallow] as number);
    const now = state[AT.least] as number;
    if (now < least) samples.after(state[AT.leastSeq] as number, state[AT.leastFree] as number, now);
    const last = firstSeq + to - 1;
    if (last === samples.next) samples.after(last, state[AT.free] as number, state[AT.largest] as number);
    return true;
  }
}
