import type { Address, Bytes } from '../../base/units.js';
import type { MemoryArea } from '../../boards/board.js';
import { GdbError, TargetError } from '../../errors/errors.js';
import { architectureOf } from '../../firmware/capturable.js';
import type { ReadScriptMemory } from '../../interpreters/micropython/script/script-memory.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import { knownMemory, mayReadAt } from '../direct/readable-memory.js';
import type { HaltedTarget } from '../whereabouts.js';

/** Longer requests are cut: debug servers bound the size of one answer. */
const PIECE_BYTES: Bytes = 16 * 1024;

/** Reads what words of a halted target's memory point to, whatever they are: a device is never read, and a refusal is nothing. */
export function haltedMemory(
  target: HaltedTarget,
  firmware: Symbolizer,
  memory: readonly MemoryArea[],
): ReadScriptMemory {
  const mayRead = mayReadAt(architectureOf(firmware), knownMemory({ memory }, firmware.elfFile));
  const piece = async (address: Address, length: Bytes) => {
    try {
      return await target.readMemory(address, length);
    } catch (error) {
      if (error instanceof TargetError || error instanceof GdbError) return undefined;
      throw error;
    }
  };
  return async (address, length) => {
    if (length <= 0 || !mayRead(address)) return undefined;
    if (length <= PIECE_BYTES) return await piece(address, length);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += PIECE_BYTES) {
      const part = await piece(address + at, Math.min(PIECE_BYTES, length - at));
      if (!part) return undefined;
      bytes.set(part, at);
    }
    return bytes;
  };
}
