import type { SizeTable } from '../../lib/analysis/size-table.js';

interface Group {
  readonly blockBytes: number;
  /** The sum of the maxima of the exact sizes that round up to this block. */
  readonly capacity: number;
}

/**
 * Drone OS's pool layout, written anew from its description: sizes rounded up to words, capacities that add up the
 * per-size maxima, and a search for the first pool's end that never tries the last possible one.
 */
export function dronePools(table: SizeTable, pools: number): { pools: Group[]; fragmentation: number; bytes: number } {
  const groups: Group[] = [];
  for (const row of table.rows) {
    const blockBytes = Math.max(4, Math.ceil(row.sizeBytes / 4) * 4);
    const last = groups.at(-1);
    if (last?.blockBytes === blockBytes)
      groups[groups.length - 1] = { blockBytes, capacity: last.capacity + row.maxLive };
    else groups.push({ blockBytes, capacity: row.maxLive });
  }
  const best = search(groups, Math.min(pools, groups.length));
  return { ...best, bytes: best.pools.reduce((sum, pool) => sum + pool.blockBytes * pool.capacity, 0) };
}

function search(groups: readonly Group[], pools: number): { pools: Group[]; fragmentation: number } {
  if (groups.length === 0) return { pools: [], fragmentation: 0 };
  if (pools === 1) return merge(groups);
  let best: { pools: Group[]; fragmentation: number } | undefined;
  // Without any candidate the first group stands alone.
  const candidates = Math.max(1, groups.length - pools);
  for (let end = 0; end < candidates; end++) {
    const first = merge(groups.slice(0, end + 1));
    const rest = search(groups.slice(end + 1), pools - 1);
    const fragmentation = first.fragmentation + rest.fragmentation;
    if (!best || fragmentation <= best.fragmentation) best = { pools: [...first.pools, ...rest.pools], fragmentation };
  }
  return best ?? { pools: [], fragmentation: 0 };
}

function merge(groups: readonly Group[]): { pools: Group[]; fragmentation: number } {
  const blockBytes = groups.at(-1)?.blockBytes ?? 0;
  const capacity = groups.reduce((sum, group) => sum + group.capacity, 0);
  const fragmentation = groups.reduce((sum, group) => sum + (blockBytes - group.blockBytes) * group.capacity, 0);
  return { pools: [{ blockBytes, capacity }], fragmentation };
}
