import type { Bytes } from '../../base/units.js';
import { UsageError } from '../../errors/errors.js';
import { type Finding, lifespans } from '../../trace/lifespans.js';
import type { Trace } from '../../trace/trace.js';
import { requireBlocks } from '../requires-blocks.js';
import { type PoolDemand, poolDemand } from './demand.js';
import { searchLayout } from './exact-search.js';
import { layoutBytes, type PoolLayout } from './layout.js';
import { noSpillLayouts } from './no-spill.js';
import { RangePeaks } from './range-peaks.js';
import { type PoolReplay, repairLayout, replayPools } from './replay.js';
import { spillBounds, spillTables } from './spill.js';

/** What 1, 2, ... pools cost at least. */
export interface PoolCurvePoint {
  readonly pools: number;
  /** The cheapest layout in which no pool ever needs another's help. */
  readonly noSpillBytes: Bytes;
  /** No layout with so many pools can be smaller. */
  readonly boundBytes: Bytes;
}

/** A layout of fixed-size pools that serves a trace, with its proof or bound. */
export interface PoolPlan {
  readonly schema: 'heap-harvest/pools@1';
  /** Ascending by block size; empty for a trace without allocations. */
  readonly layout: PoolLayout;
  readonly bytes: Bytes;
  /** Before the margin and the slack were given out. */
  readonly tightBytes: Bytes;
  /** Whether requests of the trace go to a larger pool when theirs is full. */
  readonly kind: 'no-spill' | 'spill';
  /** `proven`: no layout of at most so many pools serves the trace with fewer than `tightBytes`. Else the search took too long. */
  readonly optimum: 'proven' | 'not-proven';
  /** No layout is below it, whatever it is: what the demand alone needs. */
  readonly boundBytes: Bytes;
  readonly noSpillBytes: Bytes;
  /** The trace served from `layout`: `unserved` is 0. */
  readonly replay: PoolReplay;
  /** For 1 to 16 pools, or as many as were asked for. */
  readonly curve: readonly PoolCurvePoint[];
  readonly alignBytes: Bytes;
  readonly marginPercent: number;
  readonly heapBytes?: Bytes;
  /** Without a heap size always true. */
  readonly fits: boolean;
  readonly complete: boolean;
  readonly findings: readonly Finding[];
  readonly assumptions: readonly string[];
}

/** What a layout of pools must keep to. */
export interface PoolOptions {
  /** At most so many pools, 1 to 64. */
  readonly pools: number;
  /** Block sizes are multiples of it; a power of two, default 4. */
  readonly alignBytes?: Bytes;
  /** Capacities are raised by this percentage, rounded up; default 0. */
  readonly marginPercent?: number;
  /** Default: unknown. */
  readonly heapBytes?: Bytes;
  /** Gives the rest of the heap out to the pools in proportion to their demand; needs `heapBytes`. */
  readonly fill?: boolean;
}

/**
 * The smallest pool layout for a trace, where `optimum` says so; else the smallest that was found in bounded time. Never above the exact
 * no-spill optimum, never below the bound, and proven by a replay.
 *
 * @throws UsageError HH1183 for options that make no layout, HH2130 for a log of heap levels
 */
