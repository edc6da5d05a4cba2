import type { PoolDemand } from './demand.js';

/** The time axis is cut into at most this many pieces; each keeps a sum by size class at its begin. */
const MAX_LEAVES = 2048;
/** Moments whose live counts give lower bounds for all pairs of classes at once. */
const WITNESSES = 192;
/** How far around a pair its peak's moment is used as a bound. */
const NEIGHBOURS = 32;

/**
 * Answers how many blocks of the size classes s to e were alive together at the most. All pairs at once would cost too much
 * (n x n x events); instead every pair starts with a lower bound, and `exact` computes single ones: it skips each piece of
 * time in which not even an allocation at every step could beat the bound.
 */
export class RangePeaks {
  readonly classes: number;
  /** Row s, column e: a lower bound of the peak, exact where `isExact` says so. */
  private readonly bound: Int32Array;
  private readonly isExact: Uint8Array;
  private readonly leafSteps: number;
  private readonly leaves: number;
  /** By leaf and class: live blocks of all smaller classes at the leaf's begin (a prefix sum with n + 1 entries). */
  private readonly prefix: Int32Array;
  /** By leaf and class: the highest rise above the begin that this class sees within the leaf, as a prefix sum over classes. */
  private readonly rise: Int32Array;

  constructor(private readonly demand: PoolDemand) {
    const n = demand.blockBytes.length;
    this.classes = n;
    this.bound = new Int32Array(n * n);
    this.isExact = new Uint8Array(n * n);
    const steps = demand.steps.length;
    this.leafSteps = Math.max(64, Math.ceil(steps / MAX_LEAVES));
    this.leaves = Math.ceil(steps / this.leafSteps);
    this.prefix = new Int32Array(this.leaves * (n + 1));
    this.rise = new Int32Array(this.leaves * (n + 1));
    this.fillLeaves();
    this.fillBounds();
  }

  /** At most the peak of the classes s to e, both included. */
  lowerBound(s: number, e: number): number {
    return this.bound[s * this.classes + e] ?? 0;
  }

  known(s: number, e: number): boolean {
    return this.isExact[s * this.classes + e] === 1;
  }

  /** The peak of the classes s to e, both included. */
  exact(s: number, e: number): number {
    const at = s * this.classes + e;
    if (this.isExact[at]) return this.bound[at] ?? 0;
    let best = this.bound[at] ?? 0;
    let witness = -1;
    const width = this.classes + 1;
    for (let leaf = 0; leaf < this.leaves; leaf++) {
      const row = leaf * width;
      const begin = (this.prefix[row + e + 1] ?? 0) - (this.prefix[row + s] ?? 0);
      if (begin + (this.rise[row + e + 1] ?? 0) - (this.rise[row + s] ?? 0) <= best) continue;
      const peak = this.peakInLeaf(leaf, begin, { s, e });
      if (peak.live <= best) continue;
      best = peak.live;
      witness = peak.step;
    }
    this.bound[at] = best;
    this.isExact[at] = 1;
    if (witness >= 0) this.learnFrom(witness, { s, e });
    return best;
  }

  /** The moment that made a pair's peak is a good bound for the pairs around it. */
  private learnFrom(step: number, { s, e }: { s: number; e: number }): void {
    const n = this.classes;
    const sums = this.sumsAfter(step);
    const lastS = Math.min(n - 1, s + NEIGHBOURS);
    const lastE = Math.min(n - 1, e + NEIGHBOURS);
    for (let near = Math.max(0, s - NEIGHBOURS); near <= lastS; near++) {
      const below = sums[near] ?? 0;
      const row = near * n;
      for (let end = Math.max(near, e - NEIGHBOURS); end <= lastE; end++) {
        const live = (sums[end + 1] ?? 0) - below;
        if (live > (this.bound[row + end] ?? 0)) this.bound[row + end] = live;
      }
    }
  }

