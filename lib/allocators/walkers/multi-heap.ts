import { type Address, type Bytes, formatAddress, formatCount } from '../../base/units.js';
import {
  type HeapBlock,
  type HeapPlaces,
  type HeapProblem,
  type HeapWalk,
  MemoryCopy,
  type ReadTarget,
  rangeProblem,
  variableValue,
  type WalkedRegion,
} from '../heap-walk.js';
import { longestChain } from './tlsf.js';

/*
 * ESP-IDF's heaps: a list of regions of memory, each with a TLSF pool of its own (components/heap, ESP-IDF 4.3 and later).
 *
 *   registered_heaps   the first region
 *   region (heap_t)    caps[3], start, end, lock of two words, heap, next: by the debug information where it tells them
 *   heap, in front of the region's memory: lock@0, free bytes@4, fewest free bytes@8, pool bytes@12, TLSF's control block@16
 */
const LAYOUT = { caps: 0, start: 12, end: 16, heap: 28, next: 32 };
export type RegionField = keyof typeof LAYOUT;
/** The type of a region, and its fields as the debug information calls them. */
export const REGION_TYPE = 'heap_t_';
export const REGION_FIELDS = Object.keys(LAYOUT) as readonly RegionField[];

const CONTROL_OFFSET = 16;
const MAX_REGIONS = 64;
/** Behind the last block: the word that ends the pool, and what was lost by rounding. */
const MAX_END_BYTES: Bytes = 16;

/** MALLOC_CAP_ bits (esp_heap_caps.h). */
const CAPABILITIES: readonly (readonly [bit: number, name: string])[] = [
  [0, 'EXEC'],
  [1, '32BIT'],
  [2, '8BIT'],
  [3, 'DMA'],
  [10, 'SPIRAM'],
  [11, 'INTERNAL'],
  [12, 'DEFAULT'],
  [13, 'IRAM_8BIT'],
  [14, 'RETENTION'],
  [15, 'RTCRAM'],
  [16, 'TCM'],
];
/** What malloc asks for: other regions are of no use to it. */
const DEFAULT_BIT = 1 << 12;

interface Region {
  readonly node: Address;
  readonly start: Address;
  readonly end: Address;
  readonly heap: Address;
  readonly caps: number;
}

/** All heaps of the list, in order of address. */
export async function walkMultiHeap(read: ReadTarget, places: HeapPlaces): Promise<HeapWalk | HeapProblem> {
  const first = await variableValue(read, places.variables.heaps);
  if (first === undefined) return { problem: 'registered_heaps is not in the ELF file' };
  const list = await readRegions(read, first, { ...LAYOUT, ...places.fields });
  if ('problem' in list) return list;
  const blocks: HeapBlock[] = [];
  const regions: WalkedRegion[] = [];
  for (const region of list.filter(({ heap }) => heap !== 0).sort((a, b) => a.start - b.start)) {
    const found = await blocksOf(read, region);
    if ('problem' in found) return found;
    blocks.push(...found);
    regions.push({ name: nameOf(region), start: region.start, end: region.end, servesMalloc: servesMalloc(region) });
  }
  // The list itself was allocated before anything else, past every hook.
  const own = list.at(-1)?.node;
  const callers = blocks.filter(({ start, end }) => own === undefined || own < start || own >= end);
  return { blocks: callers, regions, growthBytes: 0, detail: detailOf(callers, regions) };
}

async function readRegions(
  read: ReadTarget,
  first: Address,
  fields: Readonly<Record<RegionField, number>>,
): Promise<Region[] | HeapProblem> {
  const length = Math.max(...Object.values(fields)) + 4;
  const regions: Region[] = [];
  const seen = new Set<Address>();
  for (let node = first; node !== 0; ) {
    const copy = await MemoryCopy.of(read, node, node + length);
    const word = (field: RegionField) => copy.word(node + fields[field]) ?? 0;
    const [start, end, heap] = [word('start'), word('end'), word('heap')];
    const problem = rangeProblem(start, end);
    if (problem || seen.has(node) || seen.size >= MAX_REGIONS || (heap !== 0 && (heap < start || heap >= end))) {
      return { problem: `the list of heaps leads to ${formatAddress(node)}, which is none of them` };
    }
    seen.add(node);
    let caps = 0;
    for (let at = fields.caps; at < fields.start; at += 4) caps |= copy.word(node + at) ?? 0;
    regions.push({ node, start, end, heap, caps });
    node = word('next');
  }
  return regions;
}

async function blocksOf(read: ReadTarget, region: Region): Promise<HeapBlock[] | HeapProblem> {
  const where = `the heap ${nameOf(region)}`;
  const control = (await MemoryCopy.of(read, region.heap, region.heap + CONTROL_OFFSET + 4)).word(
    region.heap + CONTROL_OFFSET,
  );
  if (control === undefined || control < region.start || control >= region.end)
    return { problem: `${where}: its control block cannot be at ${formatAddress(control ?? 0)}` };
  const blocks = longestChain(await MemoryCopy.of(read, control, region.end), control);
  const end = blocks?.at(-1)?.end;
  if (!blocks || end === undefined || region.end - end > MAX_END_BYTES)
    return { problem: `${where}: no chain of blocks leads from its control block to its end` };
  return blocks;
}

function servesMalloc({ caps }: Region): boolean {
  return (caps & DEFAULT_BIT) !== 0;
}

/** `0x3fc80000 (8BIT, DMA, DEFAULT)` */
function nameOf({ start, caps }: Region): string {
  const names = CAPABILITIES.filter(([bit]) => (caps >>> bit) & 1).map(([, name]) => name);
  return `${formatAddress(start)} (${names.join(', ')})`;
}

function detailOf(blocks: readonly HeapBlock[], regions: readonly WalkedRegion[]): string {
  const each = regions.map(({ name, start, end }) => {
    const free = blocks.filter((block) => !block.used && block.start >= start && block.start < end);
    return `${name} largest free ${formatCount(Math.max(0, ...free.map(({ usableBytes }) => usableBytes)))} bytes`;
  });
  return `${regions.length} heaps: ${each.join('; ')}`;
}
