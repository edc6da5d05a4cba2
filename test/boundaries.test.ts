import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import test from 'ava';
import { ERROR_CATALOGUE } from '../lib/index.js';
import { projectRoot } from './support/fixture.js';

/** Imports go from a higher number to a lower one, or stay in their folder (style.md, "Layout"). */
const RANKS: Readonly<Record<string, number>> = {
  base: 0,
  trace: 1,
  boards: 2,
  symbols: 2,
  gdb: 3,
  targets: 4,
  formats: 5,
  analysis: 5,
  harvest: 6,
  sources: 7,
  report: 7,
  output: 8,
  api: 9,
};
/** Files of lib/ itself that are above everything: the public API. */
const API_FILES = new Set(['index.ts', 'harvest-api.ts']);

/** The files that may import a package: each vendor has one adapter. */
const ADAPTERS: Readonly<Record<string, readonly string[]>> = {
  'gdb-js': ['lib/gdb/mi/gdb-js-adapter.ts'],
  'regenerator-runtime/runtime.js': ['lib/gdb/mi/gdb-js-adapter.ts'],
  'tree-model': ['lib/analysis/tree-nodes.ts'],
  '@serialport/stream': ['lib/sources/serial-binding.ts', 'lib/sources/serial-port.ts'],
  '@serialport/bindings-cpp': ['lib/sources/serial-binding.ts', 'lib/sources/serial-port.ts'],
  'gecko-profiler-demangle': ['lib/symbols/demangle.ts'],
  fzstd: ['lib/symbols/zstd.ts'],
};

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sources(folder: string): SourceFile[] {
  const files = readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => {
      const path = join(folder, file);
      const text = readFileSync(join(projectRoot, path), 'utf8');
      const imports = [...text.matchAll(/(?:from|import) '([^']+)'|import\('([^']+)'\)/g)].map(
        (m) => m[1] ?? m[2] ?? '',
      );
      return { path, text, imports };
    });
}

function areaOf(path: string): string {
  const inside = relative('lib', path).split('/');
  if (inside.length > 1) return inside[0] ?? '';
  return API_FILES.has(inside[0] ?? '') ? 'api' : 'base';
}

const lib = sources('lib');
const viewer = sources('viewer');
const cli = sources('cli');

test('imports in lib/ only go downward', (t) => {
  const wrong = lib.flatMap(({ path, imports }) => {
    const from = areaOf(path);
    return imports
      .filter((target) => target.startsWith('.'))
      .map((target) => normalize(join(dirname(path), target)))
      .filter((target) => {
        const to = areaOf(target.replace(/\.js$/, '.ts'));
        return !(from === to || (RANKS[to] ?? 99) < (RANKS[from] ?? -1));
      })
      .map((target) => `${path} imports ${target}`);
  });
  t.deepEqual(wrong, []);
  t.true(lib.length > 100);
});

test('every folder of lib/ has a place in the order', (t) => {
  t.deepEqual(
    [...new Set(lib.map(({ path }) => areaOf(path)))].filter((area) => RANKS[area] === undefined),
    [],
  );
});

test('cli/ and examples/ use the public API only', (t) => {
  const wrong = [...cli, ...sources('examples')].flatMap(({ path, imports }) =>
    imports.filter((target) => /\/lib\/(?!index\.js$)/.test(target)).map((target) => `${path} imports ${target}`),
  );
  t.deepEqual(wrong, []);
});

test('a vendor package is imported by its adapter only', (t) => {
  const wrong = [...lib, ...cli].flatMap(({ path, imports }) =>
    imports
      .filter((name) => ADAPTERS[name] && !ADAPTERS[name]?.includes(path))
      .map((name) => `${path} imports ${name}`),
  );
  t.deepEqual(wrong, []);
});

test('only cli/main.ts reads argv and the environment and ends the process', (t) => {
  const wrong = [...lib, ...cli]
    .filter(({ path }) => path !== 'cli/main.ts')
    .flatMap(({ path, text }) => {
      const code = text.replace(/^ *\*.*$/gm, '');
      const uses = [...code.matchAll(/process\.(?:exit\(|argv|env\b)|console\.(?:log|warn|error)\(/g)];
      return uses.map((use) => `${path}: ${use[0]}`);
    });
  t.deepEqual(wrong, []);
});

test('the analyses, formats and symbols that the viewer bundles use nothing of Node', (t) => {
  const browser = lib.filter(({ path }) => /^lib\/(analysis|report|symbols|formats)\//.test(path));
  const wrong = browser
    .filter(({ path }) => path !== 'lib/formats/load-trace.ts')
    .flatMap(({ path, imports }) =>
      imports.filter((name) => name.startsWith('node:')).map((name) => `${path} imports ${name}`),
    );
  t.deepEqual(wrong, []);
});

test('no source file is longer than 300 lines', (t) => {
  const long = [...lib, ...cli].filter(({ text }) => text.split('\n').length > 301).map(({ path }) => path);
  t.deepEqual(long, []);
});

test('every error code in the sources is explained, and every explanation is of a code', (t) => {
  const used = new Set(
    [...lib, ...cli, ...viewer].flatMap(({ path, text }) =>
      path.startsWith('lib/error-catalogue') ? [] : [...text.matchAll(/'(HH\d{4})'/g)].map((match) => match[1] ?? ''),
    ),
  );
  used.delete('HH0000');
  t.deepEqual([...used].filter((code) => !ERROR_CATALOGUE[code]).sort(), []);
  t.deepEqual(
    Object.keys(ERROR_CATALOGUE)
      .filter((code) => !used.has(code))
      .sort(),
    [],
  );
});
