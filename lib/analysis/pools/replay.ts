import type { Bytes } from '../../base/units.js';
import type { PoolDemand } from './demand.js';
import { layoutBytes, type PoolLayout } from './layout.js';

/** What a layout does with the trace: smallest pool that fits first, upwards when it is full. */
export interface PoolReplay {
  /** Requests that found no block; 0 is the proof that the layout serves the trace. */
  readonly unserved: number;
  /** Requests that were served from a larger pool than the first that fits. */
  readonly spilled: number;
  /** At the moment with the most requested bytes alive; the four add up to the layout's bytes. */
  readonly atPeak: {
    readonly requestedBytes: Bytes;
    readonly roundingBytes: Bytes;
    readonly blockWasteBytes: Bytes;
    readonly unusedBytes: Bytes;
  };
  /** By pool: the most blocks in use together. */
  readonly highWater: readonly number[];
}

/** Serves the trace from the layout. */
export function replayPools(demand: PoolDemand, layout: PoolLayout): PoolReplay {
  const run = new Run(demand, layout);
  run.pass(false);
  return run.report();
}

/** Whether a layout serves the whole trace, and how many steps it took to tell: it ends at the first request that fails. */
export function servesAll(
  demand: PoolDemand,
  layout: PoolLayout,
): { readonly serves: boolean; readonly steps: number } {
  const run = new Run(demand, layout);
  const steps = run.untilUnserved();
  return { serves: run.report().unserved === 0, steps };
}

/**
 * The layout made large enough to serve the trace: where a request fails, the smallest pool that fits grows by a block, until
 * a whole pass serves everything. Undefined when it grows beyond `limitBytes`.
 */
export function repairLayout(demand: PoolDemand, layout: PoolLayout, limitBytes: Bytes): PoolLayout | undefined {
  let current = layout;
  for (;;) {
    if (layoutBytes(current) > limitBytes) return undefined;
    const run = new Run(demand, current);
    const raised = run.pass(true, limitBytes);
    if (raised === 0) return current;
    current = current.map((pool, i) => ({ ...pool, capacity: run.capacity[i] ?? pool.capacity }));
  }
}

class Run {
  readonly capacity: Int32Array;
  private readonly used: Int32Array;
  private readonly highWater: Int32Array;
  /** By size class: the first pool whose block fits; the number of pools when none does. */
  private readonly firstFit: Int32Array;
  /** By block: its pool, -1 when it was not served. */
  private readonly poolOf: Int32Array;
  /** Without block identities: by class and pool, how many blocks of the class lie there. */
  private readonly held: Int32Array;
  private unserved = 0;
  private spilled = 0;
  private requested = 0;
  private rounded = 0;
  private blocks = 0;
  private atPeak = { requestedBytes: -1, roundingBytes: 0, blockWasteBytes: 0, unusedBytes: 0 };

  constructor(
    private readonly demand: PoolDemand,
    private readonly layout: PoolLayout,
  ) {
    const pools = layout.length;
    this.capacity = Int32Array.from(layout, (pool) => pool.capacity);
    this.used = new Int32Array(pools);
    this.highWater = new Int32Array(pools);
    this.firstFit = Int32Array.from(demand.blockBytes, (bytes) => {
      const at = layout.findIndex((pool) => pool.blockBytes >= bytes);
      return at < 0 ? pools : at;
    });
    this.poolOf = new Int32Array(demand.requestedBytes.length).fill(-1);
    this.held = new Int32Array(demand.identified ? 0 : demand.blockBytes.length * (pools + 1));
  }

