import type { Address, Bytes } from '../../base/units.js';

/** What a heap is given to work with. */
export interface HeapSpace {
  readonly baseAddress: Address;
  readonly sizeBytes: Bytes;
}

/** One heap under a policy. Addresses are those that the caller gets. */
export interface Placement {
  /** The address of a new block, or -1 when there is no room. */
  alloc(sizeBytes: Bytes): Address;
  free(address: Address): void;
  /** The address of the resized block (the same when it stayed), or -1 when there is no room: then nothing changed. */
  realloc(address: Address, sizeBytes: Bytes): Address;
  /** A collection ended (garbage-collected heaps only): the sweeps of a run are over. */
  collected?(): void;
  readonly freeBytes: Bytes;
  readonly largestFreeBytes: Bytes;
}

/** A way to choose places for blocks, as an allocator does. */
export interface PlacementPolicy {
  /** Its name in `policyById` and on the command line. */
  readonly id: string;
  readonly title: string;
  /** Requests are rounded up to it, at least. */
  readonly unitBytes: Bytes;
  create(space: HeapSpace): Placement;
}
