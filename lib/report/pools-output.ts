import type { Pool } from '../analysis/pools/layout.js';
import type { PoolPlan } from '../analysis/pools/pool-plan.js';
import { droneSize } from './size-table-text.js';

/** The `[heap]` sections of a Drone.toml. */
export function poolsDroneToml(plan: PoolPlan): string {
  const pools = plan.layout.map(
    (pool) => `    { block = "${droneSize(pool.blockBytes)}", capacity = ${pool.capacity} },`,
  );
  const head = ['[heap]', '', '[heap.main]', `size = "${droneSize(plan.heapBytes ?? plan.bytes)}"`, 'pools = ['];
  return `${[...head, ...pools, ']'].join('\n')}\n`;
}

/** A `K_MEM_SLAB_DEFINE` line for each pool. A slab's blocks must be multiples of its alignment, which they are. */
export function poolsZephyr(plan: PoolPlan): string {
  const lines = plan.layout.map(
    (pool) => `K_MEM_SLAB_DEFINE(${slabName(pool)}, ${pool.blockBytes}, ${pool.capacity}, ${plan.alignBytes});`,
  );
  return `${['#include <zephyr/kernel.h>', '', ...lines].join('\n')}\n`;
}

function slabName(pool: Pool): string {
  return `heap_pool_${pool.blockBytes}`;
}

/** A plain C header: the pools as an X-macro, ascending by block size, for FreeRTOS or a pool allocator of one's own. */
export function poolsCHeader(plan: PoolPlan): string {
  const entries = plan.layout.map((pool) => `  X(${pool.blockBytes}, ${pool.capacity})`);
  return `${[
    '#ifndef HEAP_POOLS_H',
    '#define HEAP_POOLS_H',
    '',
    '/* X(block_bytes, capacity), ascending; take the first pool that fits and is not full. */',
    `#define HEAP_POOL_COUNT ${plan.layout.length}`,
    `#define HEAP_POOL_ALIGN ${plan.alignBytes}`,
    `#define HEAP_POOL_BYTES ${plan.bytes}`,
    ['#define HEAP_POOLS(X)', ...entries].join(' \\\n'),
    '',
    '#endif',
  ].join('\n')}\n`;
}
