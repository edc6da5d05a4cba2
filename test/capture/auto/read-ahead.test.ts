import test from 'ava';
import { ReadAhead } from '../../../lib/capture/auto/read-ahead.js';
import type { TraceRecord } from '../../../lib/trace/heap-event.js';

const event = (address: number): TraceRecord => ({ kind: 'free', address, backtrace: [] });
const raw = (seq: number, bytes: number): TraceRecord => ({
  kind: 'raw',
  sample: { seq, registers: new Uint32Array(17), stackAddress: 0, stack: new Uint8Array(bytes) },
});

/** A capture of so many frees that counts what was read of it. */
function capture(count: number, end: () => void = () => undefined) {
  const seen = { read: 0, returned: false };
  async function* records(): AsyncGenerator<TraceRecord> {
    try {
      for (; seen.read < count; ) yield event(seen.read++);
      end();
    } finally {
      seen.returned = true;
    }
  }
  return { seen, records: records() };
}

const never = () => new Promise<never>(() => undefined);
const abort = () => undefined;

async function rest(ahead: ReadAhead): Promise<TraceRecord[]> {
  const all: TraceRecord[] = [];
  for (let record = await ahead.next(); record; record = await ahead.next()) all.push(record);
  return all;
}

test('reads only what is asked for, as long as nothing else is waited for', async (t) => {
  const { seen, records } = capture(10);
  const ahead = new ReadAhead(records, { abort });
  await ahead.next();
  await ahead.next();
  t.is(seen.read, 2);
  t.is(await ahead.during(Promise.resolve('done')), 'done');
  t.is(seen.read, 2);
});

test('reads on while something else is waited for, and gives all in order behind it', async (t) => {
  let over = (): void => undefined;
  const { seen, records } = capture(50, () => over());
  const ahead = new ReadAhead(records, { abort });
  await ahead.next();
  // Ends only when the whole capture was read meanwhile.
  await ahead.during(
    new Promise<void>((resolve) => {
      over = resolve;
    }),
  );
  t.is(seen.read, 50);
  t.is(ahead.captured.events, 50);
  t.is(typeof ahead.captured.firstAtMs, 'number');
  t.deepEqual(
    (await rest(ahead)).map((record) => ('address' in record ? record.address : -1)),
    Array.from({ length: 49 }, (_, index) => index + 1),
  );
});

test('waits when so many records wait, or so many bytes of stacks, and never reads where none may', async (t) => {
  const read = async (records: AsyncIterator<TraceRecord>, options: { maxRecords?: number }) => {
    const ahead = new ReadAhead(records, { abort, ...options });
    let end = (): void => undefined;
    const wait = ahead.during(
      new Promise<void>((resolve) => {
        end = resolve;
      }),
    );
    // Every read of these generators is done within a turn of the event loop.
    await new Promise<void>((resolve) => setImmediate(resolve));
    end();
    await wait;
  };
  const few = capture(100);
  await read(few.records, { maxRecords: 7 });
  t.is(few.seen.read, 7);
  const none = capture(100);
  await read(none.records, { maxRecords: 0 });
  t.is(none.seen.read, 0);
  let large = 0;
  async function* stacks(): AsyncGenerator<TraceRecord> {
    for (;;) yield raw(large++, 2 ** 20);
  }
  await read(stacks(), {});
  t.is(large, 16);
});

test('what broke the capture is thrown behind the records before it', async (t) => {
  const { records } = capture(3, () => {
    throw new Error('the link broke');
  });
  const ahead = new ReadAhead(records, { abort });
  await ahead.during(new Promise<void>((resolve) => setImmediate(resolve)));
  for (const address of [0, 1, 2]) t.like(await ahead.next(), { address });
  await t.throwsAsync(ahead.next(), { message: 'the link broke' });
});

test('what is waited for may fail, and nothing that was read is lost', async (t) => {
  const { records } = capture(3);
  const ahead = new ReadAhead(records, { abort });
  await t.throwsAsync(ahead.during(Promise.reject(new Error('gdb ended'))), { message: 'gdb ended' });
  t.is((await rest(ahead)).length, 3);
});

test('closing ends a read that lasts, and the capture', async (t) => {
  let stop = (): void => undefined;
  let aborted = 0;
  const over = { returned: false };
  async function* quiet(): AsyncGenerator<TraceRecord> {
    try {
      yield event(0);
      await new Promise<void>((resolve) => {
        stop = resolve;
      });
      yield event(1);
      await never();
    } finally {
      over.returned = true;
    }
  }
  const ahead = new ReadAhead(quiet(), {
    abort: () => {
      aborted++;
      stop();
    },
  });
  await ahead.during(new Promise<void>((resolve) => setImmediate(resolve)));
  await ahead.close();
  t.is(aborted, 1);
  t.true(over.returned);
  const unread = capture(5);
  await new ReadAhead(unread.records, { abort: () => t.fail('nothing is under way') }).close();
  t.is(unread.seen.read, 0);
});
