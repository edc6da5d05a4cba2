import { formatAddress } from '../../base/units.js';
import { isPlausible, readAllocTable, readArea } from '../gc-area.js';
import type { HeapBlock, HeapPlaces, HeapProblem, HeapWalk, ReadTarget } from '../heap-walk.js';

const BLOCK_BYTES = 16;

/** MicroPython's heap: runs of 16-byte blocks, told by the allocation table. */
export async function walkGc(read: ReadTarget, { gc }: HeapPlaces): Promise<HeapWalk | HeapProblem> {
  if (!gc) return { problem: 'the ELF file does not tell where the allocation table is (mp_state_ctx.mem.area)' };
  const area = await readArea({ readMemory: read }, gc);
  const detail = 'allocation table';
  if (!area || !isPlausible(area)) return { blocks: [], growthBytes: 0, detail };
  const table = await read(area.allocTableStart, area.allocTableBytes);
  const total = Math.floor((area.poolEnd - area.poolStart) / BLOCK_BYTES);
  const blocks: HeapBlock[] = [];
  let at = 0;
  const push = (first: number, count: number, used: boolean) => {
    if (count === 0) return;
    const start = area.poolStart + first * BLOCK_BYTES;
    const bytes = count * BLOCK_BYTES;
    blocks.push({ start, end: start + bytes, usableBytes: bytes, used });
  };
  for (const [first, count] of readAllocTable(table, total)) {
    push(at, first - at, false);
    push(first, count, true);
    at = first + count;
  }
  push(at, total - at, false);
  return { blocks, growthBytes: 0, detail: `${detail} at ${formatAddress(area.allocTableStart)}` };
}
