import type { Bytes } from '../../base/units.js';
import type { PoolLayout } from './layout.js';
import type { RangePeaks } from './range-peaks.js';

export interface SpillBound {
  /** No layout with this many pools can be smaller, whatever the allocator does. */
  readonly boundBytes: Bytes;
  /** The layout whose capacities reach the bound; a replay may show that it needs more. */
  readonly layout: PoolLayout;
}

/**
 * The least bytes by the demand alone, for at most 1, 2, ... `maxPools` pools (analysis.md, "Spill, bound").
 * P(i) = the most blocks of the sizes above a_i alive together; for given breaks the least bytes are the sum of
 * (b_j - b_(j-1)) x P(b_(j-1)), the capacities c_j = P(b_(j-1)) - P(b_j).
 */
export function spillBounds(blockBytes: Float64Array, peaks: RangePeaks, maxPools: number): SpillBound[] {
  const n = blockBytes.length;
  if (n === 0) return Array.from({ length: maxPools }, () => ({ boundBytes: 0, layout: [] }));
  const above = Float64Array.from({ length: n + 1 }, (_, i) => (i < n ? peaks.exact(i, n - 1) : 0));
  const size = (i: number) => (i === 0 ? 0 : (blockBytes[i - 1] ?? 0));
  const pools = Math.min(maxPools, n);
  let before = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  before[0] = 0;
  const breaks: Int32Array[] = [];
  const costs: number[] = [];
  for (let k = 0; k < pools; k++) {
    const now = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
    const from = new Int32Array(n + 1);
    for (let i = 1; i <= n; i++) {
      for (let p = 0; p < i; p++) {
        const cost = (before[p] ?? 0) + (size(i) - size(p)) * (above[p] ?? 0);
        if (cost >= (now[i] ?? 0)) continue;
        now[i] = cost;
        from[i] = p;
      }
    }
    breaks.push(from);
    costs.push(now[n] ?? 0);
    before = now;
  }
  return Array.from({ length: maxPools }, (_, i) => {
    const upTo = costs.slice(0, i + 1);
    const boundBytes = Math.min(...upTo);
    const layout = [];
    let at = n;
    for (let level = upTo.indexOf(boundBytes); level >= 0 && at > 0; level--) {
      const p = breaks[level]?.[at] ?? 0;
      layout.push({ blockBytes: size(at), capacity: (above[p] ?? 0) - (above[at] ?? 0) });
      at = p;
    }
    return { boundBytes, layout: layout.reverse().filter((pool) => pool.capacity > 0) };
  });
}
