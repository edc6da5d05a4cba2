import type { Address } from '../../base/units.js';
import { SymbolError } from '../../errors/errors.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import { type GcGeometry, gcGeometry } from './gc-dump.js';

/** A piece of the target's memory. */
export interface MemoryImage {
  readonly bytes: Uint8Array;
  readonly baseAddress: Address;
}

const BLOCK_BYTES = 16;

/** What is needed of a Symbolizer. */
/** What knows where the fields of a structure lie. */
export type StructFields = Pick<Symbolizer, 'structFieldOffset'>;

/**
 * The heap's geometry as the firmware itself keeps it in `mp_state_ctx.mem`, when the memory holds that variable and
 * gc_init has run. Undefined otherwise (a dump of the heap alone, a firmware without debug information, another allocator).
 */
export function gcGeometryFromRam(memory: MemoryImage, firmware: StructFields): GcGeometry | undefined {
  for (const prefix of ['mem.area.', 'mem.']) {
    const read = (field: string) => wordOf(memory, firmware, `${prefix}gc_${field}`);
    const tableAddress = read('alloc_table_start');
    const tableBytes = read('alloc_table_byte_len');
    const poolAddress = read('pool_start');
    if (!tableAddress || !tableBytes || !poolAddress) continue;
    const finaliserAddress = read('finaliser_table_start');
    return {
      tableAddress,
      tableBytes,
      ...(finaliserAddress ? { finaliserAddress } : {}),
      poolAddress,
      blockBytes: BLOCK_BYTES,
      blockCount: tableBytes * 4,
    };
  }
  return undefined;
}

/** The geometry of a dump: from the firmware's own state when that is in the dump, else from its address and size. */
export function gcGeometryOf(
  memory: MemoryImage,
  firmware: StructFields | undefined,
  options: { readonly finaliser?: boolean; readonly collectTable?: boolean; readonly blockBytes?: number } = {},
): GcGeometry {
  const fromRam = firmware && gcGeometryFromRam(memory, firmware);
  return fromRam ?? gcGeometry(memory.baseAddress, memory.bytes.length, options);
}

function wordOf({ bytes, baseAddress }: MemoryImage, firmware: StructFields, path: string): number | undefined {
  let at: number;
  try {
    at = firmware.structFieldOffset('mp_state_ctx', path).address - baseAddress;
  } catch (error) {
    if (!(error instanceof SymbolError)) throw error;
    // No such variable or member: another firmware, or an older layout.
    return undefined;
  }
  if (at < 0 || at + 4 > bytes.length) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
}