  /** Live blocks of all smaller classes, by class, right after a step. */
  private sumsAfter(step: number): Int32Array {
    const { steps } = this.demand;
    const n = this.classes;
    const leaf = Math.floor(step / this.leafSteps);
    const change = new Int32Array(n);
    for (let at = leaf * this.leafSteps; at <= step; at++) {
      const id = steps[at] ?? 0;
      if (id >= 0) change[id] = (change[id] ?? 0) + 1;
      else change[-1 - id] = (change[-1 - id] ?? 0) - 1;
    }
    const sums = new Int32Array(n + 1);
    let extra = 0;
    for (let i = 0; i < n; i++) {
      extra += change[i] ?? 0;
      sums[i + 1] = (this.prefix[leaf * (n + 1) + i + 1] ?? 0) + extra;
    }
    return sums;
  }

  private peakInLeaf(leaf: number, begin: number, { s, e }: { s: number; e: number }): { live: number; step: number } {
    const { steps } = this.demand;
    const end = Math.min(steps.length, (leaf + 1) * this.leafSteps);
    let live = begin;
    let peak = begin;
    let at = -1;
    for (let step = leaf * this.leafSteps; step < end; step++) {
      const change = steps[step] ?? 0;
      if (change >= 0) {
        if (change >= s && change <= e && ++live > peak) {
          peak = live;
          at = step;
        }
      } else if (-1 - change >= s && -1 - change <= e) live--;
    }
    return { live: peak, step: at };
  }

  private fillLeaves(): void {
    const { steps } = this.demand;
    const n = this.classes;
    const live = new Int32Array(n);
    const high = new Int32Array(n);
    for (let leaf = 0; leaf < this.leaves; leaf++) {
      const row = leaf * (n + 1);
      for (let i = 0; i < n; i++) this.prefix[row + i + 1] = (this.prefix[row + i] ?? 0) + (live[i] ?? 0);
      high.set(live);
      const end = Math.min(steps.length, (leaf + 1) * this.leafSteps);
      for (let step = leaf * this.leafSteps; step < end; step++) {
        const change = steps[step] ?? 0;
        const id = change >= 0 ? change : -1 - change;
        const now = (live[id] ?? 0) + (change >= 0 ? 1 : -1);
        live[id] = now;
        if (now > (high[id] ?? 0)) high[id] = now;
      }
      for (let i = 0; i < n; i++) {
        const begin = (this.prefix[row + i + 1] ?? 0) - (this.prefix[row + i] ?? 0);
        this.rise[row + i + 1] = (this.rise[row + i] ?? 0) + (high[i] ?? 0) - begin;
      }
    }
  }

  /** Lower bounds for all pairs: what was alive at some moments, spread over time, each the fullest of its stretch. */
  private fillBounds(): void {
    const n = this.classes;
    for (const sums of this.witnessSums()) {
      for (let s = 0; s < n; s++) {
        const below = sums[s] ?? 0;
        const row = s * n;
        for (let e = s; e < n; e++) {
          const live = (sums[e + 1] ?? 0) - below;
          if (live > (this.bound[row + e] ?? 0)) this.bound[row + e] = live;
        }
      }
    }
  }

  private *witnessSums(): Generator<Int32Array> {
    const { steps } = this.demand;
    const n = this.classes;
    const live = new Int32Array(n);
    const fullest = new Int32Array(n);
    const stretch = Math.max(1, Math.ceil(steps.length / WITNESSES));
    const prefixOf = (values: Int32Array) => {
      const sums = new Int32Array(n + 1);
      for (let i = 0; i < n; i++) sums[i + 1] = (sums[i] ?? 0) + (values[i] ?? 0);
      return sums;
    };
    let total = 0;
    for (let from = 0; from < steps.length; from += stretch) {
      let most = -1;
      for (let step = from; step < Math.min(steps.length, from + stretch); step++) {
        const change = steps[step] ?? 0;
        const id = change >= 0 ? change : -1 - change;
        live[id] = (live[id] ?? 0) + (change >= 0 ? 1 : -1);
        total += change >= 0 ? 1 : -1;
        // Copying at each new maximum would be quadratic in a growing trace: only before a fall, where a maximum ends.
        const falls = (steps[step + 1] ?? -1) < 0 || step + 1 === from + stretch;
        if (total > most && falls) {
          most = total;
          fullest.set(live);
        }
      }
      yield prefixOf(fullest);
    }
  }
}
