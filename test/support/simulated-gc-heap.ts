import type { GcVariables, TargetMemory } from '../../lib/allocators/gc-area.js';

const VARIABLES = 0x20000000;
const AREA_BYTES = 20;

interface Area {
  readonly table: number;
  readonly pool: number;
  readonly kinds: number[];
}

/** What was logged, with the truth that the log does not tell. */
export interface LoggedCall {
  readonly block: number;
  readonly length: number;
  readonly address: number;
  readonly kind: 'alloc' | 'realloc' | 'free';
}

/**
 * A block heap in several areas that logs as CircuitPython's does: an alloc and a free before the table is changed, a change of size after.
 * Each call gives what is logged and the memory as it is at that moment; the change itself is done when `finish` is called.
 */
export class SimulatedGcHeap implements TargetMemory {
  readonly variables: GcVariables = {
    allocTableStart: VARIABLES,
    allocTableByteLen: VARIABLES + 4,
    poolStart: VARIABLES + 8,
    poolEnd: VARIABLES + 12,
    chain: { firstArea: VARIABLES, next: VARIABLES + 16 },
  };
  /** Areas from this one on cannot be read. */
  unreadableFrom = Number.POSITIVE_INFINITY;
  private areas: Area[] = [];

  constructor(sizes: readonly number[]) {
    this.restart(sizes);
  }

  /** gc_init, and gc_add for the others. */
  restart(sizes: readonly number[]): void {
    this.areas = sizes.map((blocks, index) => ({
      table: 0x20001000 + index * 0x10000,
      pool: 0x20002000 + index * 0x10000,
      kinds: new Array<number>(blocks).fill(0),
    }));
  }

  /** The live blocks, by address. */
  get live(): { address: number; length: number }[] {
    return this.areas.flatMap((area) =>
      area.kinds.flatMap((kind, block) =>
        kind === 1 ? [{ address: area.pool + block * 16, length: lengthAt(area, block) }] : [],
      ),
    );
  }

  alloc(length: number, from: number): { logged: LoggedCall; finish: () => void } | undefined {
    for (let i = 0; i < this.areas.length; i++) {
      const area = this.areas[(from + i) % this.areas.length] as Area;
      const block = firstFit(area, length);
      if (block === undefined) continue;
      const finish = () => area.kinds.fill(2, block, block + length).fill(1, block, block + 1);
      return { logged: { block, length, address: area.pool + block * 16, kind: 'alloc' }, finish };
    }
    return undefined;
  }

  free(address: number): { logged: LoggedCall; finish: () => void } {
    const { area, block } = this.placeOf(address);
    const length = lengthAt(area, block);
    const finish = () => area.kinds.fill(0, block, block + length);
    return { logged: { block, length: 0, address, kind: 'free' }, finish };
  }

  /** In place; undefined when it cannot be. */
  resize(address: number, length: number): { logged: LoggedCall; finish: () => void } | undefined {
    const { area, block } = this.placeOf(address);
    const before = lengthAt(area, block);
    const grown = area.kinds.slice(block + before, block + length);
    if (length === before || block + length > area.kinds.length || grown.some((kind) => kind !== 0)) return undefined;
    area.kinds
      .fill(0, block, block + before)
      .fill(2, block, block + length)
      .fill(1, block, block + 1);
    return { logged: { block, length, address, kind: 'realloc' }, finish: () => undefined };
  }

  async readMemory(address: number, length: number): Promise<Uint8Array> {
    for (const [index, area] of this.areas.entries()) {
      const at = VARIABLES + index * 0x100;
      if (address >= at && address + length <= at + AREA_BYTES) {
        if (index >= this.unreadableFrom) throw new Error('no such memory');
        const next = index + 1 < this.areas.length ? at + 0x100 : 0;
        const words = [area.table, area.kinds.length / 4, area.pool, area.pool + area.kinds.length * 16, next];
        return new Uint8Array(Uint32Array.from(words).buffer).subarray(address - at, address - at + length);
      }
      if (address >= area.table && address + length <= area.table + area.kinds.length / 4) {
        return Uint8Array.from({ length }, (_, i) => byteOf(area, address - area.table + i));
      }
    }
    throw new Error(`nothing at ${address.toString(16)}`);
  }

  private placeOf(address: number): { area: Area; block: number } {
    const area = this.areas.find(({ pool, kinds }) => address >= pool && address < pool + kinds.length * 16) as Area;
    return { area, block: (address - area.pool) / 16 };
  }
}

function byteOf({ kinds }: Area, at: number): number {
  return [0, 1, 2, 3].reduce((byte, i) => byte | ((kinds[at * 4 + i] ?? 0) << (i * 2)), 0);
}

function lengthAt({ kinds }: Area, block: number): number {
  let length = 1;
  while (kinds[block + length] === 2) length++;
  return length;
}

function firstFit({ kinds }: Area, length: number): number | undefined {
  for (let block = 0; block + length <= kinds.length; block++) {
    if (kinds.slice(block, block + length).every((kind) => kind === 0)) return block;
  }
  return undefined;
}
