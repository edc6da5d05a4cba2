import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadTrace } from '../../lib/formats/load-trace.js';
import { eventLines } from '../support/capture.js';
import { killedAt } from '../support/killed-captures.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { runCli } from '../support/run-cli.js';
import { simulatedBoard } from '../support/simulated-board.js';
import { tempFolder } from '../support/temp-folder.js';

const elf = lispFirmware({ board: 'microbit', opt: 'Os', variant: 'small' });

async function isPrefix(t: ExecutionContext, folder: string, expected: readonly string[]): Promise<void> {
  const { builder } = await loadTrace(join(folder, 'capture.harvest'));
  const trace = builder.build();
  t.false(trace.info.complete);
  t.deepEqual(eventLines(trace), expected.slice(0, trace.eventCount));
}

async function reference(t: ExecutionContext): Promise<string[]> {
  const folder = tempFolder(t);
  await runCli([elf, '--board', 'qemu-microbit', '--engine', 'direct', '-q', '-o', folder]);
  return eventLines((await loadTrace(join(folder, 'capture.harvest'))).builder.build());
}

/** In bytes of journal: while it connects, and some way in. At seeded moments: dist/test/support/every-kill.js. */
const MOMENTS = [0, 2_500];

for (const [part, engine] of [
  ['the CLI', 'direct'],
  ['the CLI', 'gdb'],
  ['OpenOCD', 'gdb'],
  ['gdb', 'gdb'],
] as const)
  test.serial(
    `kill -9 of ${part} (${engine} engine): no orphan, no armed breakpoint after the next attach, no wrong event`,
    async (t) => {
      t.timeout(280_000);
      const expected = await reference(t);
      await using board = await simulatedBoard('microbit', elf, { runs: true });
      for (const bytes of MOMENTS) {
        const folder = tempFolder(t);
        const { result, left, graceIsOver } = await killedAt(board, folder, { part, engine, bytes, elf });
        t.deepEqual(left, [], `killed at ${bytes} bytes`);
        if (bytes > 0) await isPrefix(t, folder, expected);
        if (part === 'the CLI') {
          t.is(result.signal, 'SIGKILL');
          if (graceIsOver) continue;
          // OpenOCD has put its target in order when it saw that it is alone, or has not touched it yet.
          t.deepEqual(board.chipState(), { runs: true, breakpoints: 0 }, `killed at ${bytes} bytes`);
        } else {
          t.not(result.status, 0);
        }
      }
      const next = tempFolder(t);
      const again = await runCli(
        ['--board', 'metro_m0_express', '--engine', engine, '--max-events', '3', '-q', '-o', next, elf],
        {
          env: board.env,
          cwd: next,
        },
      );
      t.is(again.status, 0, again.stderr);
      t.deepEqual(board.chipState(), { runs: true, breakpoints: 0 });
      t.deepEqual(eventLines((await loadTrace(join(next, 'capture.harvest'))).builder.build()), expected.slice(0, 3));
    },
  );

test.serial('a probe that is pulled out ends the capture with what was captured, and leaves no process', async (t) => {
  t.timeout(200_000);
  const expected = await reference(t);
  for (const engine of ['direct', 'gdb']) {
    await using board = await simulatedBoard('microbit', elf);
    const folder = tempFolder(t);
    const { result, left } = await killedAt(board, folder, {
      part: 'the probe',
      engine,
      bytes: 1_500,
      elf,
    });
    t.not(result.status, 0);
    t.deepEqual(left, []);
    await isPrefix(t, folder, expected);
  }
});
