/**
 * Bundles the compiled command line into dist/bin: a run of `harvest` then loads a few files instead of some two hundred, and only
 * those of its own command. Runs after the compiler.
 */
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { writeLicences } from './third-party.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist', 'bin');
const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** What every run needs, and what is large to load and written as ES modules, goes in; the rest is loaded from node_modules when a command needs it. */
const BUNDLED = new Set(['picocolors', 'yargs', 'zod', 'fast-xml-parser', 'smol-toml', 'gecko-profiler-demangle']);
const external = Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !BUNDLED.has(name));

const bundle = await rolldown({
  input: { harvest: join(root, 'dist', 'cli', 'main.js') },
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  external: [/^node:/, ...external.map((name) => new RegExp(`^${name}(/|$)`))],
  // Of yargs the parser is used (cli/options/tokens.ts), when there are options to read: what its commands and help need is left out.
  treeshake: { moduleSideEffects: [{ test: /node_modules.yargs/, sideEffects: false }] },
  onwarn: (warning) => {
    throw new Error(`cli bundle: ${warning.message}`);
  },
});
await rm(out, { recursive: true, force: true });
const { output } = await bundle.write({
  dir: out,
  // Node loads these sooner than ES modules: 8 to 16 ms of each start (docs/performance.md).
  format: 'cjs',
  // What most commands share comes in one file: finding a file costs more than reading it.
  // Each group is a run of rooms (docs/architecture.md), so that no two files need each other. What every run needs stands alone, and so does
  // what reads other traces than journals.
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [
      { name: 'base', test: /dist.lib.(errors|base|report.sanitize)/, minShareCount: 8, priority: 5 },
      { name: 'trace', test: /dist.lib.trace/, minShareCount: 8, priority: 4 },
      { name: 'machine', test: /dist.lib.(boards|arch|symbols|firmware|allocators)/, minShareCount: 8, priority: 3 },
      {
        name: 'load',
        test: /dist.lib.formats.(load-trace|journal-runs|input-guard|merge-builders)/,
        minShareCount: 8,
        priority: 2,
      },
      { name: 'formats', test: /dist.lib.(interpreters|formats)/, minShareCount: 8, priority: 1 },
      { name: 'common', test: /dist.lib/, minShareCount: 8 },
    ],
  },
  // Names are kept: they stand in the stack of a bug report.
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
});
refuseCircles(output);
await writeLicences(
  output.flatMap((chunk) => chunk.moduleIds ?? []),
  join(out, 'LICENSES.txt'),
);
const { settingsSchema } = await import(pathToFileURL(join(root, 'dist', 'cli', 'settings-schema.js')).href);
await writeFile(join(out, 'harvest.config.schema.json'), `${JSON.stringify(await settingsSchema(), undefined, 2)}\n`);
await writeFile(join(out, 'package.json'), '{ "type": "commonjs" }\n');
const bytes = output.reduce((sum, chunk) => sum + (chunk.code?.length ?? 0), 0);
process.stdout.write(`dist/bin/harvest.js: ${output.length} files, ${(bytes / 1024).toFixed(0)} KiB\n`);

/** Of two files that import each other one runs before what it needs: groups that are no run of rooms can lead to that. */
function refuseCircles(chunks) {
  const importsOf = new Map(chunks.map((chunk) => [chunk.fileName, chunk.imports ?? []]));
  const state = new Map();
  const visit = (name, path) => {
    if (state.get(name) === 'done') return;
    if (state.get(name) === 'open') throw new Error(`cli bundle: circular files: ${[...path, name].join(' > ')}`);
    state.set(name, 'open');
    for (const next of importsOf.get(name) ?? []) visit(next, [...path, name]);
    state.set(name, 'done');
  };
  for (const name of importsOf.keys()) visit(name, []);
}
