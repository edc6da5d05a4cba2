import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { connect } from '../../lib/link/server/connect.js';
import { capture } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { tempFolder } from '../support/temp-folder.js';

test.serial('where gc_init was inlined, gc_setup_area tells a restart of a heap of one area', async (t) => {
  t.timeout(120_000);
  const elf = join(tempFolder(t), 'firmware.elf');
  const built = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
  // As a compiler leaves it that inlines gc_init and not what it calls: the heap is set up in a function of this name. Without debug
  // information the allocation table is not known: nothing else tells of a restart.
  const changes = ['--redefine-sym', 'gc_init=gc_setup_area', '--strip-debug'];
  execFileSync('arm-none-eabi-objcopy', [...changes, built, elf], { timeout: 60_000 });
  const board = await loadBoard('qemu-mps2-an385');
  const gdb = await findGdb();
  for (const engine of [new DirectEngine(), new GdbEngine(gdb), new GdbEngine(gdb, false)]) {
    await using target = await connect(board, { elf });
    target.lost.catch(() => undefined);
    // Ctrl-D waits in the UART until the REPL reads it.
    target.writeConsole?.('\x04');
    const { plan, notes } = makeLogPlan(await loadFirmware(elf, board), board, { maxEvents: 1000 });
    t.deepEqual(notes, []);
    const { trace, error } = await capture(engine, { target, plan, signal: AbortSignal.timeout(200_000) });
    t.is(error, undefined, engine.name);
    t.deepEqual(
      trace.epochs.map(({ reason }) => reason),
      ['gc_setup_area'],
      engine.name,
    );
  }
});
