/** How fast the symbolizer is, on SQLite four times over with all its debug information: an ELF file of 10 MB. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import { buildCopies } from '../support/arm-build.js';

export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, and how many times better it is. */
  readonly against?: string;
  readonly ratio?: number;
}

const SQLITE = 'node_modules/better-sqlite3/deps/sqlite3/sqlite3.c';
const FLAGS = [
  '-mcpu=cortex-m3',
  '-Os',
  '-g3',
  '-DSQLITE_OS_OTHER=1',
  '-DSQLITE_THREADSAFE=0',
  '-DSQLITE_OMIT_LOAD_EXTENSION',
];
const STACK_BYTES = 4096;
const STACK_BASE = 0x20000000;

/** Measures loading, symbolizing and unwinding. Compiles for about a minute the first time; needs arm-none-eabi-gcc. */
export async function symbolsBench(): Promise<BenchRow[]> {
  const bytes = new Uint8Array(readFileSync(buildCopies(resolve(SQLITE), FLAGS, 4)));
  const megabytes = bytes.length / 1e6;
  const start = performance.now();
  const symbolizer = createSymbolizer(bytes);
  const text = symbolizer.elfFile.section('.text');
  if (!text) return [];
  symbolizer.locate(text.address + 2);
  symbolizer.symbol('a_sqlite3_open');
  const loadMs = performance.now() - start;
  const addresses = Array.from({ length: Math.floor(text.sizeBytes / 2) }, (_, index) => text.address + index * 2);
  const first = symbolize(symbolizer, addresses);
  const warm = symbolize(symbolizer, addresses);
  const unwinds = unwindMany(symbolizer, addresses);
  return [
    { name: `load an ELF file of ${megabytes.toFixed(1)} MB, first address`, value: Math.round(loadMs), unit: 'ms' },
    { name: 'distinct addresses, first time (units read on the way)', value: first, unit: 'addresses/s' },
    { name: 'distinct addresses, warm', value: warm, unit: 'addresses/s' },
    { name: `unwind, ${unwinds.depth.toFixed(1)} frames each`, value: unwinds.rate, unit: 'stacks/s' },
  ];
}

function symbolize(symbolizer: Symbolizer, addresses: readonly number[]): number {
  const start = performance.now();
  for (const address of addresses) symbolizer.locate(address);
  return Math.round((addresses.length / (performance.now() - start)) * 1000);
}

/** Unwinds from many functions over a made stack whose every return address is a real one. */
function unwindMany(
  symbolizer: Symbolizer,
  addresses: readonly number[],
): { readonly rate: number; readonly depth: number } {
  const returns = addresses
    .filter((address) => symbolizer.locate(address)[0]?.line)
    .filter((_, index) => index % 97 === 0);
  const words = new Uint32Array(STACK_BYTES / 4).map((_, index) => (returns[(index * 31) % returns.length] ?? 0) | 1);
  const registers = new Uint32Array(16);
  registers[13] = STACK_BASE;
  let frames = 0;
  const round = () => {
    for (let index = 0; index < 20_000; index++) {
      registers[15] = returns[index % returns.length] ?? 0;
      registers[14] = words[index % words.length] ?? 0;
      frames += symbolizer.unwind(registers, (address) => words[(address - STACK_BASE) >>> 2], { maxDepth: 15 }).frames
        .length;
    }
  };
  round();
  frames = 0;
  const start = performance.now();
  round();
  round();
  return { rate: Math.round((40_000 / (performance.now() - start)) * 1000), depth: frames / 40_000 };
}
