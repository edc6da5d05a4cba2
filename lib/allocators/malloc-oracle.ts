import { type Address, type Bytes, formatAddress, formatCount } from '../base/units.js';
import type { OracleResult } from '../trace/heap-event.js';
import type { HeapBlock, HeapProblem, HeapWalk } from './heap-walk.js';

const MAX_DIFFERENCES = 20;

/** A call that had begun and not returned, or a free that was told and may not be done: what it may have changed already, or not yet. */
export type CallUnderWay =
  | { readonly kind: 'alloc'; readonly sizeBytes: Bytes }
  | { readonly kind: 'realloc'; readonly address: Address; readonly sizeBytes: Bytes }
  | { readonly kind: 'free'; readonly address: Address };

export interface MallocOracleOptions {
  readonly underWay: readonly CallUnderWay[];
  readonly unitBytes: Bytes;
  /** Sizes of events are those of blocks, which must be equal: not only small enough. */
  readonly exactSizes?: boolean;
}

interface Difference {
  readonly text: string;
  /** In use, and the events have nothing there. */
  readonly unknown?: HeapBlock;
  /** Of the events' block that does not fit. */
  readonly address?: Address;
}

/**
 * Compares the blocks that the events say are alive with those that the allocator's own structures say are in use. Every
 * live pointer must lie in a used block that is large enough, and every used block must hold one. Each call under way explains
 * what it can have done, and nothing else: a block of its size, or the block that it was given.
 */
export function mallocOracle(
  walk: HeapWalk | HeapProblem,
  live: ReadonlyMap<Address, Bytes>,
  options: MallocOracleOptions,
): OracleResult {
  if ('problem' in walk) return { outcome: 'unavailable', detail: walk.problem, differences: [] };
  const all = differencesOf(walk, live, options.exactSizes ?? false);
  const differences = unexplained(all, options.underWay);
  const used = walk.blocks.filter((block) => block.used);
  const usedBytes = used.reduce((sum, { start, end }) => sum + end - start, 0);
  const explained = all.length - differences.length;
  const except =
    explained === 0
      ? ''
      : `, but for ${explained === 1 ? 'a block' : `${formatCount(explained)} blocks`} of calls under way`;
  return {
    outcome: differences.length === 0 ? 'matched' : 'differs',
    detail: `${walk.detail}${except}`,
    liveAllocations: used.length,
    liveBlocks: Math.round(usedBytes / options.unitBytes),
    differences: differences.slice(0, MAX_DIFFERENCES).map(({ text }) => text),
  };
}

function differencesOf(walk: HeapWalk, live: ReadonlyMap<Address, Bytes>, exactSizes: boolean): Difference[] {
  const pointers = [...live].sort(([a], [b]) => a - b);
  const differences: Difference[] = [];
  let next = 0;
  for (const block of walk.blocks) {
    const inside: (readonly [Address, Bytes])[] = [];
    for (; (pointers[next]?.[0] ?? Number.POSITIVE_INFINITY) < block.end; next++) {
      const pointer = pointers[next];
      if (!pointer) continue;
      const [address] = pointer;
      if (address >= block.start) inside.push(pointer);
      else
        differences.push({
          address,
          text: `${formatAddress(address)}: the events say alive, memory has no block there`,
        });
    }
    differences.push(...differencesIn(block, inside, exactSizes));
  }
  for (const [address] of pointers.slice(next)) {
    differences.push({ address, text: `${formatAddress(address)}: the events say alive, it lies behind the heap` });
  }
  return differences;
}

function differencesIn(
  block: HeapBlock,
  inside: readonly (readonly [Address, Bytes])[],
  exactSizes: boolean,
): Difference[] {
  const place = `block at ${formatAddress(block.start)} of ${formatCount(block.end - block.start)} bytes`;
  if (!block.used) {
    return inside.map(([address]) => ({
      address,
      text: `${formatAddress(address)}: the events say alive, memory says free (${place})`,
    }));
  }
  const [first, second] = inside;
  if (!first) return [{ unknown: block, text: `${place}: memory says in use, the events say free` }];
  if (second) {
    const both = `${formatAddress(first[0])} and ${formatAddress(second[0])}`;
    return [{ address: second[0], text: `${place}: the events have two blocks in it, ${both}` }];
  }
  const [address, sizeBytes] = first;
  // The header of a block may be of the block before (dlmalloc): compare with what can be used.
  if (exactSizes ? sizeBytes === block.usableBytes : sizeBytes <= block.usableBytes) return [];
  return [
    {
      address,
      text: `${formatAddress(address)}: the events say ${formatCount(sizeBytes)} bytes, memory has room for ${formatCount(block.usableBytes)}`,
    },
  ];
}

/** The differences that no call under way can have made. */
function unexplained(differences: readonly Difference[], underWay: readonly CallUnderWay[]): Difference[] {
  // A new block for each call that allocates, the smallest that fits: the larger ones may be another's.
  const wanted = underWay.flatMap((call) => (call.kind === 'free' ? [] : [call.sizeBytes])).sort((a, b) => b - a);
  const unknown = differences.flatMap(({ unknown: block }) => (block ? [block] : []));
  unknown.sort((a, b) => a.usableBytes - b.usableBytes);
  const made = new Set<HeapBlock>();
  for (const sizeBytes of wanted) {
    const block = unknown.find((it) => !made.has(it) && it.usableBytes >= sizeBytes);
    if (block) made.add(block);
  }
  return differences.filter(({ unknown: block, address }) => {
    if (block && made.has(block)) return false;
    return !underWay.some((call) => {
      if (call.kind === 'alloc') return false;
      if (call.kind === 'realloc') return call.address === address;
      return block !== undefined && call.address >= block.start && call.address < block.end;
    });
  });
}
