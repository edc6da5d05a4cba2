import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import { type Addr2LinePlace, addr2line } from '../support/addr2line.js';
import { type ArmBuild, buildArm, missingTools } from '../support/arm-build.js';
import { type GdbPlace, judgeWithGdb } from '../support/gdb-judge.js';

const PROGRAMS = 'test/symbols/programs';
const TOOLS = ['arm-none-eabi-gcc', 'arm-none-eabi-g++', 'arm-none-eabi-addr2line', 'gdb-multiarch'];
const missing = missingTools(TOOLS);

/** The build and its symbolizer; undefined, said aloud, where the tools are not installed. */
function open(
  t: ExecutionContext,
  build: ArmBuild,
): { readonly elf: string; readonly symbolizer: Symbolizer } | undefined {
  if (missing.length > 0) {
    t.log(`NOT CHECKED: ${missing.join(', ')} not installed`);
    t.pass();
    return undefined;
  }
  const elf = buildArm(build);
  return { elf, symbolizer: createSymbolizer(readFileSync(elf)) };
}

function stacks(...flags: string[]): ArmBuild {
  return { sources: [`${PROGRAMS}/stacks.c`], script: `${PROGRAMS}/program.ld`, flags };
}

function codeAddresses(symbolizer: Symbolizer): number[] {
  const text = symbolizer.elf.section('.text');
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
  if (mine.file !== gdb.file || mine.line !== gdb.line) return undefined;
  const sameNames = mine.names.join() === theirs.map((place) => place.name).join();
  if (sameNames) return 'of several rows at one address gdb takes the last statement, addr2line the last row';
  // Between functions (literal pools, padding) addr2line names the function before.
  if (mine.names.join() === '??' && gdb.symbol === undefined) return 'no function covers this address';
  if (mine.names.length === 1 && mine.names[0] === gdb.symbol?.replace(/\(.*$/, '')) return 'the symbol that gdb gives';
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
test('C++', macro, {
  sources: [`${PROGRAMS}/shapes.cpp`],
  script: `${PROGRAMS}/program.ld`,
  flags: ['-mcpu=cortex-m3', '-Os', '-g', '-fno-exceptions', '-fno-rtti'],
});
