import type { Bytes } from '../../base/units.js';

/** One pool: `capacity` blocks of `blockBytes`. */
export interface Pool {
  readonly blockBytes: Bytes;
  readonly capacity: number;
}

/** Ascending by block size; a request goes to the first pool whose block fits and that is not full. */
export type PoolLayout = readonly Pool[];

export function layoutBytes(layout: PoolLayout): Bytes {
  return layout.reduce((sum, pool) => sum + pool.blockBytes * pool.capacity, 0);
}
