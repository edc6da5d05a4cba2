import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// dist/test/support -> the project
const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const SOURCES = join(PROJECT, 'examples', 'firmware', 'lisp');

export interface FirmwareChoice {
  readonly board: 'microbit' | 'mps2-an385' | 'virt-rv32' | 'sim-lx106' | 'sim-de212';
  readonly opt: 'Og' | 'Os';
  readonly variant: string;
  /** For virt-rv32; default rv32imac. */
  readonly march?: 'rv32imc' | 'rv32imafc';
}

/** Builds the example firmware where it is not yet, and returns the path of its ELF file. */
export function lispFirmware({ board, opt, variant, march }: FirmwareChoice): string {
  const build = join(SOURCES, 'build');
  const name = `${board}-${opt}-${variant}${march ? `-${march}` : ''}`;
  mkdirSync(build, { recursive: true });
  // Several test files may want the same one at the same time: two makes would write each other's files.
  const make = ['make', '-s', '-C', SOURCES, `BOARD=${board}`, `OPT=${opt}`, `VARIANT=${variant}`];
  if (march) make.push(`MARCH=${march}`);
  execFileSync('flock', [join(build, `${name}.lock`), ...make], { timeout: 120_000 });
  return join(build, name, 'firmware.elf');
}

/** The addresses of named symbols, as binutils tell them (independent of the code under test), Thumb bit cleared. */
export function symbolAddresses(elf: string): (name: string) => number {
  const text = execFileSync('arm-none-eabi-nm', [elf], { encoding: 'utf8', timeout: 30_000 });
  const addresses = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]+) \S (\S+)$/.exec(line);
    if (match) addresses.set(match[2] ?? '', Number.parseInt(match[1] ?? '0', 16));
  }
  return (name) => {
    const address = addresses.get(name);
    if (address === undefined) throw new Error(`${elf}: no symbol ${name}`);
    return address & ~1;
  };
}

export function readElf(elf: string): Uint8Array {
  return readFileSync(elf);
}
