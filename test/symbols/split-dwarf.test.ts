import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { splitFilesOf, splitPackageOf } from '../../lib/firmware/split-files.js';
import { ElfFile } from '../../lib/symbols/elf-file.js';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import { missingTools } from '../support/arm-build.js';
import { notRun } from '../support/not-run.js';
import { tempFolder } from '../support/temp-folder.js';

const SOURCES = {
  'work.c': `__attribute__((noinline)) int leaf(int x) { return x * 7 + 1; }
static inline int twice(int x) { return leaf(x) + leaf(x + 1); }
struct pool { int used; char name[8]; } the_pool;
int work(int n) { int sum = 0; for (int i = 0; i < n; i++) sum += twice(i); the_pool.used = sum; return sum; }
`,
  'main.c': `int work(int n);
static int helper(int n) { return work(n) + 1; }
int main(void) { return helper(3); }
void _start(void) { main(); for (;;); }
`,
};
const CODE = { from: 0x8000, to: 0x8080 };

/** Compiles in a folder, each file on its own: gcc writes its .dwo beside the object file. */
function build(
  folder: string,
  name: string,
  flags: readonly string[],
  sources: Record<string, string> = SOURCES,
): string {
  mkdirSync(folder, { recursive: true });
  const gcc = (...args: string[]) => {
    const { status, stderr } = spawnSync('arm-none-eabi-gcc', ['-mcpu=cortex-m3', '-mthumb', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
  };
  const objects = Object.entries(sources).map(([file, text]) => {
    writeFileSync(join(folder, file), text);
    const object = `${name}-${file.replace('.c', '.o')}`;
    gcc('-O1', '-g', ...flags, '-c', file, '-o', object);
    return object;
  });
  gcc('-nostdlib', '-nostartfiles', `-Wl,-Ttext=0x${CODE.from.toString(16)}`, ...objects, '-o', `${name}.elf`);
  return join(folder, `${name}.elf`);
}

const open = (elf: string) => createSymbolizer(readFileSync(elf), { splitFiles: splitFilesOf(elf) });

function places(symbolizer: Symbolizer): string[] {
  const found: string[] = [];
  for (let pc = CODE.from; pc < CODE.to; pc += 2) found.push(JSON.stringify(symbolizer.locate(pc)));
  return found;
}

/** Which register holds `n` and `x` at each place of the code, where one does. */
function parameters(symbolizer: Symbolizer): (number | undefined)[] {
  const registers = Array.from({ length: 16 }, (_, index) => index);
  const values: (number | undefined)[] = [];
  for (let pc = CODE.from; pc < CODE.to; pc += 2) {
    const frame = { pc, registers, cfa: 0 };
    values.push(...['n', 'x'].map((name) => symbolizer.parameterValue(name, frame, () => undefined)));
  }
  return values;
}

function ready(t: ExecutionContext): boolean {
  const missing = missingTools(['arm-none-eabi-gcc']);
  if (missing.length > 0) notRun(t, `${missing.join(', ')} is missing`);
  return missing.length === 0;
}

for (const version of [4, 5]) {
  test(`DWARF ${version} in .dwo files says what it says in one file`, (t) => {
    if (!ready(t)) return;
    const folder = tempFolder(t);
    const dwarf = `-gdwarf-${version}`;
    const whole = open(build(folder, 'whole', [dwarf]));
    const elf = build(folder, 'split', [dwarf, '-gsplit-dwarf']);
    const split = open(elf);
    t.deepEqual(places(split), places(whole));
    t.true(
      places(split).some((place) => place.includes('twice')),
      'inlined calls',
    );
    t.deepEqual(split.splitUnits, []);
    const held = parameters(whole);
    t.true(held.filter((register) => register !== undefined).length > 20);
    // The location lists of DWARF 4's .dwo files are in GNU's own format, which is not read.
    const expected = version === 5 ? held : held.map(() => undefined);
    t.deepEqual(parameters(split), expected);
    t.deepEqual(split.problems, []);
    t.deepEqual(split.structFieldOffset('the_pool', 'name'), whole.structFieldOffset('the_pool', 'name'));
    // Without them: told, and no more than the skeletons have.
    const bare = createSymbolizer(readFileSync(elf));
    t.deepEqual(bare.splitUnits, ['split-work.dwo', 'split-main.dwo']);
    t.false(places(bare).some((place) => place.includes('twice')));
  });
}

test('a program that was moved with its .dwo files finds them beside it', (t) => {
  if (!ready(t)) return;
  const folder = tempFolder(t);
  const elf = build(join(folder, 'made'), 'split', ['-gsplit-dwarf']);
  const expected = places(open(elf));
  const moved = join(folder, 'moved');
  cpSync(join(folder, 'made'), moved, { recursive: true });
  spawnSync('rm', ['-r', join(folder, 'made')]);
  t.deepEqual(places(open(join(moved, 'split.elf'))), expected);
});

test('a .dwo file of another build is not believed, one that is no ELF file costs only itself', (t) => {
  if (!ready(t)) return;
  const folder = tempFolder(t);
  const elf = build(folder, 'split', ['-gsplit-dwarf']);
  const other = { ...SOURCES, 'work.c': SOURCES['work.c'].replace('x * 7', 'x * 9 + 3') };
  build(join(folder, 'other'), 'split', ['-gsplit-dwarf'], other);
  cpSync(join(folder, 'other', 'split-work.dwo'), join(folder, 'split-work.dwo'));
  const changed = open(elf);
  t.false(places(changed).some((place) => place.includes('twice')));
  t.true(
    places(changed).some((place) => place.includes('helper')),
    'the other unit is whole',
  );
  t.deepEqual(
    changed.problems.map(({ code }) => code),
    ['HH1313'],
  );
  t.deepEqual(changed.splitUnits, ['split-work.dwo']);
  writeFileSync(join(folder, 'split-work.dwo'), 'no ELF file');
  const unreadable = open(elf);
  t.true(places(unreadable).some((place) => place.includes('helper')));
  t.deepEqual(
    unreadable.problems.map(({ code }) => code),
    ['HH1301'],
  );
});

test('a .dwo file with a section outside of it costs only itself', (t) => {
  if (!ready(t)) return;
  const folder = tempFolder(t);
  const elf = build(folder, 'split', ['-gsplit-dwarf']);
  const dwo = Uint8Array.from(readFileSync(join(folder, 'split-work.dwo')));
  const section = new ElfFile(dwo, { relocatable: true }).section('.debug_info.dwo');
  const view = new DataView(dwo.buffer);
  // Elf32_Shdr: sh_offset at 16, sh_size at 20; e_shoff at 32, e_shnum at 48.
  for (let i = 0; i < view.getUint16(48, true); i++) {
    const header = view.getUint32(32, true) + i * 40;
    if (view.getUint32(header + 16, true) === section?.offset) view.setUint32(header + 20, 0x1000_0000, true);
  }
  const symbolizer = createSymbolizer(readFileSync(elf), {
    splitFiles: (name) => (name === 'split-work.dwo' ? dwo : readFileSync(join(folder, name))),
  });
  t.true(
    places(symbolizer).some((place) => place.includes('helper')),
    'the other unit is whole',
  );
  t.deepEqual(symbolizer.splitUnits, ['split-work.dwo']);
  t.deepEqual(
    symbolizer.problems.map(({ code }) => code),
    ['HH1302'],
  );
});

test('a damaged .dwo file never crashes or hangs', (t) => {
  if (!ready(t)) return;
  const folder = tempFolder(t);
  const elf = build(folder, 'split', ['-gsplit-dwarf']);
  const bytes = readFileSync(elf);
  const good = readFileSync(join(folder, 'split-work.dwo'));
  for (let at = 0; at < good.length; at += 3) {
    const damaged = Uint8Array.from(good);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
    const symbolizer = createSymbolizer(bytes, {
      splitFiles: (name) =>
        name.includes('work') ? damaged.subarray(0, at % 5 === 0 ? at : damaged.length) : undefined,
    });
    t.is(places(symbolizer).length, (CODE.to - CODE.from) / 2);
  }
});

test('only files called .dwo are looked for, and nothing that is no file', (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'secret.txt'), 'x');
  mkdirSync(join(folder, 'folder.dwo'));
  const files = splitFilesOf(join(folder, 'firmware.elf'));
  t.is(files('secret.txt', folder), undefined);
  t.is(files('folder.dwo', folder), undefined);
  t.is(files('none.dwo', undefined), undefined);
});

