import { type Address, formatAddress, formatCount } from '../../base/units.js';
import {
  type HeapBlock,
  type HeapPlaces,
  type HeapProblem,
  type HeapVariable,
  type HeapWalk,
  MemoryCopy,
  type ReadTarget,
  rangeProblem,
  variableValue,
} from '../heap-walk.js';

/** A block is so many bytes, and larger ones are several in a row. */
const UNIT_BYTES = 8;
const HEADER_BYTES = 4;
const FREE = 0x8000;

/**
 * umm_malloc (the ESP8266's Arduino core): an array of units of 8 bytes, of which the first is the head of the list of free blocks.
 *
 *   block: next block's number@0 with bit 15 for free, the one's before@2, then the user's bytes; of a free one next and previous free@4
 *
 * The chain ends with the block whose next is 0: the last unit of the heap, or in older versions all that was never used.
 * `heap` is a variable that begins with the heap's address: alone, or with its end or its size behind it.
 */
export async function walkUmm(read: ReadTarget, { variables }: HeapPlaces): Promise<HeapWalk | HeapProblem> {
  const { heap, units } = variables;
  const start = await variableValue(read, heap);
  if (!heap || start === undefined)
    return { problem: 'the variable that tells where the heap lies is not in the ELF file' };
  const detail = `blocks of the heap of ${heap.label}`;
  if (start === 0) return { blocks: [], growthBytes: 0, detail };
  const count = await unitsOf(read, { start, heap, units });
  const end = start + count * UNIT_BYTES;
  const problem = rangeProblem(start, end);
  if (problem || count === 0) return { problem: problem ?? 'the heap has no end' };
  const copy = await MemoryCopy.of(read, start, end);
  const blocks: HeapBlock[] = [];
  for (let at = 0; ; ) {
    const link = copy.word(start + at * UNIT_BYTES) ?? 0;
    const next = link & (FREE - 1);
    const isLast = next === 0;
    const address = start + at * UNIT_BYTES;
    const back = isLast ? at : ((copy.word(start + next * UNIT_BYTES) ?? 0) >>> 16) & (FREE - 1);
    if (!isLast && (next <= at || next >= count || back !== at)) {
      return { problem: `the block at ${formatAddress(address)} says that unit ${formatCount(next)} follows it` };
    }
    // Of what was never used, a block must leave one unit for the end of the chain.
    const unitsHere = isLast ? count - at - 1 : next - at;
    if (at > 0 && unitsHere > 0) blocks.push(blockOf(address, unitsHere, !isLast && (link & FREE) === 0));
    if (isLast) break;
    at = next;
  }
  return { blocks, growthBytes: 0, detail: `${detail}, ${formatAddress(start)} to ${formatAddress(end)}` };
}

function blockOf(start: Address, units: number, used: boolean): HeapBlock {
  const end = start + units * UNIT_BYTES;
  return { start, pointer: start + HEADER_BYTES, end, usableBytes: units * UNIT_BYTES - HEADER_BYTES, used };
}

/** How many units the heap has: as a number of its own, else by its end or its size, which stands behind its address. */
async function unitsOf(
  read: ReadTarget,
  { start, heap, units }: { start: Address; heap: HeapVariable; units: HeapVariable | undefined },
): Promise<number> {
  if (units) return ((await variableValue(read, units)) ?? 0) & 0xffff;
  const behind = (await MemoryCopy.of(read, heap.address + 4, heap.address + 8)).word(heap.address + 4) ?? 0;
  return Math.floor(Math.max(0, behind > start ? behind - start : behind) / UNIT_BYTES);
}
