import { type Address, type Bytes, formatAddress, formatCount } from '../base/units.js';
import type { OracleResult } from '../trace/heap-event.js';
import type { HeapBlock, HeapProblem, HeapWalk } from './heap-walk.js';

const MAX_DIFFERENCES = 20;

/**
 * Compares the blocks that the events say are alive with those that the allocator's own structures say are in use. Every
 * live pointer must lie in a used block that is large enough, and every used block must hold one.
 * `underWay` are calls that had begun and not returned: their blocks may be in either state.
 */
export function mallocOracle(
  walk: HeapWalk | HeapProblem,
  live: ReadonlyMap<Address, Bytes>,
  options: { readonly underWay: number; readonly unitBytes: Bytes },
): OracleResult {
  if ('problem' in walk) return { outcome: 'unavailable', detail: walk.problem, differences: [] };
  const pointers = [...live].sort(([a], [b]) => a - b);
  const differences: string[] = [];
  let used = 0;
  let usedBytes = 0;
  let next = 0;
  for (const block of walk.blocks) {
    const inside: (readonly [Address, Bytes])[] = [];
    for (; (pointers[next]?.[0] ?? Number.POSITIVE_INFINITY) < block.end; next++) {
      const pointer = pointers[next];
      if (pointer && pointer[0] >= block.start) inside.push(pointer);
      else if (pointer)
        differences.push(`${formatAddress(pointer[0])}: the events say alive, memory has no block there`);
    }
    if (block.used) {
      used++;
      usedBytes += block.end - block.start;
    }
    differences.push(...differencesOf(block, inside));
  }
  for (const [address] of pointers.slice(next)) {
    differences.push(`${formatAddress(address)}: the events say alive, it lies behind the heap`);
  }
  const explained = options.underWay > 0 && differences.length <= options.underWay;
  const except =
    options.underWay > 0
      ? `, but for ${options.underWay === 1 ? 'one call' : `${formatCount(options.underWay)} calls`} under way`
      : '';
  return {
    outcome: differences.length === 0 || explained ? 'matched' : 'differs',
    detail: `${walk.detail}${except}`,
    liveBlocks: used,
    liveUnits: Math.round(usedBytes / options.unitBytes),
    differences: explained ? [] : differences.slice(0, MAX_DIFFERENCES),
  };
}

function differencesOf(block: HeapBlock, inside: readonly (readonly [Address, Bytes])[]): string[] {
  const place = `block at ${formatAddress(block.start)} of ${formatCount(block.end - block.start)} bytes`;
  if (!block.used)
    return inside.map(([at]) => `${formatAddress(at)}: the events say alive, memory says free (${place})`);
  const [first, second] = inside;
  if (!first) return [`${place}: memory says in use, the events say free`];
  if (second)
    return [`${place}: the events have two blocks in it, ${formatAddress(first[0])} and ${formatAddress(second[0])}`];
  const [address, sizeBytes] = first;
  // The header of a block may be of the block before (dlmalloc): compare with what can be used.
  if (sizeBytes <= block.usableBytes) return [];
  return [
    `${formatAddress(address)}: the events say ${formatCount(sizeBytes)} bytes, memory has room for ${formatCount(block.usableBytes)}`,
  ];
}
