import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../support/fixture.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

test('a firmware built with LTO: all calls are captured, and an inlined part of a function in its own body is no missing call', async (t) => {
  t.timeout(180_000);
  const folder = tempFolder(t);
  // A copy: the same make variables would otherwise put LTO objects into the builds of the other tests.
  for (const name of ['tasks', 'mps2-an385']) {
    cpSync(join(projectRoot, 'examples', 'firmware', name), join(folder, name), {
      recursive: true,
      filter: (source) => !source.endsWith('/build'),
    });
  }
  const make = ['-s', '-C', join(folder, 'tasks'), 'LIBC=newlib', 'OPT=Os', 'ALLOC=heap4'];
  execFileSync('make', [...make, 'TARGET=-mcpu=cortex-m3 -mthumb -flto'], { timeout: 120_000 });
  const elf = join(folder, 'tasks', 'build', 'newlib-Os-heap4', 'firmware.elf');
  const { status, stdout, stderr } = await runCli([
    ...[elf, '--allocator', 'auto', '--until', 'tasks_done', '--out', join(folder, 'out'), '--json'],
  ]);
  t.is(status, 0, stderr);
  const summary = JSON.parse(stdout) as {
    events: number;
    failures: number;
    notes: { text: string }[];
    oracle: { outcome: string };
  };
  t.true(summary.events > 1000);
  t.is(summary.failures, 4);
  t.is(summary.oracle.outcome, 'matched');
  // The compiler split vPortFree in two and put the parts together again: nm shows no call that passes it by.
  t.false(
    summary.notes.some(({ text }) => text.includes('was inlined')),
    JSON.stringify(summary.notes),
  );
});
