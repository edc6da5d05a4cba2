import test, { type ExecutionContext } from 'ava';
import { type NodeMcuOptions, NodeMcuSession } from '../../lib/session/nodemcu-session.js';
import { reopenSerialPort } from '../../lib/stream/serial-finder.js';
import { openSerialPort } from '../../lib/stream/serial-port.js';
import { eventAt, type Trace } from '../../lib/trace/trace.js';
import { NodeMcuDevice, type NodeMcuTraits } from '../support/nodemcu-device.js';
import { type PtyDevice, ptyDevice } from '../support/pty.js';

interface Bench {
  readonly device: NodeMcuDevice;
  readonly pty: PtyDevice;
  readonly session: NodeMcuSession;
}

/** A device behind a real pty, and a session on it. */
async function bench(t: ExecutionContext, traits: NodeMcuTraits = {}, options: NodeMcuOptions = {}): Promise<Bench> {
  let device: NodeMcuDevice | undefined;
  const pty = await ptyDevice((bytes) => device?.receive(bytes));
  device = new NodeMcuDevice((bytes) => pty.send(bytes), traits);
  const session = await NodeMcuSession.open(await openSerialPort(pty.path), { idleTimeoutMs: 60_000, ...options });
  t.teardown(async () => {
    await session.close();
    await pty[Symbol.asyncDispose]();
  });
  return { device, pty, session };
}

const CALLERS = [0x400d0101, 0x400d0202];
const allocations = (trace: Trace) =>
  Array.from({ length: trace.eventCount }, (_, seq) => eventAt(trace, seq)).flatMap((event) =>
    event.kind === 'alloc' ? [event.sizeBytes] : [],
  );

