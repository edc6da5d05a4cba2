import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Milliseconds } from '../../base/units.js';
import { TargetError } from '../../errors/errors.js';

/** A launched server is given as long to listen at its port, before the port may be given to another. */
const RESERVED_MS: Milliseconds = 15_000;

/**
 * A TCP port of 127.0.0.1 that nobody listens on, and that no other call gives for a while, in no process: of two servers that were
 * given one port the second ends, and what waits for it finds the first.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await unusedPort();
    if (await reserve(port)) return port;
  }
}

function unusedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Takes the UDP port of the same number, which no debug server wants, as a sign to others. False when it is taken already. */
function reserve(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const sign = createSocket('udp4');
    sign.once('error', () => {
      sign.close();
      resolve(false);
    });
    sign.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      sign.unref();
      setTimeout(() => sign.close(), RESERVED_MS).unref();
      resolve(true);
    });
  });
}

/** This port where nobody listens on it, else a free one. */
export async function portOrFree(port: number): Promise<number> {
  return (await isFree(port)) ? port : await freePort();
}

/** Whether nobody listens on a port of this machine; found without a connection, which some servers would end at. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * Resolves when somebody listens, or when `signal` says that nobody asks any more. @throws TargetError HH1511 when nobody listens in
 * time.
 */
export async function waitForPort(
  host: string,
  port: number,
  { timeoutMs, signal }: { readonly timeoutMs: Milliseconds; readonly signal: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!signal.aborted && !(await answers(host, port))) {
    if (Date.now() > deadline) {
      throw new TargetError('HH1511', `${host}:${port}: nobody listens after ${timeoutMs} ms`);
    }
    await sleep(20);
  }
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const done = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    // A connection to a port that systems give out themselves may be given that very port, and then meets only itself.
    socket.once('connect', () => done(socket.localPort !== socket.remotePort));
    socket.once('error', () => done(false));
  });
}
