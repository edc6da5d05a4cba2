import { readFileSync } from 'node:fs';
import { buildArm, missingTools } from '../support/arm-build.js';
import { buildElf, symbolBytes } from '../support/elf-builder.js';

/** A small file by hand, and, where the compiler is, a real one with debug information. */
export function sampleElf(): Uint8Array[] {
  const { table, names } = symbolBytes({}, [{ name: 'main', value: 0x101, size: 32, info: 0x12 }]);
  const small = buildElf({
    sections: [
      { name: '.text', address: 0x100, flags: 6, bytes: Array.from({ length: 64 }, (_, i) => i) },
      { name: '.symtab', type: 2, bytes: table, link: 3 },
      { name: '.strtab', type: 3, bytes: names },
    ],
  });
  if (missingTools(['arm-none-eabi-gcc']).length > 0) return [small];
  const build = (flags: readonly string[]) =>
    new Uint8Array(
      readFileSync(
        buildArm({
          sources: ['test/symbols/programs/stacks.c'],
          script: 'test/symbols/programs/program.ld',
          flags: ['-mcpu=cortex-m3', ...flags],
        }),
      ),
    );
  return [small, build(['-Os', '-g']), build(['-Os', '-g', '-gdwarf-4', '-funwind-tables'])];
}
