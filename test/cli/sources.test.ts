import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { buildAlloctrace } from '../support/alloctrace-firmware.js';
import { NodeMcuDevice } from '../support/nodemcu-device.js';
import { ptyDevice } from '../support/pty.js';
import { type CliResult, runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

interface Serving {
  readonly url: string;
  readonly end: () => Promise<CliResult>;
}

/** Starts `harvest serve` and waits until it says where. */
function serve(args: readonly string[]): Promise<Serving> {
  return new Promise((resolve, reject) => {
    const finished = runCli(['serve', ...args, '--port', '0', '--json'], {
      started: (child: ChildProcess) => {
        child.stdout?.once('data', (text: string) => {
          const end = () => {
            child.kill('SIGINT');
            return finished;
          };
          resolve({ url: JSON.parse(text).url, end });
        });
      },
    });
    finished.then((result) => reject(new Error(result.stderr)));
  });
}

test('serve and capture ring: the copy has the events of the original', async (t) => {
  const folder = tempFolder(t);
  const csv = join(folder, 'trace.csv');
  writeFileSync(csv, 'kind,address,size\nalloc,0x1000,32\nalloc,0x2000,64\nfree,0x1000,\n');
  const server = await serve([csv]);
  const copy = await runCli(['capture', 'ring', server.url, '--out', join(folder, 'copy'), '--json']);
  t.is(copy.status, 0, copy.stderr);
  const status = await runCli(['capture', 'ring', server.url, '--action', 'status', '--json']);
  t.is(JSON.parse(status.stdout).ring.count, 3);
  const refused = await runCli(['capture', 'ring', server.url, '--action', 'reset']);
  t.is(refused.status, 3);
  t.true(refused.stderr.includes('this capture is finished'), refused.stderr);
  t.is((await server.end()).status, 0);
  const tree = await runCli(['tree', join(folder, 'copy', 'capture.harvest')]);
  t.is(tree.status, 0, tree.stderr);
  const history = JSON.parse(readFileSync(join(folder, 'copy', 'allocation_history.json'), 'utf8'));
  t.is(history.length, 2);
});

test('capture ring: a board that goes on answering without an end is given up in time', async (t) => {
  const drip = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 50);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => drip.listen(0, '127.0.0.1', resolve));
  const { port } = drip.address() as AddressInfo;
  const args = ['capture', 'ring', `http://127.0.0.1:${port}`, '--timeout', '2', '--out', tempFolder(t)];
  const result = await runCli(args, { timeoutMs: 100_000 });
  drip.closeAllConnections();
  drip.close();
  t.is(result.status, 3, result.stderr);
  t.regex(result.stderr, /^HH1940 http:\/\/127\.0\.0\.1:\d+: not done within 2 s/m);
});

test('capture ring --via-gdb: the demo firmware, with names', async (t) => {
  const elf = buildAlloctrace({ board: 'mps2-an385' });
  const folder = tempFolder(t);
  const result = await runCli(['capture', 'ring', '--via-gdb', '--elf', elf, '--out', folder]);
  t.is(result.status, 0, result.stderr);
  t.true(result.stdout.includes('make_packet'), result.stdout);
});

test('capture swo: events and console text from a file', async (t) => {
  const folder = tempFolder(t);
  const file = join(folder, 'swo.bin');
  const hex = 'fb55ce ac64 fb59ceac67 0168 0169 010a'.replaceAll(' ', '');
  writeFileSync(file, Buffer.from(hex, 'hex'));
  const out = join(folder, 'out');
  const result = await runCli(['capture', 'swo', file, '--framing', 'itm', '--out', out, '--json']);
  t.is(result.status, 0, result.stderr);
  t.true(result.stderr.includes('hi\n'));
  t.is(JSON.parse(result.stdout).events, 1);
});

test('capture serial: a dump on a serial port, ended by silence', async (t) => {
  await using device = await ptyDevice();
  const dump = [
    '====== Heap Trace: 1 records (8 capacity) ======',
    '    24 bytes (@ 0x3fc9f640, Internal) allocated CPU 1 ccount 0x00002000 caller 0x40376321:0x42008096',
    '====== Heap Trace Summary ======',
    'Mode: Heap Trace All',
    '24 bytes alive in trace (1/1 allocations)',
    'records: 1 (8 capacity, 1 high water mark)',
    'total allocations: 1',
    'total frees: 0',
    '================================',
    '',
  ];
  const folder = tempFolder(t);
  const args = ['capture', 'serial', device.path, '--format', 'esp-idf', '--idle', '3', '--out', folder, '--json'];
  const result = await runCli(args, {
    // What is sent before the port is open is lost.
    started: (child) => {
      child.stderr?.once('data', () => device.send(dump.join('\r\n')));
    },
  });
  t.is(JSON.parse(result.stdout || '{}').events, 1, result.stderr);
});

test('session --nodemcu: a script of commands over a serial port', async (t) => {
  let device: NodeMcuDevice | undefined;
  await using pty = await ptyDevice((bytes) => device?.receive(bytes));
  device = new NodeMcuDevice((bytes) => pty.send(bytes), { typingAllocations: 1 });
  const folder = tempFolder(t);
  const input = 'init 50\nstart all\nlua print("working")\nstate\nstop\ndump\nquit\n';
  const result = await runCli(['session', '--nodemcu', pty.path, '--out', folder], { input });
  t.is(result.status, 0, result.stderr);
  t.true(result.stdout.startsWith('working\nrunning\n'), result.stdout);
  const wrong = await runCli(['session', '--nodemcu', pty.path, '--out', folder], { input: 'dump\n' });
  t.is(wrong.status, 3);
  t.true(wrong.stderr.includes('HH1616'), wrong.stderr);
});

test('what is missing on the command line is usage', async (t) => {
  for (const args of [
    ['capture', 'ring'],
    ['capture', 'swo'],
    ['capture', 'ring', '--via-gdb'],
    ['session'],
    ['serve'],
  ])
    t.is((await runCli(args)).status, 2, args.join(' '));
});
