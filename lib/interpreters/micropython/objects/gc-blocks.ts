import { blocksOf, GC_BLOCK, type GcArea, isMarked, readAllocTable, readGcHeap } from '../../../allocators/gc-area.js';
import { type MemoryPiece, MemoryPieces } from '../../../allocators/memory-pieces.js';
import { type Address, type Blocks, type Bytes, formatAddress } from '../../../base/units.js';
import { type ReadScriptMemory, wordAt } from '../script/script-memory.js';
import type { ObjectLayout } from './object-layout.js';

/** Larger heaps are not read: 64 MiB. */
const MAX_BLOCKS: Blocks = 1 << 22;
/** Free blocks between two used ones are read along rather than asked for apart. */
const MAX_FREE_BETWEEN: Bytes = 1024;
const PIECE_BYTES = 16 * 1024;

interface Area extends GcArea {
  readonly blocks: Blocks;
  /** By block: the number of the allocation that begins there, and 0 for none; counted from 1. */
  readonly numbers: Int32Array;
  /** CircuitPython's, one bit a block; a block without its bit is not looked into. */
  readonly collect: Uint8Array | undefined;
}

/** The allocations of a collected heap in order of address, with what they hold. */
export interface GcBlocks {
  readonly address: readonly Address[];
  readonly sizeBytes: readonly Bytes[];
  /** By block: the collector has marked it, because it was at work. */
  readonly marked: readonly boolean[];
  readonly memory: MemoryPieces;
  /** The number of the allocation that a pointer names, as the collector takes pointers; -1 for none. */
  blockOf(pointer: number): number;
  /** Whether the collector looks into a block. */
  isScanned(block: number): boolean;
  /** What could not be read. */
  readonly doubts: readonly string[];
}

/** Reads the tables and the used blocks of all areas. @throws what `target` throws */
export async function readGcBlocks(
  target: ReadScriptMemory,
  layout: ObjectLayout,
): Promise<GcBlocks | { readonly problem: string }> {
  const memory = {
    readMemory: async (address: Address, length: Bytes) => {
      const bytes = await target(address, length);
      if (bytes?.length !== length) throw new RangeError(`${length} bytes at ${formatAddress(address)} cannot be read`);
      return bytes;
    },
  };
  const heap = await readGcHeap(memory, layout.heap).catch((error: unknown) => {
    if (error instanceof RangeError) return undefined;
    throw error;
  });
  if (!heap) return { problem: "the heap's variables (mp_state_ctx.mem) could not be read" };
  if (heap.areas.length === 0) return { problem: 'the heap was not made yet' };
  const areas = [...heap.areas].sort((a, b) => a.poolStart - b.poolStart);
  const overlap = areas.find((area, index) => index > 0 && area.poolStart < (areas[index - 1]?.poolEnd ?? 0));
  if (overlap) return { problem: `the area at ${formatAddress(overlap.poolStart)} overlaps another` };
  const reader = new BlocksReader(target, layout);
  for (const area of areas) await reader.add(area);
  return reader.finish(heap.unseen);
}

class BlocksReader {
  private readonly address: Address[] = [];
  private readonly sizeBytes: Bytes[] = [];
  private readonly marked: boolean[] = [];
  private readonly pieces: MemoryPiece[] = [];
  private readonly areas: Area[] = [];
  private readonly doubts: string[] = [];
  private total: Blocks = 0;

  constructor(
    private readonly target: ReadScriptMemory,
    private readonly layout: ObjectLayout,
  ) {}

  async add(area: GcArea): Promise<void> {
    const blocks = blocksOf(area);
    this.total += blocks;
    const where = `the area at ${formatAddress(area.poolStart)}`;
    if (this.total > MAX_BLOCKS) return void this.doubts.push(`${where} is too large to be read`);
    const table = await this.target(area.allocTableStart, Math.ceil(blocks / 4));
    if (!table) return void this.doubts.push(`the table of ${where} could not be read`);
    const numbers = new Int32Array(blocks);
    const found = [...readAllocTable(table, blocks)];
    for (const [block, count] of found) {
      this.address.push(area.poolStart + block * GC_BLOCK);
      this.sizeBytes.push(count * GC_BLOCK);
      this.marked.push(isMarked(table, block));
      numbers[block] = this.address.length;
    }
    this.areas.push({ ...area, blocks, numbers, collect: await this.collectTable(blocks) });
    await this.readRuns(area, found);
  }

  finish(unseen: string | undefined): GcBlocks {
    const { address, sizeBytes, marked, areas } = this;
    const areaOf = (pointer: number) => areas.find((area) => pointer >= area.poolStart && pointer < area.poolEnd);
    return {
      address,
      sizeBytes,
      marked,
      memory: new MemoryPieces(this.pieces),
      blockOf: (pointer) => {
        if (pointer % GC_BLOCK !== 0) return -1;
        const area = areaOf(pointer);
        return area === undefined ? -1 : (area.numbers[(pointer - area.poolStart) / GC_BLOCK] ?? 0) - 1;
      },
      isScanned: (block) => {
        const at = address[block] ?? 0;
        const area = areaOf(at);
        if (!area?.collect) return true;
        const number = (at - area.poolStart) / GC_BLOCK;
        return (((area.collect[number >> 3] ?? 0) >> (number & 7)) & 1) === 1;
      },
      doubts: [...this.doubts, ...(unseen === undefined ? [] : [unseen])],
    };
  }

  /** Of the first area only: where there are several, the firmware has none. */
  private async collectTable(blocks: Blocks): Promise<Uint8Array | undefined> {
    const { collectTable } = this.layout;
    if (collectTable === undefined || this.areas.length > 0) return undefined;
    const pointer = await this.target(collectTable, 4);
    const start = pointer ? wordAt(pointer, 0) : 0;
    return start === 0 ? undefined : await this.target(start, Math.ceil(blocks / 8));
  }

  private async readRuns({ poolStart }: GcArea, found: readonly (readonly [Blocks, Blocks])[]): Promise<void> {
    let from = 0;
    let to = 0;
    for (const [block, count] of found) {
      const start = block * GC_BLOCK;
      if (start - to > MAX_FREE_BETWEEN) {
        await this.readRun(poolStart + from, to - from);
        from = start;
      }
      to = start + count * GC_BLOCK;
    }
    await this.readRun(poolStart + from, to - from);
  }

  private async readRun(address: Address, length: Bytes): Promise<void> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += PIECE_BYTES) {
      const size = Math.min(PIECE_BYTES, length - at);
      const piece = await this.target(address + at, size);
      if (piece?.length !== size) {
        this.doubts.push(`${size} bytes of the heap at ${formatAddress(address + at)} could not be read`);
        continue;
      }
      bytes.set(piece, at);
    }
    this.pieces.push({ address, bytes });
  }
}
