import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Milliseconds } from '../../../lib/base/units.js';
import type { Tap } from './tap.js';

export interface BitbangServer extends AsyncDisposable {
  /** A Unix socket, because over TCP OpenOCD's small writes wait for acknowledgements. */
  readonly path: string;
}

const READ_TDO = 0x52;
const QUIT = 0x51;
const PINS_0 = 0x30;
const PINS_7 = 0x37;

/** A JTAG probe behind `adapter driver remote_bitbang`. Each scan is an exchange, which may take as long as `exchangeMs` says. */
export async function startBitbangServer(tap: Tap, exchangeMs: () => Milliseconds): Promise<BitbangServer> {
  const sockets = new Set<Socket>();
  const folder = mkdtempSync(join(tmpdir(), 'heap-harvest-probe-'));
  const path = join(folder, 'bitbang');
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, tap, exchangeMs);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One character is one setting of the pins, or a question for tdo (OpenOCD, doc/manual/jtag/drivers/remote_bitbang.txt). */
function serve(socket: Socket, tap: Tap, exchangeMs: () => Milliseconds): void {
  const chunks: Buffer[] = [];
  let busy = false;
  const work = async () => {
    busy = true;
    for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) {
      const waitMs = exchangeMs();
      if (waitMs > 0) await sleep(waitMs);
      let answers = '';
      for (const command of chunk) {
        if (command === READ_TDO) answers += tap.tdo === 1 ? '1' : '0';
        else if (command === QUIT) socket.end();
        else if (command >= PINS_0 && command <= PINS_7) {
          const pins = command - PINS_0;
          const work = tap.pins((pins >> 2) & 1, (pins >> 1) & 1, pins & 1);
          if (work) await work;
        }
      }
      if (answers !== '' && !socket.destroyed) socket.write(answers);
    }
    busy = false;
  };
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (!busy) work().catch(() => socket.destroy());
  });
}
