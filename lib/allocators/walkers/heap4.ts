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

const HEADER_BYTES = 8;
const ALLOCATED = 0x80000000;

/**
 * FreeRTOS heap_4: blocks in a row from the start of ucHeap to pxEnd.
 *
 *   block: next free@0, size@4 with bit 31 for allocated, then the user's bytes
 */
export async function walkHeap4(read: ReadTarget, { variables }: HeapPlaces): Promise<HeapWalk | HeapProblem> {
  const { array } = variables;
  const end = await variableValue(read, variables.end);
  if (!array || end === undefined) return { problem: 'ucHeap or pxEnd is not in the ELF file' };
  const start = Math.ceil(array.address / 8) * 8;
  const detail = `blocks of ${array.label}`;
  // The list is made at the first allocation.
  if (end === 0) return { blocks: [], growthBytes: 0, detail };
  const problem = rangeProblem(start, end);
  if (problem) return { problem };
  const copy = await MemoryCopy.of(read, start, end);
  const blocks: HeapBlock[] = [];
  for (let at: Address = start; at < end; ) {
    const word = copy.word(at + 4) ?? 0;
    const size = (word & ~ALLOCATED) >>> 0;
    const next = at + size;
    if (size < HEADER_BYTES || next > end) {
      return { problem: `the block at ${formatAddress(at)} says that it has ${formatCount(size)} bytes` };
    }
    blocks.push({
      start: at,
      pointer: at + HEADER_BYTES,
      end: next,
      usableBytes: size - HEADER_BYTES,
      used: (word & ALLOCATED) !== 0,
    });
    at = next;
  }
  return { blocks, growthBytes: 0, detail: `${detail}, ${formatAddress(start)} to ${formatAddress(end)}` };
}
