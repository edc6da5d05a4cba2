import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import test from 'ava';
import { ERROR_CATALOGUE } from '../lib/public/command-line.js';
import { projectRoot } from './support/fixture.js';

/** The rooms of lib/ from the ground up (docs/architecture.md): imports go to rooms that stand before their own. */
const ROOMS = [
  'errors',
  'base',
  'trace',
  'boards',
  'arch',
  'symbols',
  'firmware',
  'allocators',
  'interpreters',
  'formats',
  'analysis',
  'report',
  'link',
  'stream',
  'ring',
  'capture',
  'alloctrace',
  'session',
  'output',
  'fleet',
  'public',
];

/** The files that may import a package: each vendor has one adapter. */
const ADAPTERS: Readonly<Record<string, readonly string[]>> = {
  'gdb-js': ['lib/link/mi/gdb-js-adapter.ts'],
  'regenerator-runtime/runtime.js': ['lib/link/mi/gdb-js-adapter.ts'],
  'tree-model': ['lib/analysis/tree-nodes.ts'],
  '@serialport/stream': ['lib/stream/serial-binding.ts'],
  '@serialport/bindings-cpp': ['lib/stream/serial-binding.ts'],
  'gecko-profiler-demangle': ['lib/symbols/demangle.ts'],
  'yargs/helpers': ['cli/main.ts', 'cli/options/tokens.ts'],
  yargs: [],
  'yargs-parser': [],
  fzstd: ['lib/symbols/zstd.ts'],
  '@duckdb/node-api': ['lib/fleet/duckdb.ts'],
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

/** `lib/NAME/...`: the name. */
function roomOf(path: string): string {
  return relative('lib', path).split('/')[0] ?? '';
}

/** The files of lib/ that each file imports, types included. */
function imported({ path, imports }: SourceFile): string[] {
  return imports
    .filter((target) => target.startsWith('.'))
    .map((target) => normalize(join(dirname(path), target)).replace(/\.js$/, '.ts'));
}

/** Files that import each other, directly or by way of others (Tarjan's strongly connected components). */
function circles(files: readonly SourceFile[]): string[][] {
  const targets = new Map(files.map((file) => [file.path, imported(file)]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (path: string): number => {
    index.set(path, index.size);
    let lowest = index.get(path) ?? 0;
    open.push(path);
    for (const target of targets.get(path) ?? []) {
      if (!targets.has(target)) continue;
      if (!index.has(target)) lowest = Math.min(lowest, visit(target));
      else if (open.includes(target)) lowest = Math.min(lowest, index.get(target) ?? 0);
    }
    low.set(path, lowest);
    if (lowest === index.get(path)) {
      const members = open.splice(open.indexOf(path));
      if (members.length > 1) found.push(members.sort());
    }
    return lowest;
  };
  for (const { path } of files) if (!index.has(path)) visit(path);
  return found;
}

const lib = sources('lib');
const viewer = sources('viewer');
const cli = sources('cli');

test('imports in lib/ only go downward', (t) => {
  const wrong = lib.flatMap((file) => {
    const from = ROOMS.indexOf(roomOf(file.path));
    return imported(file)
      .filter((target) => roomOf(target) !== roomOf(file.path) && ROOMS.indexOf(roomOf(target)) >= from)
      .map((target) => `${file.path} imports ${target}`);
  });
  t.deepEqual(wrong, []);
  t.true(lib.length > 100);
});

test('no files of lib/ import each other in a circle, not even for types', (t) => {
  t.deepEqual(circles(lib), []);
  const file = (path: string, ...imports: string[]) => ({ path, text: '', imports });
  const wrong = [file('lib/a/x.ts', './y.js'), file('lib/a/y.ts', '../b/z.js'), file('lib/b/z.ts', '../a/x.js')];
  t.deepEqual(circles(wrong), [['lib/a/x.ts', 'lib/a/y.ts', 'lib/b/z.ts']]);
});

test('every room of lib/ has a place in the order, and no file lies outside of a room', (t) => {
  t.deepEqual([...new Set(lib.map(({ path }) => roomOf(path)))].sort(), [...ROOMS].sort());
});

test('cli/ and examples/ use the public API only', (t) => {
  const wrong = [...cli, ...sources('examples')].flatMap(({ path, imports }) =>
    imports.filter((target) => /\/lib\/(?!public\/)/.test(target)).map((target) => `${path} imports ${target}`),
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
  const browser = lib.filter(({ path }) => /^lib\/(analysis|report|arch|symbols|formats|interpreters)\//.test(path));
  const wrong = browser
    .filter(({ path }) => path !== 'lib/formats/load-trace.ts')
    .flatMap(({ path, imports }) =>
      imports.filter((name) => name.startsWith('node:')).map((name) => `${path} imports ${name}`),
    );
  t.deepEqual(wrong, []);
});

/** Where an instruction set is asked for by its name: what differs is a field or a method of lib/arch's interface. */
const ASKS_FOR_A_NAME =
  /[!=]==? ?'(arm|armv\d\w*|aarch64|riscv(32|64)?|xtensa)'|case '(aarch64|riscv(32|64)?|xtensa)'|'(arm|riscv|xtensa)' [!=]==?/g;

test('outside of lib/arch nothing asks for an instruction set by its name', (t) => {
  const wrong = [...lib, ...cli, ...viewer]
    .filter(({ path }) => !path.startsWith('lib/arch/'))
    .flatMap(({ path, text }) => [...text.matchAll(ASKS_FOR_A_NAME)].map((match) => `${path}: ${match[0]}`));
  // What the linker's mapping symbols call code ($a) is no instruction set's name.
  const isCodeKind = (found: string) =>
    /^lib\/(symbols\/(elf-symbols|unwinder)|firmware\/return-addresses)\.ts: === 'arm'$/.test(found);
  t.deepEqual(
    wrong.filter((found) => !isCodeKind(found)),
    [],
  );
  for (const text of ["arch === 'riscv'", "if (machine !== 'xtensa')", "case 'riscv':"])
    t.regex(text, new RegExp(ASKS_FOR_A_NAME.source));
});

test('no source file is longer than 300 lines', (t) => {
  const long = [...lib, ...cli].filter(({ text }) => text.split('\n').length > 301).map(({ path }) => path);
  t.deepEqual(long, []);
});

test('every error code in the sources is explained, and every explanation is of a code', (t) => {
  const used = new Set(
    [...lib, ...cli, ...viewer].flatMap(({ path, text }) =>
      path.startsWith('lib/errors/catalogue') ? [] : [...text.matchAll(/'(HH\d{4})'/g)].map((match) => match[1] ?? ''),
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