  /** One pass over the trace; with `repair` pools grow where a request fails. Returns how often one grew. */
  pass(repair: boolean, limitBytes = Number.POSITIVE_INFINITY): number {
    const { steps, block } = this.demand;
    let raised = 0;
    let bytes = layoutBytes(this.layout);
    for (let step = 0; step < steps.length; step++) {
      const change = steps[step] ?? 0;
      const span = block[step] ?? 0;
      if (change < 0) {
        this.give(-1 - change, span);
        continue;
      }
      let pool = this.poolFor(change);
      if (pool < 0 && repair) {
        pool = this.firstFit[change] ?? 0;
        this.capacity[pool] = (this.capacity[pool] ?? 0) + 1;
        bytes += this.layout[pool]?.blockBytes ?? 0;
        raised++;
        if (bytes > limitBytes) return raised;
      }
      this.take(change, span, pool);
    }
    return raised;
  }

  /** Goes on up to the first request that fails; how many steps that was. */
  untilUnserved(): number {
    const { steps, block } = this.demand;
    for (let step = 0; step < steps.length; step++) {
      const change = steps[step] ?? 0;
      const span = block[step] ?? 0;
      if (change < 0) this.give(-1 - change, span);
      else this.take(change, span, this.poolFor(change));
      if (this.unserved > 0) return step + 1;
    }
    return steps.length;
  }

  report(): PoolReplay {
    const total = layoutBytes(this.layout);
    const { requestedBytes, roundingBytes, blockWasteBytes } = this.atPeak;
    const used = Math.max(0, requestedBytes);
    return {
      unserved: this.unserved,
      spilled: this.spilled,
      atPeak: {
        requestedBytes: used,
        roundingBytes,
        blockWasteBytes,
        unusedBytes: total - used - roundingBytes - blockWasteBytes,
      },
      highWater: [...this.highWater],
    };
  }

  private poolFor(id: number): number {
    for (let pool = this.firstFit[id] ?? 0; pool < this.used.length; pool++) {
      if ((this.used[pool] ?? 0) < (this.capacity[pool] ?? 0)) return pool;
    }
    return -1;
  }

  private take(id: number, span: number, pool: number): void {
    this.poolOf[span] = pool;
    if (!this.demand.identified) this.hold(id, pool, 1);
    if (pool < 0) {
      this.unserved++;
      return;
    }
    if (pool !== this.firstFit[id]) this.spilled++;
    const used = (this.used[pool] ?? 0) + 1;
    this.used[pool] = used;
    if (used > (this.highWater[pool] ?? 0)) this.highWater[pool] = used;
    this.account(id, span, pool, 1);
    if (this.requested <= this.atPeak.requestedBytes) return;
    this.atPeak = {
      requestedBytes: this.requested,
      roundingBytes: this.rounded - this.requested,
      blockWasteBytes: this.blocks - this.rounded,
      unusedBytes: 0,
    };
  }

  private give(id: number, span: number): void {
    const pool = this.demand.identified ? (this.poolOf[span] ?? -1) : this.pessimistic(id);
    if (pool < 0) return;
    this.used[pool] = (this.used[pool] ?? 0) - 1;
    this.account(id, span, pool, -1);
  }

  /** Which block of a size was freed is not known: the one in the smallest pool, which helps the fewest later requests. */
  private pessimistic(id: number): number {
    for (let pool = 0; pool < this.used.length; pool++) {
      if ((this.held[this.heldAt(id, pool)] ?? 0) === 0) continue;
      this.hold(id, pool, -1);
      return pool;
    }
    this.hold(id, -1, -1);
    return -1;
  }

  private hold(id: number, pool: number, change: number): void {
    const at = this.heldAt(id, pool);
    this.held[at] = (this.held[at] ?? 0) + change;
  }

  /** The last column counts what was not served. */
  private heldAt(id: number, pool: number): number {
    const pools = this.used.length;
    return id * (pools + 1) + (pool < 0 ? pools : pool);
  }

  private account(id: number, span: number, pool: number, sign: number): void {
    this.requested += sign * (this.demand.requestedBytes[span] ?? 0);
    this.rounded += sign * (this.demand.blockBytes[id] ?? 0);
    this.blocks += sign * (this.layout[pool]?.blockBytes ?? 0);
  }
}
