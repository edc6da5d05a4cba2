import { readFileSync } from 'node:fs';
import test from 'ava';
import { loadBoard } from '../../lib/boards/load-board.js';
import { coreNotes } from '../../lib/firmware/core-fit.js';
import { createSymbolizer } from '../../lib/symbols/symbolizer.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { notRun } from '../support/not-run.js';

const missing = missingTools(['arm-none-eabi-gcc']);

test('a program for a Cortex-M3 is not one of a Cortex-M0; it may be one of a board that nothing is known of', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const program = 'test/symbols/programs';
  const elf = buildArm({
    sources: [`${program}/stacks.c`],
    script: `${program}/program.ld`,
    flags: ['-mcpu=cortex-m3', '-O2', '-g'],
  });
  const image = createSymbolizer(readFileSync(elf));
  const notesOf = async (name: string) => coreNotes(await loadBoard(name), image);
  t.deepEqual(await notesOf('metro_m0_express'), [
    'the program is built for Armv7-M, which the cortex-m0plus of metro_m0_express does not run: is it another board’s?',
  ]);
  t.deepEqual(await notesOf('qemu-mps2-an385'), []);
  t.deepEqual(await notesOf('generic'), []);
});
