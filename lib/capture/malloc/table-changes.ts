import type { Address, Blocks, Bytes } from '../../base/units.js';

/** How the allocation table differs from what the events say: what happened that no breakpoint saw. */
export interface TableChanges {
  /** Of events, gone from the table; ascending. */
  readonly gone: readonly Address[];
  readonly resized: readonly { readonly address: Address; readonly sizeBytes: Bytes }[];
  /** In the table, and no event made them. */
  readonly unknown: readonly { readonly address: Address; readonly sizeBytes: Bytes }[];
  /** Nothing of what was alive is left: the heap was made anew. */
  readonly restarted: boolean;
}

/** Fewer blocks than these may all be freed one by one between two allocations. */
const FEWEST_OF_A_RESTART = 8;

/** `kept` is a block that the call which ends here was given, `made` one that it returns: its own event tells of them. */
export function tableChanges(
  live: ReadonlyMap<Address, Bytes>,
  table: ReadonlyMap<Address, Blocks>,
  { blockBytes, kept, made }: { readonly blockBytes: Bytes; readonly kept?: Address; readonly made?: Address },
): TableChanges {
  const gone: Address[] = [];
  const resized: { address: Address; sizeBytes: Bytes }[] = [];
  for (const [address, known] of live) {
    if (address === kept) continue;
    const blocks = table.get(address);
    // What the call returns was free: the block that was there has died.
    if (blocks === undefined || address === made) gone.push(address);
    else if (blocks * blockBytes !== known) resized.push({ address, sizeBytes: blocks * blockBytes });
  }
  const unknown: { address: Address; sizeBytes: Bytes }[] = [];
  for (const [address, blocks] of table) {
    if (!live.has(address) && address !== made && address !== kept)
      unknown.push({ address, sizeBytes: blocks * blockBytes });
  }
  gone.sort((a, b) => a - b);
  return { gone, resized, unknown, restarted: gone.length === live.size && gone.length >= FEWEST_OF_A_RESTART };
}
