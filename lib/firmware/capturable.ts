import { SymbolError } from '../errors/errors.js';
import type { Symbolizer } from '../symbols/symbolizer.js';

/**
 * Refuses a program whose processor's word or byte order a capture cannot handle. Naming its addresses works all the same.
 * @throws SymbolError HH1314 (64 bit), HH1315 (big-endian)
 */
export function refuseMachine({ elf, machine }: Symbolizer, elfPath: string): void {
  const named = `${elfPath}: found a ${elf.addressSize * 8}-bit ${elf.littleEndian ? 'little' : 'big'}-endian program for ${machine}`;
  const remedy = '`harvest symbolize` names its addresses, and traces that its own tracer writes can be imported';
  if (elf.addressSize === 8) throw new SymbolError('HH1314', `${named}, expected a 32-bit one`, { remedy });
  if (!elf.littleEndian) throw new SymbolError('HH1315', `${named}, expected a little-endian one`, { remedy });
}

interface Place {
  readonly label: string;
  readonly address: number;
}

/**
 * Refuses hooks and end conditions that are Arm code, not Thumb: breakpoints there are 4 bytes long, and their calls leave by other
 * instructions than the engines know.
 * @throws SymbolError HH1316
 */
export function refuseArmState(image: Symbolizer, places: readonly Place[], elfPath: string): void {
  const arm = places.filter(({ address }) => image.isArmState(address)).map(({ label }) => label);
  if (arm.length === 0) return;
  throw new SymbolError('HH1316', `${elfPath}: found ${arm.join(', ')} in Arm state, expected Thumb code`, {
    remedy: 'build with -mthumb (all Cortex-M firmware is Thumb); `harvest symbolize` names the addresses of this one',
  });
}