export function poolPlan(trace: Trace, options: PoolOptions): PoolPlan {
  const { alignBytes = 4, marginPercent = 0 } = options;
  checkOptions(options, alignBytes, marginPercent);
  requireBlocks(trace, 'pools');
  const spans = lifespans(trace);
  const demand = poolDemand(trace, spans, alignBytes);
  const peaks = new RangePeaks(demand);
  const most = Math.max(16, options.pools);
  const noSpill = noSpillLayouts(demand.blockBytes, peaks, most);
  const tables = spillTables(demand.blockBytes, peaks, most);
  const bounds = spillBounds(tables, most);
  const { boundBytes = 0, layout: lowest = [] } = bounds[options.pools - 1] ?? {};
  const found = tightLayout(demand, noSpill[options.pools - 1] ?? [], lowest);
  const knownBytes = layoutBytes(found);
  const search =
    knownBytes > boundBytes
      ? searchLayout(demand, tables, { pools: options.pools, knownBytes })
      : { layout: undefined, proven: true };
  const tight = search.layout ?? found;
  const layout = enlarge(tight, options);
  const replay = replayPools(demand, layout);
  const bytes = layoutBytes(layout);
  return {
    schema: 'heap-harvest/pools@1',
    layout,
    bytes,
    tightBytes: layoutBytes(tight),
    kind: replay.spilled > 0 ? 'spill' : 'no-spill',
    optimum: search.proven ? 'proven' : 'not-proven',
    boundBytes,
    noSpillBytes: layoutBytes(noSpill[options.pools - 1] ?? []),
    replay,
    curve: noSpill.map((it, i) => ({
      pools: i + 1,
      noSpillBytes: layoutBytes(it),
      boundBytes: bounds[i]?.boundBytes ?? 0,
    })),
    alignBytes: demand.alignBytes,
    marginPercent,
    ...(options.heapBytes === undefined ? {} : { heapBytes: options.heapBytes }),
    fits: options.heapBytes === undefined || bytes <= options.heapBytes,
    complete: trace.info.complete,
    findings: spans.findings,
    assumptions: [
      ...demand.assumptions,
      ...(demand.identified
        ? []
        : ['which block of a size was freed is not known: the replay frees the one in the smallest pool']),
    ],
  };
}

function checkOptions(options: PoolOptions, alignBytes: Bytes, marginPercent: number): void {
  const fail = (problem: string): never => {
    throw new UsageError('HH1183', `pools: ${problem}`);
  };
  const { pools } = options;
  if (!Number.isInteger(pools) || pools < 1 || pools > 64) fail(`found ${pools} pools, expected 1 to 64`);
  if (!Number.isInteger(Math.log2(alignBytes)) || alignBytes > 4096) {
    fail(`found an alignment of ${alignBytes}, expected a power of two up to 4096`);
  }
  if (!(marginPercent >= 0 && marginPercent <= 1000)) fail(`found a margin of ${marginPercent}%, expected 0 to 1000`);
  if (options.fill && options.heapBytes === undefined) fail('found no heap size, expected one to fill up');
}

/** The repaired spill layout where it is smaller than the no-spill optimum. */
function tightLayout(demand: PoolDemand, noSpill: PoolLayout, spill: PoolLayout): PoolLayout {
  const limit = layoutBytes(noSpill);
  const repaired = repairLayout(demand, spill, limit);
  return repaired && layoutBytes(repaired) < limit ? repaired : noSpill;
}

function enlarge(tight: PoolLayout, options: PoolOptions): PoolLayout {
  const factor = 1 + (options.marginPercent ?? 0) / 100;
  // The tiny subtraction keeps 10 x 1.1 from becoming 12 in floating point.
  const layout = tight.map((pool) => ({ ...pool, capacity: Math.ceil(pool.capacity * factor - 1e-9) }));
  const { fill, heapBytes } = options;
  return fill && heapBytes !== undefined ? fillUp(layout, heapBytes) : layout;
}

/** The rest of the heap in proportion to each pool's bytes; what is left over then goes to the largest blocks that fit. */
function fillUp(layout: PoolLayout, heapBytes: Bytes): PoolLayout {
  const total = layoutBytes(layout);
  const rest = heapBytes - total;
  if (rest <= 0 || total === 0) return layout;
  const filled = layout.map((pool) => ({
    blockBytes: pool.blockBytes,
    capacity: pool.capacity + Math.floor((rest * pool.capacity) / total),
  }));
  let left = heapBytes - layoutBytes(filled);
  for (const pool of filled.toReversed()) {
    const more = Math.floor(left / pool.blockBytes);
    pool.capacity += more;
    left -= more * pool.blockBytes;
  }
  return filled;
}
