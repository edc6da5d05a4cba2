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
import { buildArm } from '../support/arm-build.js';
import { capture } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { captureMalloc, referenceForm } from '../support/malloc-capture.js';
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

test.serial(
  'a chip that resets itself in mid-run begins a new epoch, and a call that never returned is forgotten',
  async (t) => {
    t.timeout(120_000);
    const elf = buildArm({
      sources: ['test/capture/programs/chip-reset.c', 'test/symbols/programs/mps2-start.c'],
      script: 'test/symbols/programs/mps2.ld',
      flags: ['-mcpu=cortex-m3', '-g', '-O1', '-fno-inline'],
    });
    const setup = { elf, allocator: 'custom', hooks: ['take(size)', 'give(ptr)'], until: ['finished'] };
    for (const engine of [new DirectEngine(), new GdbEngine(await findGdb())]) {
      const { trace, error } = await captureMalloc(engine, setup);
      t.is(error, undefined, engine.name);
      t.is(trace.info.doubtful, undefined, engine.name);
      t.deepEqual(
        trace.epochs.map(({ beforeSeq, reason }) => [beforeSeq, reason.replace(/ at 0x\w+/, '')]),
        [[3, 'the target was reset (Reset_Handler)']],
        engine.name,
      );
      // Before: blocks of 1 and 2 bytes, the second given back. After: the same, and the third.
      t.deepEqual(
        referenceForm(trace).map((line) => line.replace(/[0-9a-f]{8}/, 'block')),
        ['block 1', 'block 2', 'free block', 'block 1', 'block 2', 'free block', 'block 3'],
        engine.name,
      );
      t.is(trace.info.complete, true, engine.name);
    }
    // Without a comparator for it the restart shows as a contradiction, never as a matter of course.
    const { trace } = await captureMalloc(new DirectEngine(), { ...setup, breakpoints: 4 });
    t.regex(trace.info.doubtful ?? '', /contradict/);
  },
);

test.serial(
  'where gc_init was inlined and debug information is missing, the reset handler tells a restart of the chip',
  async (t) => {
    const elf = join(tempFolder(t), 'firmware.elf');
    const built = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'restart' });
    execFileSync('arm-none-eabi-objcopy', ['--strip-debug', built, elf], { timeout: 60_000 });
    const board = await loadBoard('qemu-mps2-an385');
    const { plan, notes } = makeLogPlan(await loadFirmware(elf, board), board, { untilRepl: true });
    t.is(
      plan.hook.type === 'gc-log' ? plan.hook.resetHandler?.label.replace(/ at 0x\w+/, '') : undefined,
      'the target was reset (Reset_Handler)',
    );
    t.regex(
      notes.join('\n'),
      /^gc_init is not watched \(.*\): a restart of the heap is told by the reset handler alone$/m,
    );
  },
);
