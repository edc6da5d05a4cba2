import { blocksOf, GC_BLOCK, type GcArea, type TargetMemory } from '../../allocators/gc-area.js';
import type { Blocks } from '../../base/units.js';
import type { GcLive } from '../../trace/gc-log.js';

const FREE = 0;
const HEAD = 1;
const TAIL = 2;
const MARKED = 3;

interface Change {
  readonly block: Blocks;
  readonly length: Blocks;
}

/** Some entries of an allocation table, from `first` on. */
class TableEntries {
  constructor(
    private readonly bytes: Uint8Array,
    private readonly firstByte: number,
  ) {}

  static async read(memory: TargetMemory, area: GcArea, { block, length }: Change): Promise<TableEntries> {
    const firstByte = block >> 2;
    // One more than the blocks: whether the next one is a tail tells where the allocation ends.
    const lastByte = Math.min(area.allocTableBytes - 1, (block + length) >> 2);
    const bytes = await memory.readMemory(area.allocTableStart + firstByte, lastByte + 1 - firstByte);
    return new TableEntries(bytes, firstByte);
  }

  kind(block: Blocks): number {
    return ((this.bytes[(block >> 2) - this.firstByte] ?? 0) >> ((block & 3) * 2)) & 3;
  }

  isHead(block: Blocks): boolean {
    const kind = this.kind(block);
    return kind === HEAD || kind === MARKED;
  }

  /** How many blocks the allocation has that begins here, at most `limit` and one; 0 when none does. */
  run(block: Blocks, limit: Blocks): Blocks {
    if (!this.isHead(block)) return 0;
    let length = 1;
    while (length <= limit && this.kind(block + length) === TAIL) length++;
    return length;
  }

  isFree(block: Blocks, length: Blocks): boolean {
    for (let i = 0; i < length; i++) if (this.kind(block + i) !== FREE) return false;
    return true;
  }
}

/** How many blocks the table says the allocation at a block has, counted up to `length` and one; 0 when there is none. */
export async function tableRun(area: GcArea, change: Change, memory: TargetMemory): Promise<Blocks> {
  return (await TableEntries.read(memory, area, change)).run(change.block, change.length);
}

/**
 * The areas of a split heap in which a change that is being logged can be, by what their tables and the events so far say: one nearly
 * always, none when nothing fits.
 */
export async function chooseArea(
  { change, areas, live }: { readonly change: Change; readonly areas: readonly GcArea[]; readonly live: GcLive },
  memory: TargetMemory,
): Promise<readonly GcArea[]> {
  const { block, length } = change;
  const possible: { area: GcArea; entries: TableEntries }[] = [];
  for (const area of areas) {
    if (block + length <= blocksOf(area) && block < blocksOf(area)) {
      possible.push({ area, entries: await TableEntries.read(memory, area, change) });
    }
  }
  const known = (area: GcArea) => live.blocks.get(area.poolStart + block * GC_BLOCK);
  const only = (fits: (at: { area: GcArea; entries: TableEntries }) => boolean) =>
    possible.filter(fits).map((at) => at.area);
  if (length > 0) {
    // A change of size is logged when it is done: the table has a length that the events do not.
    const resized = only(({ area, entries }) => {
      const before = known(area);
      return before !== undefined && before !== length && entries.run(block, length) === length;
    });
    if (resized.length === 1) return resized;
    return only(({ entries }) => entries.isFree(block, length));
  }
  const heads = only(({ area, entries }) => entries.isHead(block) && known(area) !== undefined);
  if (heads.length <= 1) return heads.length === 1 ? heads : only(({ entries }) => entries.isHead(block));
  // While a collection sweeps, what it keeps is marked.
  const unmarked = only(({ area, entries }) => entries.kind(block) === HEAD && known(area) !== undefined);
  return unmarked.length > 0 ? unmarked : heads;
}

/** The area in which a change has been made since it was logged; undefined when that is not to be told. */
export async function settleArea(
  change: Change,
  areas: readonly GcArea[],
  memory: TargetMemory,
): Promise<GcArea | undefined> {
  const changed: GcArea[] = [];
  for (const area of areas) {
    const entries = await TableEntries.read(memory, area, { block: change.block, length: 0 });
    if (entries.isHead(change.block) === change.length > 0) changed.push(area);
  }
  return changed.length === 1 ? changed[0] : undefined;
}
