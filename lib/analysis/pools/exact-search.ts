import type { Bytes } from '../../base/units.js';
import type { PoolDemand } from './demand.js';
import { layoutBytes, type Pool, type PoolLayout } from './layout.js';
import { servesAll } from './replay.js';
import type { SpillTables } from './spill.js';

/** After so many steps of replays, or so many whole replays if that is more, and after so many choices, the search gives up. */
const MAX_STEPS = 4_000_000;
const MAX_REPLAYS = 20;
const MAX_CHOICES = 400_000;

export interface SearchResult {
  /** The smallest layout that was found; undefined when none is smaller than the one that was known. */
  readonly layout: PoolLayout | undefined;
  /** Whether no smaller layout exists: the search came to its end. */
  readonly proven: boolean;
}

/**
 * Looks for a layout of at most `pools` pools that is smaller than the best known one, by branch and bound: pools are chosen from the
 * largest down, and a choice is left as soon as what the demand alone needs for the rest (see {@link SpillTables}) makes it no better.
 * Every layout that is left is proven or refuted by a replay. A larger pool does not always help (a request that finds room in its own
 * pool does not go to another), so all capacities count, not the least that might do.
 */
export function searchLayout(
  demand: PoolDemand,
  tables: SpillTables,
  { pools, knownBytes }: { readonly pools: number; readonly knownBytes: Bytes },
): SearchResult {
  const search = new Search(demand, tables, knownBytes);
  search.extend({ at: tables.sizes.length - 1, left: pools, capacity: 0, bytes: 0 });
  return { layout: search.best, proven: !search.gaveUp };
}

interface Choice {
  /** The number of the largest size that no chosen pool is for. */
  readonly at: number;
  /** How many pools may still be chosen. */
  readonly left: number;
  /** Blocks of all chosen pools. */
  readonly capacity: number;
  readonly bytes: Bytes;
}

class Search {
  best: PoolLayout | undefined;
  gaveUp = false;
  private readonly chosen: Pool[] = [];
  /** The least bytes of at most k pools for a size and all below, by k. */
  private readonly least: readonly Float64Array[];
  private steps = 0;
  private choices = 0;

  constructor(
    private readonly demand: PoolDemand,
    private readonly tables: SpillTables,
    private limit: Bytes,
  ) {
    let before: Float64Array | undefined;
    this.least = tables.costs.map((costs) => {
      const least: Float64Array = costs.map((cost, size) => Math.min(cost, before?.[size] ?? Number.POSITIVE_INFINITY));
      before = least;
      return least;
    });
  }

  /** Tries every pool for the largest size that is left: every next break, every capacity. */
  extend({ at, left, capacity, bytes }: Choice): void {
    const { sizes, above } = this.tables;
    const blockBytes = sizes[at] ?? 0;
    for (let next = at - 1; next >= 0 && !this.gaveUp; next--) {
      if (next > 0 && left === 1) continue;
      const needed = Math.max(1, (above[next] ?? 0) - capacity);
      for (let count = needed; !this.gaveUp; count++) {
        const choice = { at: next, left: left - 1, capacity: capacity + count, bytes: bytes + count * blockBytes };
        if (this.bound(choice) >= this.limit) break;
        if (++this.choices > MAX_CHOICES) this.gaveUp = true;
        this.chosen.push({ blockBytes, capacity: count });
        if (next === 0) this.judge();
        else this.extend(choice);
        this.chosen.pop();
      }
    }
  }

  /** No layout that goes on from a choice has fewer bytes: each block that is chosen already saves at most one of the next size. */
  private bound({ at, left, capacity, bytes }: Choice): Bytes {
    if (at === 0) return bytes;
    const least = this.least[Math.min(left, this.least.length) - 1]?.[at] ?? Number.POSITIVE_INFINITY;
    return Math.max(bytes, bytes + least - (this.tables.sizes[at] ?? 0) * capacity);
  }

  private judge(): void {
    const layout = this.chosen.toReversed();
    const { serves, steps } = servesAll(this.demand, layout);
    this.steps += steps;
    if (this.steps > Math.max(MAX_STEPS, MAX_REPLAYS * this.demand.steps.length)) this.gaveUp = true;
    if (!serves) return;
    this.best = layout;
    this.limit = layoutBytes(layout);
  }
}
