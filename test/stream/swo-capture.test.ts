import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type ByteStream, parseByteStream } from '../../lib/stream/byte-stream.js';
import type { LiveItem } from '../../lib/stream/live-decode.js';
import { captureSwo, type SwoCaptureOptions } from '../../lib/stream/swo-capture.js';
import { traceOf } from '../../lib/trace/collect-trace.js';
import { ptyDevice } from '../support/pty.js';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
/** G1 alloc 12 and free 12 on port 31, "hi" on port 0 between them. */
const ITM = bytes('fb 55 ce ac 64 fb 59 ce ac 67 01 68 01 69 fb 55 ce ac 14 fb 59 ce ac 17');
const DSO = bytes('97 f3 55 ce ac 64 97 f3 59 ce ac 67');

async function capture(source: ByteStream, options: SwoCaptureOptions = {}) {
  const items: LiveItem[] = [];
  for await (const item of captureSwo(source, options)) items.push(item);
  return summary(items);
}

function summary(items: readonly LiveItem[]) {
  const trace = traceOf(items.flatMap((item) => (item.kind === 'record' ? [item.record] : [])));
  const text = items.flatMap((item) => (item.kind === 'console' ? [`${item.port}:${Buffer.from(item.bytes)}`] : []));
  return { kinds: [...trace.events.kind], sizes: [...trace.events.sizeBytes], text: text.join(' '), trace };
}

function fileOf(t: { teardown(fn: () => void): void }, content: Uint8Array): ByteStream {
  const folder = mkdtempSync(join(tmpdir(), 'harvest-swo-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'swo.bin');
  writeFileSync(path, content);
  return { kind: 'file', path };
}

test('a file: the trace port becomes events, the other ports console text', async (t) => {
  const { kinds, sizes, text } = await capture(fileOf(t, ITM), { framing: 'itm' });
  t.deepEqual(kinds, [0, 1]);
  t.deepEqual(sizes, [12, 12]);
  t.is(text, '0:hi');
});

test('the framing is told by content when it is not given', async (t) => {
  const { sizes, trace } = await capture(fileOf(t, Buffer.concat([DSO, DSO, DSO])));
  t.deepEqual(sizes, [12, 12, 12]);
  t.true(trace.notes.some((note) => note.code === 'swo-framing' && note.text.includes('dso')));
});

test('an overflow of the pin becomes a gap', async (t) => {
  const { trace } = await capture(fileOf(t, Buffer.concat([ITM, bytes('70'), ITM])), { framing: 'itm' });
  t.is(trace.eventCount, 4);
  t.true(trace.gaps.some((gap) => gap.reason.includes('overflow')));
  t.false(trace.info.complete);
});

test('a TCP port: events come while the stream is open, and an abort ends it cleanly', async (t) => {
  const server = createServer((socket) => {
    for (let round = 0; round < 20; round++) socket.write(ITM);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const abort = new AbortController();
  const items: LiveItem[] = [];
  let events = 0;
  for await (const item of captureSwo(
    { kind: 'tcp', host: '127.0.0.1', port },
    { framing: 'itm', signal: abort.signal },
  )) {
    items.push(item);
    if (item.kind === 'record' && (item.record.kind === 'alloc' || item.record.kind === 'free')) events++;
    if (events === 40) abort.abort();
  }
  t.is(events, 40);
  t.deepEqual(summary(items).sizes.slice(0, 2), [12, 12]);
});

test('a serial device that goes away for a moment leaves a gap', async (t) => {
  await using device = await ptyDevice();
  const abort = new AbortController();
  const items: LiveItem[] = [];
  const ready = { text: '' };
  const options = { framing: 'itm', signal: abort.signal, list: async () => [] } as const;
  const reading = (async () => {
    for await (const item of captureSwo({ kind: 'serial', path: device.path }, options)) {
      items.push(item);
      if (item.kind === 'console') ready.text += Buffer.from(item.bytes).toString();
    }
  })();
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await until(() => items.some((item) => item.kind === 'opened'));
  for (let round = 0; round < 10; round++) device.send(ITM);
  await until(() => ready.text.length === 20);
  await device.unplug();
  await device.plug();
  await until(() => items.some((item) => item.kind === 'record' && item.record.kind === 'gap'));
  device.send(ITM);
  await until(() => ready.text.length === 22);
  abort.abort();
  await reading;
  const { trace } = summary(items);
  t.is(trace.eventCount, 22);
  t.deepEqual(
    trace.gaps.map((gap) => [gap.beforeSeq, gap.reason.replace(/\d+/, 'N')]),
    [[20, 'the port was away for N ms']],
  );
});

test('what is no source is named', async (t) => {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const error = await t.throwsAsync(capture({ kind: 'tcp', host: '127.0.0.1', port }), { code: 'HH1643' });
  t.true(error.message.includes(`127.0.0.1:${port}`));
  await t.throwsAsync(capture({ kind: 'file', path: '/no/such/file' }), { code: 'HH1643' });
});

test('a source is told by its name and what is there', async (t) => {
  t.deepEqual(await parseByteStream(':3344'), { kind: 'tcp', host: '127.0.0.1', port: 3344 });
  t.deepEqual(await parseByteStream('tcp:pi.lan:3344'), { kind: 'tcp', host: 'pi.lan', port: 3344 });
  t.deepEqual(await parseByteStream('tcp://[::1]:3344'), { kind: 'tcp', host: '::1', port: 3344 });
  t.deepEqual(await parseByteStream('COM3'), { kind: 'serial', path: 'COM3' });
  t.deepEqual(await parseByteStream('/dev/ttyACM9'), { kind: 'serial', path: '/dev/ttyACM9' });
  t.deepEqual(await parseByteStream('/dev/null'), { kind: 'serial', path: '/dev/null' });
  t.deepEqual(await parseByteStream('capture.bin'), { kind: 'file', path: 'capture.bin' });
  await using device = await ptyDevice();
  t.deepEqual(await parseByteStream(device.path), { kind: 'serial', path: device.path });
});
