import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadTrace } from '../../lib/formats/load-trace.js';
import { eventLines } from '../support/capture.js';
import { projectRoot } from '../support/fixture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { runCli } from '../support/run-cli.js';
import { simulatedBoard } from '../support/simulated-board.js';
import { tempFolder } from '../support/temp-folder.js';

const elf = lispFirmware({ board: 'microbit', opt: 'Os', variant: 'tiny' });

async function eventsOf(folder: string): Promise<string[]> {
  const { builder } = await loadTrace(join(folder, 'capture.harvest'));
  return eventLines(builder.build());
}

/** The README's first command on a board, as it stands there. */
function readmeCommand(): string[] {
  const line = /^harvest (--until-repl --board metro_m0_express firmware\.elf)/m.exec(
    readFileSync(join(projectRoot, 'README.md'), 'utf8'),
  );
  return (line?.[1] ?? '').split(' ');
}

test.serial(
  'the README’s first command launches OpenOCD by itself, and captures what the emulator alone does',
  async (t) => {
    t.timeout(240_000);
    const reference = tempFolder(t);
    const direct = await runCli([elf, '--board', 'qemu-microbit', '--engine', 'direct', '-q', '-o', reference]);
    t.is(direct.status, 0, direct.stderr);
    await using board = await simulatedBoard('microbit', elf);
    const cwd = tempFolder(t);
    const args = readmeCommand().map((word) => (word === 'firmware.elf' ? elf : word));
    t.is(args.length, 4);
    const { status, stdout, stderr } = await runCli(args, { cwd, env: board.env });
    t.is(status, 0, stderr);
    t.regex(stderr, /launched OpenOCD at 127\.0\.0\.1:\d+: interface cmsis-dap, target at91samdXX/);
    t.regex(stdout, /oracle +matched/);
    t.deepEqual(await eventsOf(cwd), await eventsOf(reference));
  },
);

test.serial('the gdb engine captures a whole harvest through the OpenOCD that was launched, the same', async (t) => {
  t.timeout(240_000);
  const reference = tempFolder(t);
  const direct = await runCli([elf, '--board', 'qemu-microbit', '--engine', 'direct', '-q', '-o', reference]);
  t.is(direct.status, 0, direct.stderr);
  const expected = await eventsOf(reference);
  await using board = await simulatedBoard('microbit', elf);
  const cwd = tempFolder(t);
  const args = ['--board', 'metro_m0_express', '--engine', 'gdb', elf];
  const whole = await runCli([...args, '--until-repl'], { cwd, env: board.env });
  t.is(whole.status, 0, whole.stderr);
  t.regex(whole.stdout, /oracle +matched/);
  t.deepEqual(await eventsOf(cwd), expected);
  // As many events as there are: none comes behind the last, and none is waited for.
  const bounded = await runCli([...args, '--max-events', String(expected.length)], { cwd, env: board.env });
  t.is(bounded.status, 0, bounded.stderr);
  t.regex(bounded.stdout, new RegExp(`end +${expected.length} events were captured`));
  t.deepEqual(await eventsOf(cwd), expected);
});
