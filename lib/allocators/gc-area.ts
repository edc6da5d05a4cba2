import { type Address, type Blocks, type Bytes, formatAddress } from '../base/units.js';
import { errorMessage } from '../errors/errors.js';
import { gcRegion } from '../trace/gc-log.js';
import type { HeapRegion } from '../trace/heap-event.js';

/**
 * Where the variables of a MicroPython-style block heap lie in target memory (the addresses of the pointers, not their values).
 * `mp_state_ctx.mem.area` of the firmware's debug information.
 */
export interface GcVariables {
  readonly allocTableStart: Address;
  readonly allocTableByteLen: Address;
  readonly poolStart: Address;
  readonly poolEnd: Address;
  /** Of a firmware whose heap can have several areas (MICROPY_GC_SPLIT_HEAP); absent where it has no such field. */
  readonly chain?: {
    /** The structure of the first area; those of the others have the same layout. */
    readonly firstArea: Address;
    /** Its pointer to the next one. */
    readonly next: Address;
  };
}

/** Where an area of the heap lies: the values of its variables at one moment. */
export interface GcArea {
  readonly allocTableStart: Address;
  readonly allocTableBytes: Bytes;
  readonly poolStart: Address;
  readonly poolEnd: Address;
}

/** A block heap at one moment: its areas, in the firmware's order. No area for a heap that was not made yet. */
export interface GcHeap {
  readonly areas: readonly GcArea[];
  /** What of the heap could not be seen, and why: `area 2 at 0x20001000: ...`. Absent when all was. */
  readonly unseen?: string;
}

export const GC_BLOCK: Bytes = 16;

const MAX_TABLE_BYTES = 1 << 24;
/** More areas than any port makes: a chain that goes on is damaged. */
const MAX_AREAS = 64;
const HEAD = 1;
const TAIL = 2;
const MARKED = 3;

/** Whether the values can be those of a heap: a firmware that did not run gc_init yet has zeros there. */
function isPlausible({ allocTableStart, allocTableBytes, poolStart, poolEnd }: GcArea): boolean {
  return allocTableStart > 0 && allocTableBytes > 0 && allocTableBytes <= MAX_TABLE_BYTES && poolEnd > poolStart;
}

/** How many blocks an area has. */
export function blocksOf({ allocTableBytes, poolStart, poolEnd }: GcArea): Blocks {
  return Math.min(allocTableBytes * 4, Math.floor((poolEnd - poolStart) / GC_BLOCK));
}

/** The areas as the regions of a trace: `gc`, `gc 2`, ... */
export function gcRegions(areas: readonly GcArea[]): HeapRegion[] {
  return areas.map(({ poolStart, poolEnd }, index) => {
    const region = gcRegion(GC_BLOCK, poolStart, poolEnd);
    return index === 0 ? region : { ...region, name: `gc ${index + 1}` };
  });
}

export function sameArea(a: GcArea, b: GcArea): boolean {
  return (
    a.allocTableStart === b.allocTableStart &&
    a.allocTableBytes === b.allocTableBytes &&
    a.poolStart === b.poolStart &&
    a.poolEnd === b.poolEnd
  );
}

/** What a MicroPython allocation table says of a block. Two bits a block, lowest first: 0 free, 1 head, 2 tail, 3 marked head (py/gc.c). */
function kindOf(table: Uint8Array, block: Blocks): number {
  return ((table[block >> 2] ?? 0) >> ((block & 3) * 2)) & 3;
}

/** Whether the collector has marked the allocation that begins with a block. */
export function isMarked(table: Uint8Array, block: Blocks): boolean {
  return kindOf(table, block) === MARKED;
}

/** The allocations of a MicroPython allocation table: first block by count of blocks. */
export function readAllocTable(table: Uint8Array, blocks: Blocks): Map<Blocks, Blocks> {
  const found = new Map<Blocks, Blocks>();
  let head = -1;
  for (let block = 0; block < Math.min(blocks, table.length * 4); block++) {
    const kind = kindOf(table, block);
    if (kind === HEAD || kind === MARKED) {
      head = block;
      found.set(block, 1);
    } else if (kind === TAIL && head >= 0) {
      found.set(head, block - head + 1);
    } else {
      head = -1;
    }
  }
  return found;
}

/** What can read exactly so many bytes of a halted target. */
export interface TargetMemory {
  readMemory(address: Address, length: Bytes): Promise<Uint8Array>;
}

/** All areas of the heap as the firmware keeps them. Undefined when the variables are unknown. Read errors of the first area are thrown. */
export async function readGcHeap(
  memory: TargetMemory,
  variables: GcVariables | undefined,
): Promise<GcHeap | undefined> {
  if (!variables) return undefined;
  const { chain } = variables;
  const first = await readArea(memory, variables, 0);
  if (!isPlausible(first.area)) return { areas: [] };
  const areas = [first.area];
  if (!chain) return { areas };
  const seen = new Set([chain.firstArea]);
  for (let at = first.next; at !== 0; ) {
    const where = `area ${areas.length + 1} at ${formatAddress(at)}`;
    if (seen.has(at) || seen.size >= MAX_AREAS) return { areas, unseen: `${where}: the chain of areas does not end` };
    seen.add(at);
    let found: ReadArea;
    try {
      found = await readArea(memory, variables, at - chain.firstArea);
    } catch (error) {
      return { areas, unseen: `${where} could not be read: ${errorMessage(error)}` };
    }
    if (!isPlausible(found.area)) return { areas, unseen: `${where} holds no heap` };
    areas.push(found.area);
    at = found.next;
  }
  return { areas };
}

interface ReadArea {
  readonly area: GcArea;
  /** 0 for the last one. */
  readonly next: Address;
}

/** The memory that the first area's variables span: what tells a restart, and whether there are more areas. */
export function firstAreaRange({ allocTableStart, allocTableByteLen, poolStart, poolEnd, chain }: GcVariables): {
  readonly address: Address;
  readonly length: Bytes;
} {
  const all = [allocTableStart, allocTableByteLen, poolStart, poolEnd, ...(chain ? [chain.next] : [])];
  const address = Math.min(...all);
  return { address, length: Math.max(...all) + 4 - address };
}

/** One area's structure, `offset` bytes behind the first one's, in one read. */
async function readArea(memory: TargetMemory, variables: GcVariables, offset: number): Promise<ReadArea> {
  const range = firstAreaRange(variables);
  return parseArea(await memory.readMemory((range.address + offset) >>> 0, range.length), variables);
}

/** The first area and the place of the next one (0 for none), from a copy of {@link firstAreaRange}. */
export function parseArea(bytes: Uint8Array, variables: GcVariables): ReadArea {
  const { allocTableStart, allocTableByteLen, poolStart, poolEnd, chain } = variables;
  const { address } = firstAreaRange(variables);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: Address) => view.getUint32(at - address, true);
  return {
    area: {
      allocTableStart: word(allocTableStart),
      allocTableBytes: word(allocTableByteLen),
      poolStart: word(poolStart),
      poolEnd: word(poolEnd),
    },
    next: chain ? word(chain.next) : 0,
  };
}

/** The allocations of all areas, address by count of blocks. */
export async function readAllocations(memory: TargetMemory, areas: readonly GcArea[]): Promise<Map<Address, Blocks>> {
  const found = new Map<Address, Blocks>();
  for (const area of areas) {
    const table = await memory.readMemory(area.allocTableStart, area.allocTableBytes);
    for (const [block, count] of readAllocTable(table, blocksOf(area))) {
      found.set(area.poolStart + block * GC_BLOCK, count);
    }
  }
  return found;
}