test('init, start, the action, stop, dump, resume, and dump again', async (t) => {
  const { device, session } = await bench(t);
  t.is(session.state, 'none');
  await session.init(100);
  t.is(session.state, 'ready');
  await session.start('all');
  device.allocate(16, CALLERS, true);
  device.allocate(24, CALLERS);
  await session.stop();
  t.is(session.state, 'stopped');
  const trace = await session.dump();
  t.deepEqual(allocations(trace), [16, 24]);
  t.deepEqual(
    eventAt(trace, 0).backtrace?.map((frame) => frame.address),
    CALLERS,
  );
  t.true([...trace.events.kind].includes(1));
  await session.resume();
  device.allocate(32, CALLERS);
  await session.stop();
  t.deepEqual(allocations(await session.dump()), [16, 24, 32]);
  t.deepEqual(session.warnings, []);
  const commands = device.history.map((line) => line.replace(/ print\(.*$/, '').replace(/^harvest_mark="\w+" /, ''));
  t.deepEqual(commands, [
    'heaptrace.init(100)',
    'collectgarbage()',
    'heaptrace.start(heaptrace.TRACE_ALL)',
    'collectgarbage()',
    'heaptrace.stop()',
    'heaptrace.dump()',
    'heaptrace.resume()',
    'collectgarbage()',
    'heaptrace.stop()',
    'heaptrace.dump()',
  ]);
});

test('leaks mode leaves out what was freed', async (t) => {
  const { device, session } = await bench(t);
  await session.init(10);
  await session.start('leaks');
  device.allocate(16, CALLERS, true);
  device.allocate(24, CALLERS);
  await session.stop();
  t.deepEqual(allocations(await session.dump()), [24]);
});

const TIMINGS: readonly NodeMcuTraits[] = [
  { pieceBytes: 1 },
  { pieceBytes: 7, pauseMs: 1 },
  { pieceBytes: 64, pauseMs: 3, chatterEvery: 3 },
  { pieceBytes: 3, chatterEvery: 2 },
];
for (const traits of TIMINGS) {
  test(`the answer is the same however the bytes come: ${JSON.stringify(traits)}`, async (t) => {
    const { device, session } = await bench(t, traits);
    await session.init(10);
    await session.start('all');
    for (let i = 1; i <= 5; i++) device.allocate(i * 10, CALLERS);
    await session.stop();
    t.deepEqual(allocations(await session.dump()), [10, 20, 30, 40, 50]);
  });
}

test('a REPL with a half-typed statement is brought back to its prompt', async (t) => {
  let device: NodeMcuDevice | undefined;
  await using pty = await ptyDevice((bytes) => device?.receive(bytes));
  device = new NodeMcuDevice((bytes) => pty.send(bytes));
  device.receive(Buffer.from('print((function()\n'));
  await using session = await NodeMcuSession.open(await openSerialPort(pty.path), { idleTimeoutMs: 60_000 });
  t.is(await session.run('print("hello")'), 'hello\n');
});

test('output of other tasks before, in and behind an answer changes nothing', async (t) => {
  const { device, session } = await bench(t);
  device.chatter('I (1) wifi: up\r\n\x1b]0;status\x07');
  t.true((await session.run('print("one")')).endsWith('one\n'));
  device.chatter('\x1b[2K> not a prompt\r\n');
  t.true((await session.run('print("two")')).endsWith('two\n'));
});

test("Lua's errors are told in its words, with what to do", async (t) => {
  const { session } = await bench(t, { maxRecords: 50 });
  const memory = await t.throwsAsync(session.init(51), {
    code: 'HH1617',
    message: /init: the board answered 'out of memory'/,
  });
  t.is((memory as { remedy?: string }).remedy, 'ask for fewer records');
  t.is(session.state, 'none');
  await t.throwsAsync(session.start('all'), { code: 'HH1616' });
  await t.throwsAsync(session.run('nonsense'), { code: 'HH1617', message: /unexpected symbol near 'nonsense'/ });
  const bare = await bench(t, { withoutModule: true });
  const missing = await t.throwsAsync(bare.session.init(5), { code: 'HH1617' });
  t.true((missing as { remedy?: string }).remedy?.includes('no heaptrace module'));
  await t.throwsAsync(session.init(0), { code: 'HH1615' });
});

test('stopping twice and resuming twice succeed with a warning', async (t) => {
  const { session } = await bench(t);
  await session.init(10);
  await session.start('all');
  await session.stop();
  await session.stop();
  await session.resume();
  await session.resume();
  t.deepEqual(session.warnings, ['stop: tracing was already stopped', 'resume: tracing was already running']);
  t.is(session.state, 'running');
});

test('a call out of order is refused before anything is typed', async (t) => {
  const { device, session } = await bench(t);
  for (const call of [() => session.start('all'), () => session.stop(), () => session.resume(), () => session.dump()])
    await t.throwsAsync(call, { code: 'HH1616', message: /state 'none'/ });
  t.deepEqual(device.history, []);
});

test('a line that does not fit the REPL is refused', async (t) => {
  const { session } = await bench(t);
  await t.throwsAsync(session.run(`x="${'y'.repeat(250)}"`), { code: 'HH1611' });
  await t.throwsAsync(session.run('print("a")\nprint("b")'), { code: 'HH1611' });
});

test('a board that falls silent in a dump gives what it said, with a gap', async (t) => {
  const { device, session } = await bench(t, {}, { idleTimeoutMs: 1000 });
  await session.init(10);
  await session.start('all');
  for (const size of [8, 16, 24]) device.allocate(size, CALLERS);
  await session.stop();
  device.hangInDump = true;
  const trace = await session.dump();
  t.deepEqual(allocations(trace), [8]);
  t.false(trace.info.complete);
  t.true(trace.gaps.some((gap) => gap.reason.includes('nothing for 1000 ms')));
});

test('a board that is reset in a command is told from one that is silent', async (t) => {
  const { device, session } = await bench(t);
  await session.init(10);
  await session.start('all');
  device.onDump = () => {
    device.onDump = () => undefined;
    device.reset();
  };
  await t.throwsAsync(session.dump(), { code: 'HH1613' });
  t.is(session.state, 'none');
  await session.init(5);
  t.is(session.state, 'ready');
});

test('a port that vanishes and returns: a board that went on goes on', async (t) => {
  const holder: { pty?: PtyDevice } = {};
  const { device, session, pty } = await bench(
    t,
    {},
    {
      reopen: () => reopenSerialPort({ path: holder.pty?.path ?? '' }, { windowMs: 60_000 }),
    },
  );
  holder.pty = pty;
  await session.init(10);
  await session.start('all');
  device.allocate(40, CALLERS);
  await pty.unplug();
  await pty.plug();
  await session.stop();
  t.deepEqual(allocations(await session.dump()), [40]);
  t.true(session.warnings.some((warning) => warning.includes('the port was away; the board went on')));
});

test('a port that returns with a board that was reset ends the capture, and the session can begin anew', async (t) => {
  const holder: { pty?: PtyDevice } = {};
  const { device, session, pty } = await bench(
    t,
    {},
    {
      reopen: () => reopenSerialPort({ path: holder.pty?.path ?? '' }, { windowMs: 60_000 }),
    },
  );
  holder.pty = pty;
  await session.init(10);
  await session.start('all');
  await pty.unplug();
  device.reset();
  await pty.plug();
  await t.throwsAsync(session.stop(), { code: 'HH1618' });
  t.is(session.state, 'none');
  await session.init(10);
  await session.start('all');
  device.allocate(8, CALLERS);
  await session.stop();
  t.deepEqual(allocations(await session.dump()), [8]);
});

test('without a way to open it again a vanished port ends the session', async (t) => {
  const { session, pty } = await bench(t);
  await session.init(10);
  await pty.unplug();
  await t.throwsAsync(session.start('all'), { code: 'HH1608' });
});

test('what typing allocates can be left out', async (t) => {
  const { device, session } = await bench(t, { typingAllocations: 2 }, { hideTyping: true });
  await session.init(100);
  await session.start('all');
  device.allocate(500, CALLERS);
  await session.stop();
  const trace = await session.dump();
  t.deepEqual(allocations(trace), [500]);
  t.true(trace.notes.some((note) => note.code === 'typing-hidden'));
  const plain = await bench(t, { typingAllocations: 2 });
  await plain.session.init(100);
  await plain.session.start('all');
  plain.device.allocate(500, CALLERS);
  await plain.session.stop();
  t.true(allocations(await plain.session.dump()).length > 1);
});
