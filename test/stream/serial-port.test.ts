import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { linkChunks } from '../../lib/stream/byte-link.js';
import {
  durableSelector,
  findSerialPort,
  listSerialPorts,
  type PortLister,
  reopenSerialPort,
  type SerialItem,
  serialItems,
} from '../../lib/stream/serial-finder.js';
import { openSerialPort } from '../../lib/stream/serial-port.js';
import { ptyDevice } from '../support/pty.js';

test('reads and writes bytes over a pty, all 256 values', async (t) => {
  const all = Uint8Array.from({ length: 256 }, (_, value) => value);
  const written: Buffer[] = [];
  await using device = await ptyDevice((bytes) => written.push(bytes));
  await using port = await openSerialPort(device.path);
  device.send(all);
  const read: Uint8Array[] = [];
  for await (const chunk of linkChunks(port, { timeoutMs: 60_000 })) {
    read.push(chunk);
    if (Buffer.concat(read).length >= all.length) break;
  }
  t.deepEqual(Buffer.concat(read), Buffer.from(all));
  await port.write(all);
  while (Buffer.concat(written).length < 256) await delay(5);
  t.deepEqual(Buffer.concat(written), Buffer.from(all));
});

test('modem lines that a pty does not have are no error', async (t) => {
  await using device = await ptyDevice();
  await using port = await openSerialPort(device.path, { dtr: false, rts: false });
  t.is(typeof (await port.setLines({ dtr: true, rts: false })), 'boolean');
  device.send('x');
  t.is((await port.read()).kind, 'bytes');
});

test('a read that waits times out, is aborted, or ends with close', async (t) => {
  await using device = await ptyDevice();
  const port = await openSerialPort(device.path);
  t.deepEqual(await port.read({ timeoutMs: 10 }), { kind: 'timeout' });
  const abort = new AbortController();
  const waiting = port.read({ signal: abort.signal });
  abort.abort();
  await t.throwsAsync(waiting, { any: true, name: 'AbortError' });
  const ending = port.read();
  await port.close();
  await port.close();
  t.deepEqual(await ending, { kind: 'closed' });
});

test('a port that vanishes gives what arrived and then DeviceLostError', async (t) => {
  await using device = await ptyDevice();
  await using port = await openSerialPort(device.path);
  device.send('last words');
  t.is((await port.read()).kind, 'bytes');
  await device.unplug();
  await t.throwsAsync(port.read(), { code: 'HH1608' });
  await t.throwsAsync(port.write('x'), { code: 'HH1608' });
});

test('a port that is not there is named with what to do', async (t) => {
  const error = await t.throwsAsync(openSerialPort('/dev/does-not-exist'), { code: 'HH1600' });
  t.true(error.message.includes('/dev/does-not-exist'));
});

test('a port that another program has open is refused', async (t) => {
  await using device = await ptyDevice();
  await using first = await openSerialPort(device.path);
  t.is(first.name, device.path);
  await t.throwsAsync(openSerialPort(device.path), { code: 'HH1600' });
});

function textOf(item: SerialItem): string {
  if (item.kind === 'bytes') return Buffer.from(item.bytes).toString();
  return item.kind === 'opened' ? '^' : '|';
}

test('a stream goes on when the port comes back, and says that it was away', async (t) => {
  await using device = await ptyDevice();
  const abort = new AbortController();
  const items: SerialItem[] = [];
  const text = () => items.map((item) => textOf(item)).join('');
  const reading = (async () => {
    for await (const item of serialItems(device.path, { signal: abort.signal, list: async () => [] })) items.push(item);
  })();
  const until = async (wanted: string) => {
    while (text() !== wanted) {
      await delay(10);
    }
  };
  await until('^');
  device.send('before');
  await until('^before');
  await device.unplug();
  await delay(150);
  await device.plug();
  await until('^before|');
  device.send('after');
  await until('^before|after');
  abort.abort();
  await reading;
  t.true(items.some((item) => item.kind === 'reconnected' && item.awayMs > 0));
});

test('a port that stays away is given up after the window', async (t) => {
  await using device = await ptyDevice();
  const items = serialItems(device.path, { windowMs: 250, list: async () => [] });
  t.is((await items.next()).value?.kind, 'opened');
  await device.unplug();
  await t.throwsAsync(items.next(), { code: 'HH1605' });
});

test('waiting for a port can be aborted', async (t) => {
  const abort = new AbortController();
  const waiting = reopenSerialPort({ path: '/dev/does-not-exist' }, { signal: abort.signal });
  abort.abort();
  await t.throwsAsync(waiting, { any: true, name: 'AbortError' });
});

const PORTS: PortLister = async () => [
  { path: '/dev/ttyACM0', vendorId: '239a', productId: '8014', serialNumber: 'A' },
  { path: '/dev/ttyACM1', vendorId: '239a', productId: '8014', serialNumber: 'B' },
  { path: '/dev/ttyACM2', vendorId: '2e8a', productId: '0005' },
  { path: '/dev/ttyS0' },
];

test('a port is found by its USB identity, and never guessed', async (t) => {
  const find = (vendorId: string, productId: string, serialNumber?: string) =>
    findSerialPort({ vendorId, productId, ...(serialNumber === undefined ? {} : { serialNumber }) }, PORTS);
  t.is(await find('2E8A', '0005'), '/dev/ttyACM2');
  t.is(await find('239A', '8014', 'B'), '/dev/ttyACM1');
  t.is(await findSerialPort({ path: 'COM3' }, PORTS), 'COM3');
  const several = await t.throwsAsync(find('239a', '8014'), { code: 'HH1603' });
  t.true(several.message.includes('/dev/ttyACM0 (A), /dev/ttyACM1 (B)'));
  await t.throwsAsync(find('1234', '5678'), { code: 'HH1603' });
});

test('what finds a port again is its USB identity where there is one', async (t) => {
  t.deepEqual(await durableSelector('/dev/ttyACM1', PORTS), { vendorId: '239a', productId: '8014', serialNumber: 'B' });
  t.deepEqual(await durableSelector('/dev/ttyS0', PORTS), { path: '/dev/ttyS0' });
  t.deepEqual(await durableSelector('/dev/ttyS0', () => Promise.reject(new Error('no list'))), { path: '/dev/ttyS0' });
});

test('listing the ports of this machine works whatever it has', async (t) => {
  const ports = await listSerialPorts();
  t.true(ports.every((port) => port.path.length > 0));
});

test('in a worker thread it refuses instead of ending the process', async (t) => {
  const url = new URL('../../lib/stream/serial-port.js', import.meta.url).href;
  const script = `import(${JSON.stringify(url)})
    .then(({ openSerialPort }) => openSerialPort('/dev/null'))
    .catch((error) => require('node:worker_threads').parentPort.postMessage(error.code));`;
  const worker = new Worker(script, { eval: true });
  const [code] = await once(worker, 'message');
  t.is(code, 'HH1606');
  await worker.terminate();
});

test('closing a port ends what reads it', async (t) => {
  await using device = await ptyDevice();
  const port = await openSerialPort(device.path);
  const chunks = linkChunks(port);
  const waiting = chunks.next();
  await port.close();
  t.true((await waiting).done);
});
