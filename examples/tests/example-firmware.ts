import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageFolder = dirname(fileURLToPath(import.meta.resolve('heap-harvest/package.json')));
const sources = join(packageFolder, 'examples', 'firmware', 'lisp');

/** Builds the example firmware where it is not yet, and returns its ELF file. In your project: the path of your own. */
export function exampleFirmware(variant: string): string {
  execFileSync('make', ['-s', '-C', sources, 'BOARD=mps2-an385', 'OPT=Og', `VARIANT=${variant}`], { timeout: 120_000 });
  return join(sources, 'build', `mps2-an385-Og-${variant}`, 'firmware.elf');
}
