/*
 * npm run bench                 everything
 * npm run bench -- engines      one or more by name
 * npm run bench -- --list       their names
 */
import type { BenchRow } from './bench-row.js';

const BENCHES: Readonly<Record<string, () => Promise<() => Promise<BenchRow[]>>>> = {
  capture: async () => (await import('./capture-bench.js')).captureBench,
  engines: async () => (await import('./engines-bench.js')).enginesBench,
  cores: async () => (await import('./cores-bench.js')).coresBench,
  openocd: async () => (await import('./openocd-bench.js')).openocdBench,
  malloc: async () => (await import('./malloc-bench.js')).mallocBench,
  scripts: async () => (await import('./scripts-bench.js')).scriptsBench,
  import: async () => (await import('./import-bench.js')).importBench,
  memory: async () => (await import('./memory-bench.js')).memoryBench,
  symbols: async () => (await import('./symbols-bench.js')).symbolsBench,
  analysis: async () => (await import('./analysis-bench.js')).analysisBench,
  peers: async () => (await import('./peers-bench.js')).peersBench,
  viewer: async () => (await import('./viewer-bench.js')).viewerBench,
  exports: async () => (await import('./exports-bench.js')).exportsBench,
  formats: async () => (await import('./formats-bench.js')).formatsBench,
  fleet: async () => (await import('./fleet-bench.js')).fleetBench,
};

const asked = process.argv.slice(2);
if (asked.includes('--list')) {
  process.stdout.write(`${Object.keys(BENCHES).join('\n')}\n`);
} else {
  const names = asked.length > 0 ? asked : Object.keys(BENCHES);
  const unknown = names.filter((name) => !BENCHES[name]);
  if (unknown.length > 0)
    throw new Error(`no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  for (const name of names) {
    process.stdout.write(`\n${name}\n`);
    print((await (await BENCHES[name]?.())?.()) ?? []);
  }
}

function print(rows: readonly BenchRow[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, unit, against, ratio, notRun } of rows) {
    if (notRun !== undefined) {
      process.stdout.write(`  ${name.padEnd(width)}  NOT RUN: ${notRun}\n`);
      continue;
    }
    const figure = value >= 1000 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 3);
    const compared = ratio === undefined ? '' : `  ${ratio.toFixed(1)}x ${against ?? ''}`;
    process.stdout.write(`  ${name.padEnd(width)}  ${figure.padStart(10)} ${unit.padEnd(10)}${compared}\n`);
  }
}
