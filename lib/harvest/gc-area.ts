import type { Address, Bytes } from '../units.js';
import type { GcVariables } from './engine.js';

/** Where a MicroPython-style heap lies, as its variables say. */
export interface GcArea {
  readonly poolStart: Address;
  readonly poolEnd: Address;
}

/** The heap's bounds; undefined before gc_init has set them. Rejects when memory cannot be read. */
export async function readGcArea(
  readMemory: (address: Address, length: Bytes) => Promise<Uint8Array>,
  variables: GcVariables,
): Promise<GcArea | undefined> {
  const word = async (address: Address) => {
    const bytes = await readMemory(address, 4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  };
  const poolStart = await word(variables.poolStart);
  const poolEnd = await word(variables.poolEnd);
  return poolStart === 0 || poolEnd <= poolStart ? undefined : { poolStart, poolEnd };
}
