import test from 'ava';
import { loadBoard } from '../../lib/boards/load-board.js';
import { consolePort } from '../../lib/capture/console/serial-console.js';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { ptyDevice } from '../support/pty.js';

// Its own prompt never comes: what ends the capture is the console that we give it.
const elf = lispFirmware({ board: 'microbit', opt: 'Og', variant: 'bootloop' });

test.serial(
  'a line is typed at the prompt of the serial console, and the prompt behind it ends the capture',
  async (t) => {
    t.timeout(120_000);
    const typed: string[] = [];
    await using device = await ptyDevice((bytes) => {
      typed.push(bytes.toString('latin1'));
      // A status bar's escapes stand before the prompt, which comes in two pieces.
      device.send('ok\r\n\x1b]0;bar\x1b\\>>');
      setTimeout(() => device.send('> '), 20);
    });
    const options = {
      elf,
      board: 'qemu-microbit',
      engine: 'direct',
      serial: device.path,
      send: ['gc.collect()'],
    } as const;
    const capture = collectTrace(
      (async function* () {
        let prompted = false;
        for await (const record of harvestEvents(options)) {
          if (!prompted) device.send('Adafruit CircuitPython 9.0\r\n>>> ');
          prompted = true;
          yield record;
        }
      })(),
    );
    const trace = await capture;
    t.deepEqual(typed, ['gc.collect()\r']);
    t.is(trace.info.endReason, 'the console shows ">>> "');
    t.not(trace.info.complete, false);
    t.true(
      trace.notes.some(({ text }) => /the end is the prompt ">>> " on the console, behind what is typed/.test(text)),
    );
    t.true(trace.notes.some(({ text }) => text.includes(`the console is ${device.path} at 115200 baud`)));
  },
);

test('the console is the port of the board, or that of a serial number; never a guess', async (t) => {
  const board = await loadBoard('metro_m0_express');
  const metro = { path: '/dev/ttyACM0', vendorId: '239a', productId: '8014', serialNumber: 'AB12' };
  const other = { path: '/dev/ttyUSB0', vendorId: '10c4', productId: 'ea60', serialNumber: 'CD34' };
  const list = async () => [metro, other];
  t.is(await consolePort('auto', board, list), '/dev/ttyACM0');
  t.is(await consolePort('id:CD34', board, list), '/dev/ttyUSB0');
  t.is(await consolePort('/dev/ttyS9', board, list), '/dev/ttyS9');
  const twice = async () => [metro, { ...metro, path: '/dev/ttyACM1', serialNumber: 'EF56' }];
  await t.throwsAsync(consolePort('auto', board, twice), { code: 'HH1544', message: /2 ports.*AB12.*EF56/ });
  await t.throwsAsync(
    consolePort('auto', board, async () => [other]),
    { code: 'HH1544', message: /0 ports/ },
  );
});
