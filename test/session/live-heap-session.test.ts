import test from 'ava';
import { AsyncQueue } from '../../lib/base/async-queue.js';
import { TargetConsole } from '../../lib/capture/console/target-console.js';
import { GraphRequests } from '../../lib/capture/objects/graph-requests.js';
import { DeviceLostError } from '../../lib/errors/errors.js';
import { LiveHeapSession, type LiveSessionOptions } from '../../lib/session/live-heap-session.js';
import type { HeapEvent, TraceRecord } from '../../lib/trace/heap-event.js';

const alloc = (address: number): HeapEvent => ({ kind: 'alloc', address, sizeBytes: 16 });
const free = (address: number): HeapEvent => ({ kind: 'free', address });

/** A session over records that the test gives; the target runs when the first is there. */
function sessionOf(options: LiveSessionOptions = {}) {
  const queue = new AsyncQueue<TraceRecord>();
  queue.push({ kind: 'info', info: { source: 'test' } });
  const session = new LiveHeapSession(queue.drain(), { settleMs: 10, ...options });
  const give = (...records: TraceRecord[]) => {
    for (const record of records) queue.push(record);
  };
  return { session, queue, give };
}

test('init, start, stop, resume, dump: what happens while it is stopped is a gap', async (t) => {
  const { session, queue, give } = sessionOf();
  t.is(session.state, 'none');
  await session.init(100);
  await session.start('all');
  t.is(session.state, 'running');
  give(alloc(1), alloc(2), free(1));
  await session.stop();
  t.is(session.state, 'stopped');
  give(alloc(3));
  const stopped = await session.dump();
  t.deepEqual([...stopped.events.address], [1, 2, 1]);
  t.is(stopped.info.source, 'test');
  await session.resume();
  give(alloc(4));
  const trace = await session.dump();
  t.deepEqual([...trace.events.address], [1, 2, 1, 4]);
  t.deepEqual(
    trace.gaps.map(({ beforeSeq, lostEvents }) => [beforeSeq, lostEvents]),
    [[3, 1]],
  );
  t.is(session.events, 5);
  queue.end();
  await session.close();
});

test('leaks keeps what is alive, all keeps everything; start empties the records', async (t) => {
  const { session, queue, give } = sessionOf();
  await session.init(100);
  await session.start('leaks');
  give(alloc(1), alloc(2), free(1));
  await session.mark('later');
  give(alloc(3));
  await session.stop();
  const leaks = await session.dump();
  t.deepEqual([...leaks.events.address], [2, 3]);
  t.deepEqual(
    leaks.marks.map(({ beforeSeq }) => beforeSeq),
    [1],
  );
  await session.start('all');
  give(alloc(5), free(5));
  const all = await session.dump();
  t.deepEqual([...all.events.address], [5, 5]);
  t.true(all.info.complete);
  queue.end();
  await session.close();
});

test('full records stop the session, resume is refused, start goes on', async (t) => {
  const { session, queue, give } = sessionOf();
  await session.init(2);
  await session.start('all');
  give(alloc(1), alloc(2), alloc(3));
  const trace = await session.dump();
  t.is(session.state, 'stopped');
  t.deepEqual(session.warnings, ['the 2 records are full: tracing has stopped']);
  t.deepEqual([...trace.events.address], [1, 2]);
  t.is(trace.gaps[0]?.lostEvents, 1);
  await t.throwsAsync(session.resume(), { code: 'HH1191' });
  await session.start('all');
  give(alloc(4));
  t.deepEqual([...(await session.dump()).events.address], [4]);
  queue.end();
  await session.close();
});

test('a rolling session goes on with the newest', async (t) => {
  const { session, queue, give } = sessionOf({ rolling: true });
  await session.init(2);
  await session.start('all');
  give(alloc(1), alloc(2), alloc(3));
  t.deepEqual([...(await session.dump()).events.address], [2, 3]);
  t.is(session.state, 'running');
  queue.end();
  await session.close();
});

