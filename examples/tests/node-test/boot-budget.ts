/*
 * The same with Node's own test runner: node --test dist/examples/tests/node-test/boot-budget.js
 * A failed assertion throws, and that is all that a test framework needs.
 */
import { throws } from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  assertBudget,
  assertNoNewPaths,
  assertPathBudget,
  type Baseline,
  type HeapCapture,
  harvest,
} from 'heap-harvest';
import { exampleFirmware } from '../example-firmware.js';

const options = { board: 'qemu-mps2-an385' };
let capture: HeapCapture;
/** In your project: the text of a file that `harvest check TRACE --write-baseline FILE` wrote. */
let baseline: Baseline;

before(async () => {
  capture = await harvest({ ...options, elf: exampleFirmware('small') });
  baseline = (await harvest({ ...options, elf: exampleFirmware('small') })).baseline();
});

test('the boot script stays within its budget', () => {
  assertBudget(capture, 'schema = 1\n[heap]\npeak = "6K"\nlive = "4K"\nfailures = 0');
});

test('each call path stays within its budget', () => {
  const paths = { read_form: { liveBytes: 4096 }, 'eval_call > form_define': { liveBytes: 2048 } };
  assertPathBudget(capture, paths);
});

test('a path over its budget is named with its source line and the excess', () => {
  throws(() => assertPathBudget(capture, { read_form: { liveBytes: 16 } }), {
    code: 'HH2010',
    message: /'read_form': [\d,]+ B alive at the end, limit 16 \([\d,]+ over\)\n {5}most: .* \w+\.c:\d+/,
  });
});

test('nothing allocates through a path that is not in the baseline', () => {
  assertNoNewPaths(capture, baseline);
});

test('another boot script has call paths that the baseline does not have', async () => {
  const other = await harvest({ ...options, elf: exampleFirmware('big') });
  throws(() => assertNoNewPaths(other, baseline), { code: 'HH2003', message: /call paths allocate/ });
});
