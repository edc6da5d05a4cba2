import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import { type ArmBuild, buildArm, missingTools } from '../support/arm-build.js';
import { notRun } from '../support/not-run.js';

const PROGRAMS = 'test/symbols/programs';
const missing = missingTools(['arm-none-eabi-gcc', 'arm-none-eabi-g++']);

/** The symbolizer of a build; undefined, said aloud, where the tools are not installed. */
function open(t: ExecutionContext, build: ArmBuild): Symbolizer | undefined {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  return createSymbolizer(readFileSync(buildArm(build)));
}

/** Every address of the code, counted from its begin, with its places. */
function places(symbolizer: Symbolizer): string[] {
  const text = symbolizer.elfFile.section('.text');
  if (!text) return [];
  return Array.from({ length: text.sizeBytes / 2 }, (_, index) => {
    const found = symbolizer.locate(text.address + index * 2);
    return `${index * 2} ${found.map((place) => `${place.functionName}:${place.line}`).join(' < ')}`;
  });
}

const atZero = test.macro({
  exec(t, sources: readonly string[], flags: readonly string[]) {
    const all = ['-mcpu=cortex-m3', '-O2', '-g', '-nostdlib', '-Wl,-e,main', ...flags];
    const build = (script: string) =>
      open(t, { sources: sources.map((name) => `${PROGRAMS}/${name}`), script: `${PROGRAMS}/${script}`, flags: all });
    const zero = build('at-0.ld');
    const high = build('at-8000.ld');
    if (!zero || !high) return;
    t.deepEqual(places(zero), places(high));
    t.true(
      places(zero)
        .slice(0, 3)
        .every((text) => /_start:[1-9]/.test(text)),
    );
    const registers = [...new Array(13).fill(0), 0x20001000, 0x1d, 2];
    const { frames } = zero.unwind(registers, () => undefined);
    if (sources.length === 1)
      t.deepEqual(
        frames.slice(0, 2).map((frame) => frame.certainty),
        ['exact', 'exact'],
      );
    t.deepEqual(zero.problems, []);
  },
  title: (name = '') => `code at address 0 has its own lines, not those of discarded functions: ${name}`,
});
test('the first function in C', atZero, ['at-zero.c'], ['-DFIRST_IN_C']);
test('the first function in C, DWARF 4', atZero, ['at-zero.c'], ['-DFIRST_IN_C', '-gdwarf-4']);
test('the first function in assembly', atZero, ['at-zero.S', 'at-zero.c'], []);

test('functions without a name in the debug information have that of their symbol', (t) => {
  const symbolizer = open(t, {
    sources: [`${PROGRAMS}/nameless.S`],
    flags: ['-mcpu=cortex-m3', '-nostdlib', '-Wl,-Ttext=0x8000', '-Wl,-e,0x8000'],
  });
  if (!symbolizer) return;
  const text = [0, 2, 4, 8].map((offset) => {
    const [place] = symbolizer.locate(0x8000 + offset);
    return `${place?.functionName} ${place?.file}:${place?.line}`;
  });
  t.deepEqual(text, [
    '_GLOBAL__sub_I_a.cpp a.cpp:3',
    '_GLOBAL__sub_I_a.cpp a.cpp:3',
    'non-virtual thunk to C::g() a.cpp:2',
    'A::f a.cpp:5',
  ]);
  t.deepEqual(symbolizer.problems, []);
});

test('code that runs in RAM is verified where it is loaded to', (t) => {
  const symbolizer = open(t, {
    sources: [`${PROGRAMS}/ram-code.c`],
    script: `${PROGRAMS}/ram-code.ld`,
    flags: ['-mcpu=cortex-m3', '-Os', '-g', '-nostdlib'],
  });
  const section = symbolizer?.elfFile.section('.ramfunc');
  if (!symbolizer || !section) return;
  const { elfFile } = symbolizer;
  t.true(section.address >= 0x20000000);
  t.is(elfFile.loadAddress(section), symbolizer.symbol('ramfunc_load')?.address ?? -1);
  const text = elfFile.section('.text');
  t.truthy(text);
  if (text) t.is(elfFile.loadAddress(text), text.address);
});
