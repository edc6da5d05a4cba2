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

const MAX_CHUNKS = 1_000_000;

/**
 * newlib-nano's malloc and picolibc's: chunks in a row, each with its size in its first word; the free ones are those of a
 * list in order of address.
 *
 *   chunk: size@0, then the user's bytes; in a free chunk next@4
 */
export async function walkSizedChunks(
  read: ReadTarget,
  { variables, limit }: HeapPlaces,
): Promise<HeapWalk | HeapProblem> {
  const start = await variableValue(read, variables.start);
  const list = await variableValue(read, variables.freeList);
  if (start === undefined || list === undefined) {
    return { problem: '__malloc_sbrk_start or __malloc_free_list is not in the ELF file' };
  }
  const detail = 'chunks from __malloc_sbrk_start';
  if (start === 0) return { blocks: [], growthBytes: undefined, detail };
  const end = await variableValue(read, variables.break);
  if (end === undefined)
    return { problem: 'the variable of _sbrk that holds the end of the heap is not known by name' };
  const problem = rangeProblem(start, end);
  if (problem) return { problem };
  const copy = await MemoryCopy.of(read, start, end);
  const free = freeChunks(copy, list);
  if ('problem' in free) return free;
  const blocks = chunksOf(copy, free);
  if ('problem' in blocks) return blocks;
  const growthBytes = limit === undefined ? undefined : Math.max(0, limit - end);
  return { blocks, growthBytes, detail: `${detail}, ${formatAddress(start)} to ${formatAddress(end)}` };
}

function freeChunks(copy: MemoryCopy, list: Address): Set<Address> | HeapProblem {
  const free = new Set<Address>();
  for (let at = list; at !== 0; ) {
    const next = copy.word(at + 4);
    if (next === undefined || free.has(at) || free.size > MAX_CHUNKS) {
      return { problem: `the free list leads to ${formatAddress(at)}, which is not in the heap` };
    }
    free.add(at);
    at = next;
  }
  return free;
}

function chunksOf(copy: MemoryCopy, free: ReadonlySet<Address>): HeapBlock[] | HeapProblem {
  const blocks: HeapBlock[] = [];
  let seen = 0;
  for (let at = copy.start; at + 4 < copy.end; ) {
    const size = copy.word(at) ?? 0;
    const next = at + size;
    if (size < 8 || size % 4 !== 0 || next > copy.end) {
      return { problem: `the chunk at ${formatAddress(at)} says that it has ${formatCount(size)} bytes` };
    }
    const used = !free.has(at);
    if (!used) seen++;
    // The user's bytes are aligned to 8, whatever the chunk is.
    blocks.push({
      start: at,
      pointer: Math.ceil((at + 4) / 8) * 8,
      end: next,
      usableBytes: size - (used ? 4 : 8),
      used,
    });
    at = next;
  }
  if (seen < free.size) return { problem: `${free.size - seen} entries of the free list are no chunks` };
  return blocks;
}
