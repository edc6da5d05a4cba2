import test from 'ava';
import { compareWithGdb } from '../support/against-gdb.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { notRun } from '../support/not-run.js';

const missing = missingTools(['arm-none-eabi-gcc', 'gdb-multiarch', 'qemu-system-arm']);

test('anywhere in the code a stack is that of gdb, or marked: one build of every-build-against-gdb.js', (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const sources = ['test/symbols/programs/stacks.c'];
  const elf = buildArm({
    sources,
    script: 'test/symbols/programs/program.ld',
    flags: ['-mcpu=cortex-m3', '-O2', '-g'],
  });
  const options = { machine: 'mps2-an385', breakpoint: '*probe', stops: 30, stackTop: 0x20004000, steps: true };
  const found = compareWithGdb(elf, options);
  t.is(found.length, 30);
  t.deepEqual(
    found.filter(({ verdict }) => verdict === 'wrong'),
    [],
  );
  t.true(found.filter(({ verdict }) => verdict === 'same').length >= 25);
});
