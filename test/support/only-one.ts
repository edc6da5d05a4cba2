import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Below the ports that systems give out by themselves; a process that dies lets go of it. */
const LOCK_PORT = 23_390;
const PATIENCE_MS = 230_000;

/**
 * Waits until no other test file uses the debug servers' own ports: a command line takes the server that listens at its board's port
 * for that of its board. Disposing it lets the next one go on.
 */
export async function onlyOne(): Promise<AsyncDisposable> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += 100) {
    const server = createServer();
    const isMine = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(LOCK_PORT, '127.0.0.1', () => resolve(true));
    });
    if (isMine) {
      server.unref();
      return {
        [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
      };
    }
    await sleep(100);
  }
  throw new Error(`port ${LOCK_PORT} was not free for ${PATIENCE_MS / 1000} s`);
}
