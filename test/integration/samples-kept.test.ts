import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { OUTPUT_FILES } from '../../lib/output/write-outputs.js';
import { HeapCapture } from '../../lib/public/heap-capture.js';
import { LiveHeapSession } from '../../lib/session/live-heap-session.js';
import type { RawSample } from '../../lib/trace/heap-event.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { readJournal } from '../../lib/trace/journal-reader.js';
import { captureInQemu } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const elf = lispFirmware({ board: 'mps2-an385', opt: 'Os', variant: 'small' });
const { trace } = await captureInQemu(new DirectEngine(), { boardName: 'qemu-mps2-an385', elf });

/** Every byte of them, whatever kind of array holds it. */
function bytesOf(samples: readonly RawSample[]): string[] {
  return samples.map(
    ({ seq, registers, stackAddress, stack }) =>
      `${seq} ${[...registers]} ${stackAddress} ${Buffer.from(stack).toString('hex')}`,
  );
}

async function savedSamples(folder: string): Promise<string[]> {
  return bytesOf(readJournal(await readFile(join(folder, OUTPUT_FILES.journal))).build().rawSamples);
}

test('HeapCapture.of(trace).save() keeps every register and stack byte', async (t) => {
  t.is(trace.rawSamples.length, trace.eventCount);
  const folder = tempFolder(t);
  await HeapCapture.of(trace).save(folder);
  t.deepEqual(await savedSamples(folder), bytesOf(trace.rawSamples));
});

test('harvest resymbolize keeps every register and stack byte, so that it can be done again', async (t) => {
  const folder = tempFolder(t);
  await HeapCapture.of(trace).save(folder);
  for (const [from, to] of [
    ['.', 'once'],
    ['once', 'twice'],
  ]) {
    const args = [
      'resymbolize',
      join(folder, from ?? '', OUTPUT_FILES.journal),
      '--elf',
      elf,
      '-o',
      join(folder, to ?? ''),
    ];
    const { status, stderr } = await runCli(args);
    t.is(status, 0, stderr);
    t.deepEqual(await savedSamples(join(folder, to ?? '')), bytesOf(trace.rawSamples));
  }
});

test("a session's dump keeps the registers and stacks of its events", async (t) => {
  await using session = LiveHeapSession.onTarget({ elf, board: 'qemu-mps2-an385', engine: 'direct' });
  await session.init(10_000);
  await session.start('all');
  await session.console.until('>>> ');
  const dumped = await session.dump();
  t.true(dumped.eventCount > 500);
  t.deepEqual(
    dumped.rawSamples.map(({ seq }) => seq),
    [...Array(dumped.eventCount).keys()],
  );
  const again = readJournal(Buffer.concat(journalBytes(dumped))).build();
  t.deepEqual(bytesOf(again.rawSamples), bytesOf(dumped.rawSamples));
});
