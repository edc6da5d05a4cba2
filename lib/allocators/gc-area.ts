import type { Address, Blocks, Bytes } from '../base/units.js';

/**
 * Where the variables of a MicroPython-style block heap lie in target memory (the addresses of the pointers, not their values).
 * `mp_state_ctx.mem.area` of the firmware's debug information.
 */
export interface GcVariables {
  readonly allocTableStart: Address;
  readonly allocTableByteLen: Address;
  readonly poolStart: Address;
  readonly poolEnd: Address;
  /** Pointer to the next heap area (split heap); absent where the firmware has no such field. */
  readonly nextArea?: Address;
}

/** Where the heap lies: the values of the variables, as they were when its epoch began. */
export interface GcArea {
  readonly allocTableStart: Address;
  readonly allocTableBytes: Bytes;
  readonly poolStart: Address;
  readonly poolEnd: Address;
}

const MAX_TABLE_BYTES = 1 << 24;
const HEAD = 1;
const TAIL = 2;
const MARKED = 3;

/** Whether the values can be those of a heap: a firmware that did not run gc_init yet has zeros there. */
export function isPlausible({ allocTableStart, allocTableBytes, poolStart, poolEnd }: GcArea): boolean {
  return allocTableStart > 0 && allocTableBytes > 0 && allocTableBytes <= MAX_TABLE_BYTES && poolEnd > poolStart;
}

/**
 * The allocations of a MicroPython allocation table: first block by count of blocks. Two bits a block, lowest first:
 * 0 free, 1 head, 2 tail, 3 marked head (py/gc.c).
 */
export function readAllocTable(table: Uint8Array, blocks: Blocks): Map<Blocks, Blocks> {
  const found = new Map<Blocks, Blocks>();
  let head = -1;
  for (let block = 0; block < Math.min(blocks, table.length * 4); block++) {
    const kind = ((table[block >> 2] ?? 0) >> ((block & 3) * 2)) & 3;
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

/** The values of the heap's variables; undefined when they are unknown or not set yet. */
export async function readArea(memory: TargetMemory, variables: GcVariables | undefined): Promise<GcArea | undefined> {
  if (!variables) return undefined;
  const word = async (address: number) => {
    const bytes = await memory.readMemory(address, 4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  };
  const area = {
    allocTableStart: await word(variables.allocTableStart),
    allocTableBytes: await word(variables.allocTableByteLen),
    poolStart: await word(variables.poolStart),
    poolEnd: await word(variables.poolEnd),
  };
  return isPlausible(area) ? area : undefined;
}
