import { type Address, formatAddress } from '../../base/units.js';
import {
  type HeapBlock,
  type HeapPlaces,
  type HeapProblem,
  type HeapWalk,
  MemoryCopy,
  type ReadTarget,
  variableValue,
} from '../heap-walk.js';

const FREE = 1;
const PREVIOUS_FREE = 2;
const SMALLEST_BLOCK = 12;
/** Two bits of a control block's first-level bitmap, one list head: the least that can be in front of a pool. */
const SMALLEST_CONTROL = 32;
/** 30 first levels of 32 lists need under 5 KB. */
const LARGEST_CONTROL = 8 * 1024;
/** A chain that leads out of what was read needs more of it; memory that ends sooner gives less. */
const READ_BYTES = [65_536, 524_288, 4_194_304, 32_768, 16_384, 8192, 4096];

/**
 * TLSF with one pool behind its control block (tlsf_create_with_pool).
 *
 *   block: previous physical@0 (the last word of that block's bytes), size@4 with bit 0 for free and bit 1 for previous free, then
 *   the user's bytes, the next block's first word included; a block of size 0 ends the pool
 *
 * How long the control block is depends on how TLSF was configured. Instead of knowing it, the first place behind
 * the control block is taken from where the blocks form a chain that agrees with itself up to its end.
 */
export async function walkTlsf(read: ReadTarget, places: HeapPlaces): Promise<HeapWalk | HeapProblem> {
  const control = await variableValue(read, places.variables.control);
  if (control === undefined) return { problem: 'the variable that points to the control block is not in the ELF file' };
  const detail = `blocks of the pool behind ${places.variables.control?.label}`;
  if (control === 0) return { blocks: [], growthBytes: 0, detail };
  for (const length of READ_BYTES) {
    const copy = await MemoryCopy.of(read, control, control + length).catch(() => undefined);
    const blocks = copy && longestChain(copy, control);
    if (blocks)
      return { blocks, growthBytes: 0, detail: `${detail}, from ${formatAddress(blocks[0]?.start ?? control)}` };
  }
  return { problem: `no chain of blocks found behind the control block at ${formatAddress(control)}` };
}

/** The blocks of the pool behind a control block. Bitmaps of the control block can look like a short chain: the pool's is the longest. */
export function longestChain(copy: MemoryCopy, control: Address): HeapBlock[] | undefined {
  let best: HeapBlock[] | undefined;
  let bestBytes = 0;
  for (let offset = SMALLEST_CONTROL; offset < LARGEST_CONTROL; offset += 4) {
    const blocks = chainFrom(copy, control + offset - 4);
    const bytes = blocks ? (blocks.at(-1)?.end ?? 0) - (blocks[0]?.start ?? 0) : 0;
    if (bytes > bestBytes) {
      best = blocks;
      bestBytes = bytes;
    }
  }
  return best;
}

/** The blocks from a header on; undefined when they do not agree with each other. */
function chainFrom(copy: MemoryCopy, start: Address): HeapBlock[] | undefined {
  const blocks: HeapBlock[] = [];
  let previousIsFree = false;
  for (let at = start; ; ) {
    const word = copy.word(at + 4);
    if (word === undefined) return undefined;
    const size = (word & ~(FREE | PREVIOUS_FREE)) >>> 0;
    const isFree = (word & FREE) !== 0;
    if (((word & PREVIOUS_FREE) !== 0) !== previousIsFree || (previousIsFree && isFree)) return undefined;
    if (previousIsFree && copy.word(at) !== blocks.at(-1)?.start) return undefined;
    if (size === 0) return isFree || blocks.length === 0 ? undefined : blocks;
    if (size < SMALLEST_BLOCK || size % 4 !== 0) return undefined;
    const next = at + 4 + size;
    blocks.push({ start: at, pointer: at + 8, end: next, usableBytes: size, used: !isFree });
    previousIsFree = isFree;
    at = next;
  }
}
