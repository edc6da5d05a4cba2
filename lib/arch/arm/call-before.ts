import type { Address } from '../../base/units.js';
import type { CodeBytes } from './thumb-prologue.js';

/**
 * Whether the Thumb instruction before an address is a call (Armv7-M ARM, A7.7: BL, BLX): what a return address is preceded by. Undefined
 * when the code is not there.
 */
export function isCallBefore(code: CodeBytes, address: Address): boolean | undefined {
  const bytes = code.readMemory(address - 4, 4);
  if (!bytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 4);
  const first = view.getUint16(0, code.littleEndian);
  const second = view.getUint16(2, code.littleEndian);
  const isImmediate = (first & 0xf800) === 0xf000 && (second & 0xc000) === 0xc000;
  const isRegister = (second & 0xff80) === 0x4780;
  return isImmediate || isRegister;
}
