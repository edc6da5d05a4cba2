/*
 * A firmware project's test of what single actions leave behind: the firmware runs to its prompt, each action is typed there, and
 * marks tell them apart.
 */
import test from 'ava';
import { assertNoLeaks, CheckFailedError, HeapCapture, LiveHeapSession } from 'heap-harvest';
import { exampleFirmware } from './example-firmware.js';

const PROMPT = '>>> ';

async function sessionAtPrompt(): Promise<LiveHeapSession> {
  // The direct engine does not wait for gdb now and then, as the default one does: marks are exact.
  const engine = 'direct';
  const session = LiveHeapSession.onTarget({ elf: exampleFirmware('small'), board: 'qemu-mps2-an385', engine });
  await session.init(100_000);
  await session.start('all');
  await session.console.until(PROMPT, { timeoutMs: 60_000 });
  return session;
}

/** Types an action, collects garbage and marks the moment, so often. */
async function repeat(session: LiveHeapSession, action: string, times: number): Promise<HeapCapture> {
  // What the first run sets up for good does not count: it lies before the first mark.
  await session.type(action, PROMPT);
  for (let i = 0; i <= times; i++) {
    await session.type('(gc)', PROMPT);
    await session.mark('cycle');
    if (i < times) await session.type(action, PROMPT);
  }
  return HeapCapture.of(await session.dump());
}

test.serial('an action that lets go of everything leaves nothing behind', async (t) => {
  t.timeout(120_000);
  await using session = await sessionAtPrompt();
  const capture = await repeat(session, '(sum (range 0 8))', 3);
  t.is(capture.marks.length, 4);
  t.notThrows(() => assertNoLeaks(capture, { marks: ['cycle'] }));
  t.is(capture.leaks().suspectBytes, 0);
  t.true(capture.fragmentation().at.freeBytes > 0);
});

test.serial('an action that keeps a block each time is found, with its source line', async (t) => {
  t.timeout(120_000);
  await using session = await sessionAtPrompt();
  await session.type('(define log nil)', PROMPT);
  const capture = await repeat(session, '(set! log (cons 1 log))', 3);
  const error = t.throws(() => assertNoLeaks(capture, { name: 'log a line' }), { instanceOf: CheckFailedError });
  t.is(error?.code, 'HH2001');
  t.regex(
    error?.message ?? '',
    /^leak: 'log a line' left \d+ B in \d+ blocks \(limit 0 B\)\n {2}\d+ x 16 B {2}cons {2}/,
  );
  t.regex(error?.message ?? '', /pair\.c:\d+ {3}exactly 1 per iteration/);
  t.deepEqual(capture.leaks().sites[0]?.growthBytes, [16, 16, 16]);
});
