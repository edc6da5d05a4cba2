import type { Architecture } from '../arch/architecture.js';
import type { Address } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import type { Symbolizer } from '../symbols/symbolizer.js';

/**
 * Refuses a program whose processor's word or byte order a capture cannot handle. Naming its addresses works all the same.
 * @throws SymbolError HH1314 (64 bit), HH1315 (big-endian)
 */
export function refuseMachine({ elfFile, machine }: Symbolizer, elf: string): void {
  // A program of this computer is a wrong path, and told as such (HH1351).
  if (machine === 'x86-64') return;
  const named = `${elf}: found a ${elfFile.addressSize * 8}-bit ${elfFile.littleEndian ? 'little' : 'big'}-endian program for ${machine}`;
  const remedy = '`harvest symbolize` names its addresses, and traces that its own tracer writes can be imported';
  if (elfFile.addressSize === 8) throw new SymbolError('HH1314', `${named}, expected a 32-bit one`, { remedy });
  if (!elfFile.littleEndian) throw new SymbolError('HH1315', `${named}, expected a little-endian one`, { remedy });
}

/** @throws SymbolError HH1362 when a capture cannot handle the processor: it would take other registers for arguments */
export function architectureOf({ architecture, machine }: Symbolizer, elf = 'ELF file'): Architecture {
  if (architecture) return architecture;
  throw new SymbolError(
    'HH1362',
    `${elf}: found a program for ${machine}, expected one for arm, 32-bit riscv, or xtensa whose .xtensa.info tells its ABI`,
    {
      remedy: '`harvest symbolize` names its addresses, and traces that its own tracer writes can be imported',
    },
  );
}

/** Where the program begins: the ELF file's entry, without what marks its instruction set. @throws SymbolError HH1362 as {@link architectureOf} */
export function entryPoint(firmware: Symbolizer): Address {
  return architectureOf(firmware).codeAddress(firmware.elfFile.entry);
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
export function refuseArmState(firmware: Symbolizer, places: readonly Place[], elf: string): void {
  const arm = places.filter(({ address }) => firmware.isArmState(address)).map(({ label }) => label);
  if (arm.length === 0) return;
  throw new SymbolError('HH1316', `${elf}: found ${arm.join(', ')} in Arm state, expected Thumb code`, {
    remedy: 'build with -mthumb (all Cortex-M firmware is Thumb); `harvest symbolize` names the addresses of this one',
  });
}

/**
 * Refuses hooks that cannot be followed from their first instruction: where their arguments are is not known.
 * @throws SymbolError HH2202
 */
export function refuseEntries(firmware: Symbolizer, hooks: readonly Place[], elf: string): void {
  const architecture = architectureOf(firmware, elf);
  for (const { label, address } of hooks) {
    const problem = architecture.entryProblem(firmware.elfFile, address);
    if (problem) throw new SymbolError('HH2202', `${elf}: found that ${label} ${problem}, expected a function in C`);
  }
}
