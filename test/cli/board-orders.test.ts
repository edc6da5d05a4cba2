import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadTrace } from '../../lib/formats/load-trace.js';
import { ExitCode } from '../../lib/public/command-line.js';
import { eventLines } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { type CliResult, runCli } from '../support/run-cli.js';
import { type SimulatedBoard, simulatedBoard } from '../support/simulated-board.js';
import { tempFolder } from '../support/temp-folder.js';

const elf = lispFirmware({ board: 'microbit', opt: 'Os', variant: 'tiny' });
const other = lispFirmware({ board: 'microbit', opt: 'Os', variant: 'small' });

async function eventsOf(folder: string): Promise<string[]> {
  const { builder } = await loadTrace(join(folder, 'capture.harvest'));
  return eventLines(builder.build());
}

interface OneCapture {
  readonly result: CliResult;
  readonly events: string[];
}

async function captureOn(t: ExecutionContext, board: SimulatedBoard, args: readonly string[]): Promise<OneCapture> {
  const cwd = tempFolder(t);
  const result = await runCli(['--board', 'metro_m0_express', ...args, elf], { cwd, env: board.env });
  return { result, events: await eventsOf(cwd).catch(() => []) };
}

for (const engine of ['direct', 'gdb'] as const)
  test.serial(
    `${engine}: a board is loaded, begun and left as ordered through the OpenOCD that was launched; the chip confirms what is said`,
    async (t) => {
      t.timeout(240_000);
      const reference = tempFolder(t);
      await runCli([elf, '--board', 'qemu-microbit', '--engine', 'direct', '-q', '-o', reference]);
      const expected = await eventsOf(reference);
      t.true(expected.length > 10);
      // Another firmware is in its flash: without --load it is refused, and runs on.
      await using board = await simulatedBoard('microbit', other);
      const common = ['--engine', engine, '--until-repl'];
      const refused = await captureOn(t, board, common);
      t.is(refused.result.status, ExitCode.target);
      t.regex(refused.result.stderr, /HH1504/);
      t.deepEqual(board.chipState(), { runs: true, breakpoints: 0 });

      const loaded = await captureOn(t, board, [...common, '--load', '--after', 'halt']);
      t.is(loaded.result.status, ExitCode.ok, loaded.result.stderr);
      t.deepEqual(loaded.events, expected);
      t.regex(loaded.result.stdout, /the target stays halted, without a breakpoint \(OpenOCD says: halted\)/);
      t.deepEqual(board.chipState(), { runs: false, breakpoints: 0 });

      const begun = await captureOn(t, board, [...common, '--reset', 'init', '--after', 'reset']);
      t.is(begun.result.status, ExitCode.ok, begun.result.stderr);
      t.deepEqual(begun.events, expected);
      t.regex(begun.result.stdout, /the target was reset and runs, without a breakpoint \(OpenOCD says: running\)/);
      t.deepEqual(board.chipState(), { runs: true, breakpoints: 0 });

      // It waits at its prompt: captured from where it stands there is nothing more.
      const joined = await captureOn(t, board, ['--engine', engine, '--reset', 'none', '--timeout', '5']);
      t.is(joined.result.status, ExitCode.partial, joined.result.stderr);
      t.regex(joined.result.stdout, /it was not reset/);
      // What is alive there is read from its own table.
      t.regex(joined.result.stdout, /69 alive before/);
      t.regex(joined.result.stdout, /oracle +matched/);
      t.regex(joined.result.stdout, /the target runs on, without a breakpoint \(OpenOCD says: running\)/);
      t.deepEqual(board.chipState(), { runs: true, breakpoints: 0 });
    },
  );
