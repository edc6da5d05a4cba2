import { formatAddress } from '../../base/units.js';
import { blocksOf, GC_BLOCK, readAllocTable, readGcHeap } from '../gc-area.js';
import type { HeapBlock, HeapPlaces, HeapProblem, HeapWalk, ReadTarget } from '../heap-walk.js';

/** MicroPython's heap: runs of 16-byte blocks in one or several areas, told by their allocation tables. */
export async function walkGc(read: ReadTarget, { gc }: HeapPlaces): Promise<HeapWalk | HeapProblem> {
  const heap = await readGcHeap({ readMemory: read }, gc);
  if (!heap) return { problem: 'the ELF file does not tell where the allocation table is (mp_state_ctx.mem.area)' };
  if (heap.unseen !== undefined) return { problem: heap.unseen };
  const blocks: HeapBlock[] = [];
  for (const area of heap.areas) {
    const table = await read(area.allocTableStart, area.allocTableBytes);
    const total = blocksOf(area);
    let at = 0;
    const push = (first: number, count: number, used: boolean) => {
      if (count === 0) return;
      const start = area.poolStart + first * GC_BLOCK;
      const bytes = count * GC_BLOCK;
      blocks.push({ start, pointer: start, end: start + bytes, usableBytes: bytes, used });
    };
    for (const [first, count] of readAllocTable(table, total)) {
      push(at, first - at, false);
      push(first, count, true);
      at = first + count;
    }
    push(at, total - at, false);
  }
  blocks.sort((a, b) => a.start - b.start);
  const [first] = heap.areas;
  if (!first) return { blocks, growthBytes: 0, detail: 'allocation table' };
  const where = formatAddress(first.allocTableStart);
  const detail =
    heap.areas.length === 1
      ? `allocation table at ${where}`
      : `allocation tables of ${heap.areas.length} areas, the first at ${where}`;
  return { blocks, growthBytes: 0, detail };
}