test('commands out of order are refused with the state', async (t) => {
  const { session, queue } = sessionOf();
  for (const call of [() => session.start('all'), () => session.stop(), () => session.dump(), () => session.mark('m')])
    await t.throwsAsync(call(), { code: 'HH1616', message: /state 'none'/ });
  await t.throwsAsync(session.init(0), { code: 'HH1615' });
  await session.init(1);
  await t.throwsAsync(session.resume(), { code: 'HH1616', message: /expected running or stopped/ });
  queue.end();
  await session.close();
});

test('a lost target: the dump has what came before and a gap; nothing goes on', async (t) => {
  const { session, queue, give } = sessionOf();
  await session.init(9);
  await session.start('all');
  give(alloc(1));
  queue.end(new DeviceLostError('HH1602', 'the board is gone'));
  const trace = await session.dump();
  t.deepEqual([...trace.events.address], [1]);
  t.is(trace.gaps.at(-1)?.reason, 'the board is gone');
  t.is(session.state, 'stopped');
  t.deepEqual(session.warnings, ['the board is gone']);
  await t.throwsAsync(session.start('all'), { code: 'HH1602' });
  await session.close();
});

test('a target that does not start is an error of start', async (t) => {
  const queue = new AsyncQueue<TraceRecord>();
  queue.end(new DeviceLostError('HH1602', 'no such board'));
  const session = new LiveHeapSession(queue.drain(), { settleMs: 1 });
  await session.init(9);
  await t.throwsAsync(session.start('all'), { message: 'no such board' });
  t.is(session.state, 'none');
  await session.close();
});

test('a target that never rests is dumped all the same', async (t) => {
  async function* busy(): AsyncGenerator<TraceRecord> {
    for (let address = 1; ; address++) {
      yield alloc(address);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  const session = new LiveHeapSession(busy(), { settleMs: 20 });
  await session.init(10_000);
  await session.start('all');
  t.true((await session.dump()).eventCount > 1);
  await session.close();
});

test('a mark at which nothing could be read of the objects says so', async (t) => {
  const graphs = new GraphRequests();
  graphs.connect(() => graphs.close());
  const { session, queue } = sessionOf({ graphs });
  await session.init(10);
  await session.start('all');
  await session.mark('here');
  t.is(session.warnings.length, 1);
  t.regex(session.warnings[0] ?? '', /^mark here: who holds which block was not read/);
  queue.end();
  await session.close();
});

test('the console: until gives the text up to the match, and the rest stays', async (t) => {
  const console = new TargetConsole();
  const typed: string[] = [];
  t.throws(() => console.write('x'), { code: 'HH1192', message: /no capture/ });
  console.attach({ writeConsole: (text) => typed.push(text) });
  const { session, queue } = sessionOf({ console });
  const boot = console.until('>>> ');
  console.show('boot\n>>');
  console.show('> rest');
  t.is(await boot, 'boot\n>>> ');
  t.is(console.take(), 'rest');
  const answer = session.type('(f)', '>>> ');
  // The key Enter: a MicroPython REPL does nothing at a line feed.
  t.deepEqual(typed, ['(f)\r']);
  console.show('(f)\n3\n>>> ');
  t.is(await answer, '(f)\n3\n>>> ');
  await t.throwsAsync(console.until('never', { timeoutMs: 5 }), { code: 'HH1193' });
  const waiting = console.until('never');
  console.detach();
  await t.throwsAsync(waiting, { code: 'HH1193', message: /the capture ended/ });
  console.attach({});
  t.throws(() => console.write('x'), { code: 'HH1192', message: /without a console/ });
  queue.end();
  await session.close();
});

test('the console keeps a bounded amount of what nobody reads', (t) => {
  const console = new TargetConsole();
  for (let i = 0; i < 20; i++) console.show('x'.repeat(10_000));
  t.is(console.take().length, 65_536);
  t.is(console.take(), '');
});
