import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { loadBoard } from '../../../lib/boards/load-board.js';
import { chooseServer } from '../../../lib/link/server/choose-server.js';
import { connectProbeLine } from '../../../lib/link/server/probe-target.js';
import { recogniseServer } from '../../../lib/link/server/recognise.js';

async function listening(t: ExecutionContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('a program that is no debug server is told with its name: one that says something else, and one that says nothing', async (t) => {
  const web = createHttpServer((_, response) => response.end('hello'));
  const silent = createServer((socket) => socket.on('error', () => undefined));
  for (const server of [web, silent]) {
    const port = await listening(t, server);
    const error = await t.throwsAsync(recogniseServer({ host: '127.0.0.1', port }), { code: 'HH1862' });
    t.regex(error?.message ?? '', new RegExp(`^127\\.0\\.0\\.1:${port}: found no debug server: `));
    if (process.platform === 'linux')
      t.regex(error?.message ?? '', new RegExp(`\\(process ${process.pid}\\) does not speak`));
  }
});

test('a chip with one breakpoint is refused before its serial port is opened, with what works there', async (t) => {
  const board = await loadBoard('esp8266');
  const openLine = () => Promise.reject(new Error('opened'));
  const error = await t.throwsAsync(connectProbeLine(board, '/dev/ttyUSB0', { elf: 'fw.elf', openLine }), {
    code: 'HH1861',
    message: /board esp8266 on \/dev\/ttyUSB0: has 1 hardware breakpoint, expected at least 2/,
  });
  t.regex((error as { remedy?: string }).remedy ?? '', /`harvest session --nodemcu PORT`/);
  const bare = { probes: [], listens: async () => false, canRun: async () => false };
  await t.throwsAsync(chooseServer(board, bare), { code: 'HH1861' });
});
