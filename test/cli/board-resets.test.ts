import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { readJournal } from '../../lib/public/command-line.js';
import type { Trace } from '../../lib/trace/trace.js';
import { eventLines } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { runCli } from '../support/run-cli.js';
import { simulatedBoard } from '../support/simulated-board.js';
import { tempFolder } from '../support/temp-folder.js';

const elf = lispFirmware({ board: 'microbit', opt: 'Os', variant: 'tiny' });
/** Of one boot; then the firmware waits at its prompt. */
const BOOT_EVENTS = 20;

function traceIn(folder: string): Trace | undefined {
  const path = join(folder, 'capture.harvest');
  return existsSync(path) ? readJournal(readFileSync(path)).build() : undefined;
}

/** Waits for a whole boot, and until the core runs on behind it. */
async function booted(folder: string, runs: () => boolean): Promise<void> {
  for (let i = 0; i < 4_000; i++) {
    if ((traceIn(folder)?.eventCount ?? 0) >= BOOT_EVENTS && runs()) return;
    await sleep(20);
  }
  throw new Error('the firmware did not boot');
}

for (const engine of ['direct', 'gdb'] as const)
  test.serial(
    `${engine}: a board that is reset during a capture boots once more, in a new epoch, without a lost event`,
    async (t) => {
      t.timeout(240_000);
      await using board = await simulatedBoard('microbit', elf);
      const cwd = tempFolder(t);
      const args = ['--engine', engine, '--max-events', String(2 * BOOT_EVENTS), elf];
      let pressed: Promise<void> | undefined;
      const { status, stderr } = await runCli(['--board', 'metro_m0_express', ...args], {
        cwd,
        env: board.env,
        timeoutMs: 200_000,
        started: () => {
          pressed = booted(cwd, () => board.chipState().runs).then(() => board.pressReset());
        },
      });
      await pressed;
      t.is(status, 0, stderr);
      const trace = traceIn(cwd);
      if (!trace) return t.fail();
      const lines = eventLines(trace);
      t.is(lines.length, 2 * BOOT_EVENTS);
      t.deepEqual(lines.slice(BOOT_EVENTS), lines.slice(0, BOOT_EVENTS));
      t.deepEqual(trace.epochs, [{ beforeSeq: BOOT_EVENTS, reason: 'gc_init' }]);
      t.deepEqual(trace.gaps, []);
      return t.deepEqual(board.chipState(), { runs: true, breakpoints: 0 });
    },
  );
