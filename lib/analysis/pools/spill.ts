import type { Bytes } from '../../base/units.js';
import type { PoolLayout } from './layout.js';
import type { RangePeaks } from './range-peaks.js';

export interface SpillBound {
  /** No layout with this many pools can be smaller, whatever the allocator does. */
  readonly boundBytes: Bytes;
  /** The layout whose capacities reach the bound; a replay may show that it needs more. */
  readonly layout: PoolLayout;
}

/** What the demand alone says of every choice of block sizes. Sizes are numbered from 1; 0 stands for no size. */
export interface SpillTables {
  /** Block size by number: `sizes[0]` is 0. */
  readonly sizes: Float64Array;
  /** The most blocks of larger sizes than this that are alive together. */
  readonly above: Float64Array;
  /** By number of pools less 1, then by size: the least bytes of exactly so many pools for this size and all below. */
  readonly costs: readonly Float64Array[];
  /** The size below the largest pool of that choice. */
  readonly breaks: readonly Int32Array[];
}

/**
 * The least bytes by the demand alone, for 1, 2, ... `maxPools` pools (docs/analysis.md).
 * P(i) = the most blocks of the sizes above a_i alive together; for given breaks the least bytes are the sum of
 * (b_j - b_(j-1)) x P(b_(j-1)), the capacities c_j = P(b_(j-1)) - P(b_j).
 */
export function spillTables(blockBytes: Float64Array, peaks: RangePeaks, maxPools: number): SpillTables {
  const n = blockBytes.length;
  const above = Float64Array.from({ length: n + 1 }, (_, i) => (i < n ? peaks.exact(i, n - 1) : 0));
  const sizes = Float64Array.from([0, ...blockBytes]);
  let before = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  before[0] = 0;
  const breaks: Int32Array[] = [];
  const costs: Float64Array[] = [];
  for (let k = 0; k < Math.min(maxPools, n); k++) {
    const now = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
    const from = new Int32Array(n + 1);
    for (let i = 1; i <= n; i++) {
      for (let p = 0; p < i; p++) {
        const cost = (before[p] ?? 0) + ((sizes[i] ?? 0) - (sizes[p] ?? 0)) * (above[p] ?? 0);
        if (cost >= (now[i] ?? 0)) continue;
        now[i] = cost;
        from[i] = p;
      }
    }
    breaks.push(from);
    costs.push(now);
    before = now;
  }
  return { sizes, above, costs, breaks };
}

/** The bound and its layout for at most 1, 2, ... `maxPools` pools. */
export function spillBounds({ sizes, above, costs, breaks }: SpillTables, maxPools: number): SpillBound[] {
  const n = sizes.length - 1;
  if (n === 0) return Array.from({ length: maxPools }, () => ({ boundBytes: 0, layout: [] }));
  return Array.from({ length: maxPools }, (_, i) => {
    const upTo = costs.slice(0, i + 1).map((cost) => cost[n] ?? 0);
    const boundBytes = Math.min(...upTo);
    const layout = [];
    let at = n;
    for (let level = upTo.indexOf(boundBytes); level >= 0 && at > 0; level--) {
      const p = breaks[level]?.[at] ?? 0;
      layout.push({ blockBytes: sizes[at] ?? 0, capacity: (above[p] ?? 0) - (above[at] ?? 0) });
      at = p;
    }
    return { boundBytes, layout: layout.reverse().filter((pool) => pool.capacity > 0) };
  });
}
