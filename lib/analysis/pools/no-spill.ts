import type { PoolLayout } from './layout.js';
import type { RangePeaks } from './range-peaks.js';

/**
 * The cheapest layouts in which every request finds room in its own pool, for at most 1, 2, ... `maxPools` pools.
 * Exact: dynamic programming over contiguous groups of sizes, f[k][e] = min over s of f[k-1][s-1] + a_e x peak(s..e).
 * A peak is computed only when its lower bound still makes s the best candidate.
 */
export function noSpillLayouts(blockBytes: Float64Array, peaks: RangePeaks, maxPools: number): PoolLayout[] {
  const n = blockBytes.length;
  if (n === 0) return Array.from({ length: maxPools }, () => []);
  const pools = Math.min(maxPools, n);
  let before = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  before[0] = 0;
  const starts: Int32Array[] = [];
  const costs: number[] = [];
  for (let k = 0; k < pools; k++) {
    const now = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
    const start = new Int32Array(n);
    for (let e = 0; e < n; e++) {
      const best = bestStart(blockBytes, peaks, { before, e });
      now[e + 1] = best.cost;
      start[e] = best.start;
    }
    starts.push(start);
    costs.push(now[n] ?? 0);
    before = now;
  }
  // A layout of exactly k groups may cost more than one of fewer: take the best over at most k.
  return Array.from({ length: maxPools }, (_, i) => {
    const upTo = costs.slice(0, i + 1);
    const k = upTo.indexOf(Math.min(...upTo));
    return layoutFrom(blockBytes, peaks, { starts, k });
  });
}

interface Cell {
  /** f[k-1], by the number of sizes that are covered. */
  readonly before: Float64Array;
  readonly e: number;
}

function bestStart(blockBytes: Float64Array, peaks: RangePeaks, { before, e }: Cell): { cost: number; start: number } {
  const block = blockBytes[e] ?? 0;
  for (;;) {
    let cost = Number.POSITIVE_INFINITY;
    let start = 0;
    for (let s = 0; s <= e; s++) {
      const value = (before[s] ?? 0) + block * peaks.lowerBound(s, e);
      if (value < cost) {
        cost = value;
        start = s;
      }
    }
    if (cost === Number.POSITIVE_INFINITY || peaks.known(start, e)) return { cost, start };
    peaks.exact(start, e);
  }
}

function layoutFrom(
  blockBytes: Float64Array,
  peaks: RangePeaks,
  { starts, k }: { starts: readonly Int32Array[]; k: number },
): PoolLayout {
  const layout = [];
  let end = blockBytes.length - 1;
  for (let level = k; level >= 0 && end >= 0; level--) {
    const start = starts[level]?.[end] ?? 0;
    layout.push({ blockBytes: blockBytes[end] ?? 0, capacity: peaks.exact(start, end) });
    end = start - 1;
  }
  return layout.reverse();
}
