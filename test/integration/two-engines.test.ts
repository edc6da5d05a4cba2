import test from 'ava';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { captureInQemu, eventLines } from '../support/capture.js';
import { type FirmwareChoice, lispFirmware } from '../support/lisp-firmware.js';

// -Os on the Cortex-M3 has tail calls: gc_free ends in a branch to gc_log_change.
const BUILDS: readonly FirmwareChoice[] = [
  { board: 'mps2-an385', opt: 'Og', variant: 'small' },
  { board: 'mps2-an385', opt: 'Os', variant: 'big' },
  { board: 'microbit', opt: 'Og', variant: 'small' },
  { board: 'microbit', opt: 'Os', variant: 'big' },
];

for (const build of BUILDS) {
  test.serial(
    `${build.board} -${build.opt} ${build.variant}: both engines capture the same events and frames`,
    async (t) => {
      t.timeout(120_000);
      const elf = lispFirmware(build);
      const setup = { boardName: `qemu-${build.board}`, elf };
      const gdb = await captureInQemu(new GdbEngine(await findGdb()), setup);
      const direct = await captureInQemu(new DirectEngine(), setup);
      t.is(direct.error, undefined);
      const expected = eventLines(gdb.trace);
      const found = eventLines(direct.trace);
      t.true(expected.length > 100, `${expected.length} events`);
      const first = expected.findIndex((line, seq) => line !== found[seq]);
      t.is(found[first], expected[first], `event ${first}`);
      t.is(found.length, expected.length);
      t.deepEqual(direct.trace.regions, gdb.trace.regions);
      t.deepEqual(direct.trace.epochs, gdb.trace.epochs);
      t.deepEqual(direct.trace.info.oracle, gdb.trace.info.oracle);
      t.is(direct.trace.info.oracle?.outcome, 'matched');
      t.is(direct.trace.info.endReason, gdb.trace.info.endReason);
      t.log(`${found.length} events, direct ${Math.round(direct.elapsedMs)} ms, gdb ${Math.round(gdb.elapsedMs)} ms`);
    },
  );
}
