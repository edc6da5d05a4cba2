import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  assertBudget,
  assertNoLeaks,
  assertNoNewPaths,
  CheckFailedError,
  HeapCapture,
  harvest,
  openCapture,
  TraceFormatError,
} from '../../lib/public/index.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { tempFolder } from '../support/temp-folder.js';
import { traceFromText } from '../support/trace-from-text.js';

const board = 'qemu-mps2-an385';

test('a capture that was saved is opened again, with what it can be asked', async (t) => {
  const folder = tempFolder(t);
  const trace = traceFromText(
    'alloc 0x100 32 main@m.c:1 > boot@b.c:2\nalloc 0x200 16 main@m.c:3 > log@l.c:4\nfree 0x200\nalloc 0x300 8 main@m.c:3 > log@l.c:4',
  );
  await HeapCapture.of(trace).save(folder);
  const capture = await openCapture(join(folder, 'capture.harvest'));
  t.is(capture.summary().liveBytes, 40);
  t.is(capture.stats().peak.bytes, 48);
  t.is(capture.trace.eventCount, 4);
  t.notThrows(() => assertNoLeaks(capture, { limitBytes: 40 }));
  t.throws(() => assertNoLeaks(capture, { limitBytes: 39 }), { instanceOf: CheckFailedError, code: 'HH2001' });
});

test('openCapture reads other tools\u2019 traces by their content, and refuses what is none', async (t) => {
  const folder = tempFolder(t);
  const log = join(folder, 'any.name');
  await writeFile(log, '#m:0x20003080;0x182f-50\n#c:0x200030c0;0x1841-4;25\n#f:0x0;0x1862-0x200030c0\n');
  t.is((await openCapture(log)).summary().liveBytes, 50);
  await writeFile(log, 'no trace at all');
  await t.throwsAsync(openCapture(log), { instanceOf: TraceFormatError });
});

test('a capture serves as its own baseline, as an object and as text', (t) => {
  const before = HeapCapture.of(traceFromText('alloc 0x100 32 main@m.c:1 > boot@b.c:2'));
  const after = HeapCapture.of(
    traceFromText('alloc 0x100 32 main@m.c:1 > boot@b.c:2\nalloc 0x200 16 main@m.c:3 > log@l.c:4'),
  );
  t.notThrows(() => assertNoNewPaths(before, before.baseline()));
  t.notThrows(() => assertNoNewPaths(before.trace, JSON.stringify(before.baseline())));
  t.throws(() => assertNoNewPaths(after, before.baseline()), { code: 'HH2003', message: /log/ });
  t.notThrows(() => assertBudget(after, 'schema = 1\n[heap]\npeak = "48"'));
});

test('a signal that was aborted before the capture ends it cleanly, with nothing captured', async (t) => {
  const elf = lispFirmware({ board: 'mps2-an385', opt: 'Os', variant: 'small' });
  const capture = await harvest({ elf, board, signal: AbortSignal.abort() });
  t.is(capture.trace.eventCount, 0);
  t.false(capture.trace.info.complete);
  t.is(capture.trace.info.endReason, 'interrupted');
});
