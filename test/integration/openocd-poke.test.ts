import test from 'ava';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { OpenocdPoke } from '../../lib/link/rsp/openocd-poke.js';
import { captureInQemu, eventLines } from '../support/capture.js';
import { captureThroughOpenocd } from '../support/capture-through-openocd.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { startScriptedServer } from '../support/scripted-server.js';

const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
const reference = await captureInQemu(new DirectEngine(), {
  boardName: 'qemu-mps2-an385',
  elf,
  plan: { maxEvents: 60 },
});
const expected = eventLines(reference.trace);

test.serial('through OpenOCD the direct engine captures the same, and pokes once an event at least', async (t) => {
  t.timeout(120_000);
  const { trace, error, log } = await captureThroughOpenocd(new DirectEngine(), { elf, poke: true, maxEvents: 60 });
  t.is(error, undefined, log);
  t.deepEqual(eventLines(trace), expected);
  t.true(Number(trace.info.engineReport?.openocdPokes) >= 60);
  // OpenOCD leaves the target halted at a detach: it was told before, and asked.
  t.is(trace.notes.at(-1)?.text, 'the target runs on, without a breakpoint (OpenOCD says: running)');
});

test.serial('without the Tcl port it captures the same, without pokes', async (t) => {
  t.timeout(120_000);
  const { trace, error, log } = await captureThroughOpenocd(new DirectEngine(), {
    elf,
    poke: false,
    maxEvents: 10,
  });
  t.is(error, undefined, log);
  t.deepEqual(eventLines(trace), expected.slice(0, 10));
  t.is(trace.info.engineReport?.openocdPokes, undefined);
});

test.serial('through OpenOCD the gdb engine captures the same', async (t) => {
  t.timeout(120_000);
  const gdb = new GdbEngine(await findGdb());
  const { trace, error, log } = await captureThroughOpenocd(gdb, { elf, poke: true, maxEvents: 60 });
  t.is(error, undefined, log);
  t.deepEqual(eventLines(trace), expected);
});

test('a port that does not answer as a Tcl server is refused with its remedy', async (t) => {
  await using silent = await startScriptedServer(() => undefined);
  await t.throwsAsync(OpenocdPoke.open({ host: '127.0.0.1', port: silent.port, timeoutMs: 200 }), {
    code: 'HH1565',
    message: /found no answer within 200 ms/,
  });
});
