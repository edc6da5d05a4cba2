import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Milliseconds } from '../../base/units.js';
import { TargetError } from '../../errors/errors.js';

/** A TCP port of 127.0.0.1 that nobody listened on a moment ago. */
export function freePort(): Promise<number> {
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
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