const openPackage = (elf: string) => createSymbolizer(readFileSync(elf), { splitPackage: splitPackageOf(elf) });

/** Builds a program and lays its .dwo files into a package beside it, under one of the names that are looked for. */
function packed(folder: string, { version, tool, name }: { version: number; tool: 'dwp' | 'llvm-dwp'; name: string }) {
  const elf = build(folder, 'split', [`-gdwarf-${version}`, '-gsplit-dwarf']);
  const inputs = tool === 'dwp' ? ['-e', 'split.elf'] : ['split-work.dwo', 'split-main.dwo'];
  const { status, stderr } = spawnSync(tool, [...inputs, '-o', name], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${tool}: ${stderr}`);
  spawnSync('rm', ['split-work.dwo', 'split-main.dwo'], { cwd: folder });
  return elf;
}

// GNU's dwp 2.40 crashes on DWARF 5.
for (const [version, tool, name] of [
  [4, 'dwp', 'split.elf.dwp'],
  [4, 'llvm-dwp', 'split.dwp'],
  [5, 'llvm-dwp', 'split.elf.dwp'],
] as const) {
  test(`a package that ${tool} made of DWARF ${version} says what the .dwo files said`, (t) => {
    if (!ready(t)) return;
    if (missingTools([tool]).length > 0) return notRun(t, `${tool} is missing`);
    const folder = tempFolder(t);
    const whole = open(build(folder, 'whole', [`-gdwarf-${version}`]));
    const split = openPackage(packed(folder, { version, tool, name }));
    t.deepEqual(places(split), places(whole));
    t.true(places(split).some((place) => place.includes('twice')));
    if (version === 5) t.deepEqual(parameters(split), parameters(whole));
    t.deepEqual(split.splitUnits, []);
    t.deepEqual(split.problems, []);
    t.deepEqual(split.structFieldOffset('the_pool', 'name'), whole.structFieldOffset('the_pool', 'name'));
  });
}

test('a package of another build is not believed, one with a damaged index is named', (t) => {
  if (!ready(t)) return;
  if (missingTools(['llvm-dwp']).length > 0) return notRun(t, 'llvm-dwp is missing');
  const folder = tempFolder(t);
  const elf = packed(folder, { version: 5, tool: 'llvm-dwp', name: 'split.dwp' });
  const good = readFileSync(join(folder, 'split.dwp'));
  const other = build(join(folder, 'other'), 'split', ['-gsplit-dwarf', '-DOTHER', '-O2']);
  const foreign = createSymbolizer(readFileSync(other), { splitPackage: () => good });
  t.false(places(foreign).some((place) => place.includes('twice')));
  t.deepEqual(foreign.splitUnits, ['split-work.dwo', 'split-main.dwo']);
  const index = new ElfFile(good, { relocatable: true }).section('.debug_cu_index');
  const damaged = Uint8Array.from(good);
  damaged[index?.offset ?? 0] = 9;
  const symbolizer = createSymbolizer(readFileSync(elf), { splitPackage: () => damaged });
  t.deepEqual(symbolizer.splitUnits, ['split-work.dwo', 'split-main.dwo']);
  t.deepEqual(
    symbolizer.problems.map(({ code }) => code),
    ['HH1370'],
  );
});

test('a damaged package never crashes or hangs', (t) => {
  if (!ready(t)) return;
  if (missingTools(['llvm-dwp']).length > 0) return notRun(t, 'llvm-dwp is missing');
  const folder = tempFolder(t);
  const elf = packed(folder, { version: 5, tool: 'llvm-dwp', name: 'split.dwp' });
  const bytes = readFileSync(elf);
  const good = readFileSync(join(folder, 'split.dwp'));
  for (let at = 0; at < good.length; at += 3) {
    const damaged = Uint8Array.from(good);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
    const splitPackage = () => damaged.subarray(0, at % 5 === 0 ? at : damaged.length);
    t.is(places(createSymbolizer(bytes, { splitPackage })).length, (CODE.to - CODE.from) / 2);
  }
});
