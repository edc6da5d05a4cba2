import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import { type Addr2LinePlace, addr2line, withoutArguments } from '../support/addr2line.js';
import { type ArmBuild, buildArm, missingTools } from '../support/arm-build.js';
import { type GdbPlace, judgeWithGdb } from '../support/gdb-judge.js';
import { notRun } from '../support/not-run.js';

const PROGRAMS = 'test/symbols/programs';
const TOOLS = ['arm-none-eabi-gcc', 'arm-none-eabi-g++', 'arm-none-eabi-addr2line', 'gdb-multiarch'];
const missing = missingTools(TOOLS);

/** The build and its symbolizer; undefined, said aloud, where the tools are not installed. */
function open(
  t: ExecutionContext,
  build: ArmBuild,
): { readonly elf: string; readonly symbolizer: Symbolizer } | undefined {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const elf = buildArm(build);
  return { elf, symbolizer: createSymbolizer(readFileSync(elf)) };
}

function stacks(...flags: string[]): ArmBuild {
  return { sources: [`${PROGRAMS}/stacks.c`], script: `${PROGRAMS}/program.ld`, flags };
}

function codeAddresses(symbolizer: Symbolizer): number[] {
  const text = symbolizer.elfFile.section('.text');
  if (!text) return [];
  return Array.from({ length: text.sizeBytes / 2 }, (_, index) => text.address + index * 2);
}

interface Mine {
  readonly names: readonly string[];
  readonly file: string | undefined;
  readonly line: number;
}

/** Why an answer that is not addr2line's is right; undefined when it is not. gdb is the judge. */
function explain(mine: Mine, theirs: readonly Addr2LinePlace[], gdb: GdbPlace): string | undefined {
  // The linker leaves address 0 in the entries of functions that it discarded; flash, with the vector table, starts there.
  if (gdb.symbol === 'vectors' && mine.names.join() === '??' && mine.line === 0)
    return 'a discarded function is not the vector table';
  if (mine.file !== gdb.file || mine.line !== gdb.line) return undefined;
  const sameNames = mine.names.join() === theirs.map((place) => place.name).join();
  if (sameNames) return 'of several rows at one address gdb takes the last statement, addr2line the last row';
  // Between functions (literal pools, padding) addr2line names the function before.
  if (mine.names.join() === '??' && gdb.symbol === undefined) return 'no function covers this address';
  if (mine.names.length === 1 && gdb.symbol !== undefined && mine.names[0] === withoutArguments(gdb.symbol))
    return 'the symbol that gdb gives';
  return undefined;
}

