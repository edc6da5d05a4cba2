import test from 'ava';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import { HeapCapture } from '../../lib/public/heap-capture.js';
import { LiveHeapSession } from '../../lib/session/live-heap-session.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import { eventLines } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';

const PROMPT = '>>> ';
const firmware = (board: 'mps2-an385' | 'virt-rv32' = 'mps2-an385') => ({
  elf: lispFirmware({ board, opt: 'Og', variant: 'small' }),
  board: `qemu-${board}`,
});

test.serial('a ring keeps the first or the last events of a capture, exactly', async (t) => {
  t.timeout(120_000);
  const all = eventLines(await collectTrace(harvestEvents(firmware())));
  const first = await collectTrace(harvestEvents({ ...firmware(), ring: { records: 100 } }));
  t.deepEqual(eventLines(first), all.slice(0, 100));
  t.is(first.info.endReason, 'the ring of 100 records is full');
  t.true(first.info.complete);
  const last = await collectTrace(harvestEvents({ ...firmware(), ring: { records: 100, stopOnFull: false } }));
  t.deepEqual(eventLines(last), all.slice(-100));
  t.is(last.info.endReason, 'reached pyexec_friendly_repl');
  t.is(last.info.oracle?.outcome, 'matched');
  t.deepEqual(last.gaps, [{ beforeSeq: 0, reason: 'overwritten by the rolling ring', lostEvents: all.length - 100 }]);
});

for (const [board, engine] of [
  ['mps2-an385', 'direct'],
  ['mps2-an385', 'gdb'],
  ['virt-rv32', 'direct'],
] as const) {
  test.serial(`a session on the running firmware: what each step allocates (${board}, ${engine})`, async (t) => {
    t.timeout(120_000);
    await using session = LiveHeapSession.onTarget({ ...firmware(board), engine });
    await session.init(10_000);
    await session.start('all');
    const boot = await session.console.until(PROMPT, { timeoutMs: 60_000 });
    t.regex(boot, /8! = 40320/);
    await session.stop();
    t.is((await session.dump()).eventCount, 557);

    await session.start('all');
    await session.mark('before');
    t.regex(await session.type('(define kept (array 1 2 3 4 5 6 7 8))', PROMPT), /define kept/);
    await session.mark('after');
    await session.stop();
    await session.type('(define unseen (array 1 2 3))', PROMPT);
    const stopped = await session.dump();
    t.deepEqual(
      stopped.marks.map(({ name }) => name),
      ['before', 'after'],
    );
    t.is(stopped.marks[0]?.beforeSeq, 0);
    t.true(stopped.eventCount > 0);
    t.is(stopped.marks[1]?.beforeSeq, stopped.eventCount);
    const leaks = HeapCapture.of(stopped).leaks({ from: 'before', to: 'after' });
    t.true(leaks.sites.some(({ file, bytes }) => file.endsWith('array.c') && bytes > 0));
    t.is(stopped.gaps.length, 1, 'what came after stop');

    await session.resume();
    await session.type('(gc)', PROMPT);
    const trace = await session.dump();
    t.true(trace.eventCount > stopped.eventCount);
    t.true((trace.gaps[0]?.lostEvents ?? 0) > 0);
  });
}

test.serial('mode leaks keeps the blocks that a collection left alive', async (t) => {
  t.timeout(180_000);
  await using session = LiveHeapSession.onTarget(firmware());
  await session.init(10_000);
  await session.start('leaks');
  await session.console.until(PROMPT, { timeoutMs: 60_000 });
  const before = await session.dump();
  t.true(before.eventCount > 50 && before.eventCount < 300, `${before.eventCount} blocks`);
  t.true(before.info.complete);
  await session.type('(map (lambda (x) (* x x)) (range 0 8))', PROMPT);
  const busy = await session.dump();
  await session.type('(gc)', PROMPT);
  const after = await session.dump();
  t.true(busy.eventCount > before.eventCount);
  t.true(after.eventCount < busy.eventCount);
});
