import { type Address, formatAddress } from '../../base/units.js';
import { SymbolError } from '../../errors/errors.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import { type GcGeometry, gcGeometry } from './gc-dump.js';

/** A piece of the target's memory. */
export interface MemoryImage {
  readonly bytes: Uint8Array;
  readonly baseAddress: Address;
}

const BLOCK_BYTES = 16;
/** More areas than any port makes: a chain that goes on is damaged. */
const MAX_AREAS = 64;

/** What knows where the fields of a structure lie: a Symbolizer. */
export type StructFields = Pick<Symbolizer, 'structFieldOffset'>;

/** The areas of a block heap, in the firmware's order; more than one where the heap is split. */
export interface GcGeometries {
  readonly areas: readonly GcGeometry[];
  /** What of the heap is not in the dump, and why; absent when all is. */
  readonly unseen?: string;
}

/**
 * The heap's areas as the firmware itself keeps them in `mp_state_ctx.mem`, when the memory holds that variable and gc_init has run.
 * Undefined otherwise (a dump of the heap alone, a firmware without debug information, another allocator).
 */
export function gcGeometriesFromRam(memory: MemoryImage, firmware: StructFields): GcGeometries | undefined {
  for (const prefix of ['mem.area', 'mem']) {
    const first = areaAt(memory, firmware, { prefix, offset: 0 });
    if (first) return prefix === 'mem' ? { areas: [first] } : followAreas(memory, firmware, first);
  }
  return undefined;
}

/** The geometry of a dump: from the firmware's own state when that is in the dump, else one area from its address and size. */
export function gcGeometriesOf(
  memory: MemoryImage,
  firmware: StructFields | undefined,
  options: { readonly finaliser?: boolean; readonly collectTable?: boolean; readonly blockBytes?: number } = {},
): GcGeometries {
  const fromRam = firmware && gcGeometriesFromRam(memory, firmware);
  return fromRam ?? { areas: [gcGeometry(memory.baseAddress, memory.bytes.length, options)] };
}

/** Of a split heap: each area has a structure like the first one's, which points to the next. */
function followAreas(memory: MemoryImage, firmware: StructFields, first: GcGeometry): GcGeometries {
  const areas = [first];
  const start = addressOf(firmware, 'mem.area');
  const next = addressOf(firmware, 'mem.area.next');
  if (start === undefined || next === undefined) return { areas };
  const seen = new Set([start]);
  for (let at = wordAt(memory, next) ?? 0; at !== 0; at = wordAt(memory, next + at - start) ?? 0) {
    const where = `area ${areas.length + 1} at ${formatAddress(at)}`;
    if (seen.has(at) || seen.size >= MAX_AREAS) return { areas, unseen: `${where}: the chain of areas does not end` };
    seen.add(at);
    const area = areaAt(memory, firmware, { prefix: 'mem.area', offset: at - start });
    if (!area || !isInside(memory, area))
      return { areas, unseen: `${where} is not in the dump: dump all memory that holds the heap` };
    areas.push(area);
  }
  return { areas };
}

function areaAt(
  memory: MemoryImage,
  firmware: StructFields,
  { prefix, offset }: { readonly prefix: string; readonly offset: number },
): GcGeometry | undefined {
  const read = (field: string) => {
    const address = addressOf(firmware, `${prefix}.gc_${field}`);
    return address === undefined ? undefined : wordAt(memory, address + offset);
  };
  const tableAddress = read('alloc_table_start');
  const tableBytes = read('alloc_table_byte_len');
  const poolAddress = read('pool_start');
  if (!tableAddress || !tableBytes || !poolAddress) return undefined;
  const finaliserAddress = read('finaliser_table_start');
  const finaliser = finaliserAddress ? { finaliserAddress } : {};
  return { tableAddress, tableBytes, ...finaliser, poolAddress, blockBytes: BLOCK_BYTES, blockCount: tableBytes * 4 };
}

function isInside({ bytes, baseAddress }: MemoryImage, { tableAddress, tableBytes }: GcGeometry): boolean {
  return tableAddress >= baseAddress && tableAddress + tableBytes <= baseAddress + bytes.length;
}

function addressOf(firmware: StructFields, path: string): Address | undefined {
  try {
    return firmware.structFieldOffset('mp_state_ctx', path).address;
  } catch (error) {
    if (!(error instanceof SymbolError)) throw error;
    // No such variable or member: another firmware, or an older layout.
    return undefined;
  }
}

function wordAt({ bytes, baseAddress }: MemoryImage, address: Address): number | undefined {
  const at = address - baseAddress;
  if (at < 0 || at + 4 > bytes.length) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
}
