/*
 * What a firmware project's own test could look like: boot the firmware under QEMU, capture its heap, and hold it to limits.
 * In your project: npm install --save-dev heap-harvest ava, and name your own ELF file and board.
 */
import test from 'ava';
import { harvest, harvestEvents } from 'heap-harvest';
import { exampleFirmware } from './example-firmware.js';

test('the boot script leaves the heap within its limits', async (t) => {
  t.timeout(60_000);
  const capture = await harvest({ elf: exampleFirmware('small'), board: 'qemu-mps2-an385' });
  const { complete, oracle, liveBytes, peakBytes, failures } = capture.summary();

  t.true(complete, 'a capture with holes proves nothing');
  t.is(oracle?.outcome, 'matched');
  t.is(failures, 0);
  t.true(liveBytes <= 4 * 1024, `${liveBytes} bytes alive at the REPL`);
  t.true(peakBytes <= 6 * 1024, `peak of ${peakBytes} bytes`);

  // Who holds it: the tree as tree-model's nodes, which can be searched.
  const reader = capture.treeNodes().first((node) => node.model.functionName === 'read_form');
  t.true((reader?.model.live.bytes ?? 0) > 0);
});

test('events can be looked at while the firmware runs', async (t) => {
  t.timeout(60_000);
  let sweeps = 0;
  for await (const record of harvestEvents({ elf: exampleFirmware('small'), board: 'qemu-mps2-an385' })) {
    if (record.kind === 'sweep') sweeps++;
    if (sweeps === 10) break; // Leaving the loop ends the capture and stops the emulator.
  }
  t.is(sweeps, 10);
});
