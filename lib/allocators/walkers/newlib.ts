import { type Address, formatAddress, formatCount } from '../../base/units.js';
import {
  type HeapBlock,
  type HeapPlaces,
  type HeapProblem,
  type HeapWalk,
  MemoryCopy,
  type ReadTarget,
  rangeProblem,
  variableValue,
} from '../heap-walk.js';

const NOT_USED_YET = 0xffffffff;
/** The word of __malloc_av_ that points to the topmost chunk (bin 0's fd). */
const TOP_OFFSET = 8;
const PREVIOUS_IN_USE = 1;
const SMALLEST_CHUNK = 16;

/**
 * newlib's full malloc (dlmalloc 2.6): chunks from __malloc_sbrk_base to the end of the top chunk.
 *
 *   chunk: previous size@0 (only when that one is free), size | PREV_INUSE@4, then the user's bytes, 4 of the next chunk included
 */
export async function walkNewlib(read: ReadTarget, { variables, limit }: HeapPlaces): Promise<HeapWalk | HeapProblem> {
  const base = await variableValue(read, variables.base);
  const { bins } = variables;
  if (base === undefined || !bins) return { problem: '__malloc_sbrk_base or __malloc_av_ is not in the ELF file' };
  const detail = `chunks from __malloc_sbrk_base`;
  if (base === NOT_USED_YET) return { blocks: [], growthBytes: undefined, detail };
  const top = (await variableValue(read, { ...bins, address: bins.address + TOP_OFFSET })) ?? 0;
  // The user's bytes are aligned to 8, and chunks with them.
  const first = Math.ceil(base / 8) * 8;
  const problem = rangeProblem(first, top);
  if (problem) return { problem };
  const copy = await MemoryCopy.of(read, first, top + 8);
  const blocks: HeapBlock[] = [];
  let at: Address = first;
  while (at < top) {
    const size = sizeAt(copy, at);
    const next = at + size;
    if (size < SMALLEST_CHUNK || next > top) {
      return { problem: `the chunk at ${formatAddress(at)} says that it has ${formatCount(size)} bytes` };
    }
    const used = ((copy.word(next + 4) ?? 0) & PREVIOUS_IN_USE) !== 0;
    blocks.push({ start: at, pointer: at + 8, end: next, usableBytes: size - 4, used });
    at = next;
  }
  const topSize = sizeAt(copy, top);
  const end = top + topSize;
  blocks.push({
    start: top,
    pointer: top + 8,
    end,
    usableBytes: Math.max(0, topSize - 4 - SMALLEST_CHUNK),
    used: false,
  });
  const growthBytes = limit === undefined ? undefined : Math.max(0, limit - end);
  return { blocks, growthBytes, detail: `${detail}, ${formatAddress(first)} to ${formatAddress(end)}` };
}

function sizeAt(copy: MemoryCopy, at: Address): number {
  return ((copy.word(at + 4) ?? 0) & ~7) >>> 0;
}
