import { readFileSync } from 'node:fs';
import test from 'ava';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { notRun } from '../support/not-run.js';

const PROGRAMS = 'test/symbols/programs';
const SOURCES = [`${PROGRAMS}/lists-one.c`, `${PROGRAMS}/lists-two.c`];
const PARAMETERS = { first: ['left', 'right'], second: ['low', 'middle', 'high'], other: ['value'] };

function opened(compiler: 'gcc' | 'clang', version: 4 | 5): Symbolizer {
  const flags = ['-mcpu=cortex-m3', '-O1', `-gdwarf-${version}`];
  const build = { sources: SOURCES, script: `${PROGRAMS}/at-8000.ld`, flags };
  return createSymbolizer(readFileSync(buildArm({ ...build, compiler })));
}

/** Which register holds each parameter at each place of its function, as `second+4 low r5`. */
function registersOfParameters(symbolizer: Symbolizer): string[] {
  const registers = Array.from({ length: 16 }, (_, index) => index);
  return Object.entries(PARAMETERS).flatMap(([name, parameters]) => {
    const { address = 0, sizeBytes = 0 } = symbolizer.symbol(name) ?? {};
    return Array.from({ length: sizeBytes / 2 }, (_, half) => half * 2).flatMap((at) =>
      parameters.map((parameter) => {
        const frame = { pc: address + at, registers, cfa: 0 };
        return `${name}+${at} ${parameter} r${symbolizer.parameterValue(parameter, frame, () => undefined)}`;
      }),
    );
  });
}

for (const compiler of ['gcc', 'clang'] as const) {
  test(`every unit of ${compiler} has its own location lists, in DWARF 5 as in DWARF 4`, (t) => {
    const missing = missingTools(['arm-none-eabi-gcc', compiler === 'gcc' ? 'arm-none-eabi-gcc' : 'clang']);
    if (missing.length > 0) return notRun(t, `${missing.join(', ')} is missing`);
    const symbolizer = opened(compiler, 5);
    const found = registersOfParameters(symbolizer);
    t.deepEqual(found, registersOfParameters(opened(compiler, 4)));
    for (const place of ['first+0 left r0', 'second+0 low r0', 'second+0 high r2'])
      t.true(found.includes(place), place);
    t.true(
      found.some((place) => /^second.* low r[4-7]$/.test(place)),
      'it was moved',
    );
    t.deepEqual(symbolizer.problems, []);
  });
}
