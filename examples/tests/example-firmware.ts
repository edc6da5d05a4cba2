import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from 'heap-harvest';

const sources = join(packageRoot, 'examples', 'firmware', 'lisp');

/** Builds the example firmware where it is not yet, and returns its ELF file. In your project: the path of your own. */
export function exampleFirmware(variant: string): string {
  execFileSync('make', ['-s', '-C', sources, 'BOARD=mps2-an385', 'OPT=Og', `VARIANT=${variant}`], { timeout: 120_000 });
  return join(sources, 'build', `mps2-an385-Og-${variant}`, 'firmware.elf');
}