const macro = test.macro({
  exec(t, build: ArmBuild) {
    const opened = open(t, build);
    if (!opened) return;
    const { elf, symbolizer } = opened;
    const addresses = codeAddresses(symbolizer);
    t.true(addresses.length > 60);
    const theirs = addr2line(elf, addresses);
    const differing: number[] = [];
    for (const address of addresses) {
      const mine = symbolizer.locate(address).map((place) => {
        return `${place.functionName} ${place.file?.split('/').at(-1) ?? '??'}:${place.line}`;
      });
      const answer = (theirs.get(address) ?? []).map((place) => `${place.name} ${place.file}:${place.line}`);
      if (mine.join('|') !== answer.join('|')) differing.push(address);
    }
    const judged = judgeWithGdb(elf, differing);
    const reasons = new Map<string, number>();
    for (const address of differing) {
      const places = symbolizer.locate(address);
      const mine = {
        names: places.map((place) => place.functionName),
        file: places[0]?.file,
        line: places[0]?.line ?? 0,
      };
      const gdb = judged.get(address) ?? { symbol: undefined, file: undefined, line: 0 };
      const reason = explain(mine, theirs.get(address) ?? [], gdb);
      if (!reason) t.log(`0x${address.toString(16)}`, mine, theirs.get(address), gdb);
      t.truthy(reason);
      if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    t.log(`${addresses.length} addresses, ${differing.length} differ from addr2line`, Object.fromEntries(reasons));
    t.true(differing.length < addresses.length / 5);
    t.deepEqual(symbolizer.problems, []);
  },
  title: (name = '') => `names function, file and line of every address as addr2line or gdb do: ${name}`,
});

for (const cpu of ['cortex-m0', 'cortex-m3']) {
  for (const level of ['-Og', '-Os', '-O2']) {
    test(`${cpu} ${level} DWARF 5`, macro, stacks(`-mcpu=${cpu}`, level, '-g3', '-gdwarf-5'));
  }
}
test('DWARF 4', macro, stacks('-mcpu=cortex-m3', '-Os', '-g', '-gdwarf-4'));
test('DWARF 3', macro, stacks('-mcpu=cortex-m3', '-Os', '-g', '-gdwarf-3', '-gstrict-dwarf'));
test('DWARF 2', macro, stacks('-mcpu=cortex-m0', '-O1', '-g', '-gdwarf-2', '-gstrict-dwarf'));
test('64-bit DWARF', macro, stacks('-mcpu=cortex-m3', '-Os', '-g', '-gdwarf64'));
test(
  'compressed sections',
  macro,
  stacks('-mcpu=cortex-m3', '-Os', '-g', '-gz=zlib', '-Wl,--compress-debug-sections=zlib'),
);
test('type units', macro, stacks('-mcpu=cortex-m3', '-Os', '-g', '-fdebug-types-section'));
test('link-time optimisation', macro, stacks('-mcpu=cortex-m3', '-Os', '-g', '-flto'));
test(
  'big endian',
  macro,
  stacks('-mcpu=cortex-m3', '-Os', '-g', '-mbig-endian', '-nostdlib', '-DWITHOUT_LIBRARY', '-fno-builtin'),
);

test('names C++ functions as gdb does in backtraces', (t) => {
  const opened = open(t, {
    sources: [`${PROGRAMS}/shapes.cpp`],
    script: `${PROGRAMS}/program.ld`,
    flags: ['-mcpu=cortex-m3', '-Os', '-g', '-fno-exceptions', '-fno-rtti'],
  });
  if (!opened) return;
  const { elf, symbolizer } = opened;
  const addresses = codeAddresses(symbolizer);
  const judged = judgeWithGdb(elf, addresses);
  const names = new Set<string>();
  for (const address of addresses) {
    const places = symbolizer.locate(address);
    t.like(judged.get(address), { file: places[0]?.file, line: places[0]?.line });
    for (const place of places) names.add(place.functionName);
  }
  t.deepEqual([...names].sort(), [
    '??',
    'Reset_Handler',
    'main',
    'operator()',
    'shapes::(anonymous namespace)::hidden',
    'shapes::Point::operator<',
    'shapes::Stack<int, 4u>::pop',
    'shapes::Stack<int, 4u>::push',
    'shapes::Stack<shapes::Point, 2u>::pop',
    'shapes::Stack<shapes::Point, 2u>::push',
    'shapes::apply<main()::<lambda(int)> >',
    'shapes::largest',
  ]);
  const hidden = symbolizer.symbolsByPrefix('_ZN6shapes12_GLOBAL__N_16hidden')[0];
  t.is(symbolizer.functionAt(hidden?.address ?? 0)?.name, 'shapes::(anonymous namespace)::hidden');
});

test('finds .zdebug sections the same as plain ones', (t) => {
  const plain = open(t, stacks('-mcpu=cortex-m3', '-Os', '-g'));
  const packed = open(t, stacks('-mcpu=cortex-m3', '-Os', '-g', '-Wl,--compress-debug-sections=zlib-gnu'));
  if (!plain || !packed) return;
  t.truthy(packed.symbolizer.elfFile.section('.zdebug_info'));
  t.true(packed.symbolizer.hasDebugInfo);
  for (const address of codeAddresses(plain.symbolizer)) {
    t.deepEqual(packed.symbolizer.locate(address), plain.symbolizer.locate(address));
  }
});

test('lists what split debug information is missing, and still has lines', (t) => {
  const opened = open(t, stacks('-mcpu=cortex-m3', '-Os', '-g', '-gsplit-dwarf'));
  if (!opened) return;
  const { symbolizer } = opened;
  t.is(symbolizer.splitUnits.filter((name) => name.endsWith('.dwo')).length, 1);
  const place = symbolizer.locate(symbolizer.symbol('main')?.address ?? 0)[0];
  t.is(place?.functionName, 'main');
  t.is(place?.file, `${PROGRAMS}/stacks.c`);
});

test('finds where a line starts, and the next line that has code', (t) => {
  const opened = open(t, stacks('-mcpu=cortex-m3', '-Og', '-g'));
  if (!opened) return;
  const { symbolizer } = opened;
  const source = readFileSync(`${PROGRAMS}/stacks.c`, 'utf8').split('\n');
  const probe = source.findIndex((text) => text.includes('sink = where')) + 1;
  const found = symbolizer.lineAddresses('stacks.c', probe);
  t.is(found[0]?.address, symbolizer.symbol('probe')?.address);
  t.deepEqual(symbolizer.lineAddresses('programs/stacks.c', probe), found);
  t.deepEqual(symbolizer.lineAddresses('tacks.c', probe), []);
  const brace = source.findIndex((text) => text.includes('int recurse(int depth) {')) + 1;
  t.is(symbolizer.lineAddresses('stacks.c', brace - 1)[0]?.line, brace);
  t.deepEqual(symbolizer.lineAddresses('stacks.c', source.length + 1), []);
});

test('finds inlined calls and clones of a function', (t) => {
  const opened = open(t, stacks('-mcpu=cortex-m3', '-Os', '-g'));
  if (!opened) return;
  const { symbolizer } = opened;
  const inlined = symbolizer.inlinedInstances('inlined_inner');
  t.is(inlined.length, 2);
  t.true(inlined.every((call) => call.callerName === 'with_inlines' && call.callFile?.endsWith('stacks.c')));
  const names = symbolizer.locate(inlined[0]?.address ?? 0).map((place) => place.functionName);
  t.deepEqual(names, ['inlined_inner', 'inlined_outer', 'with_inlines']);
  t.true(symbolizer.symbolsByPrefix('large_frame').length >= 1);
  t.regex(symbolizer.buildId ?? '', /^[0-9a-f]{40}$/);
});

test('finds sections that zstd compressed the same as plain ones', (t) => {
  const plain = open(t, stacks('-mcpu=cortex-m3', '-Os', '-g'));
  if (!plain) return;
  let packed: ReturnType<typeof open>;
  try {
    packed = open(t, { ...stacks('-mcpu=cortex-m3', '-Os', '-g'), objcopy: ['--compress-debug-sections=zstd'] });
  } catch (error) {
    return notRun(t, `this objcopy has no zstd: ${error}`);
  }
  if (!packed) return;
  t.true(packed.symbolizer.elfFile.bytes.length < plain.symbolizer.elfFile.bytes.length);
  for (const address of codeAddresses(plain.symbolizer))
    t.deepEqual(packed.symbolizer.locate(address), plain.symbolizer.locate(address));
});
