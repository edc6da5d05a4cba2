import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Milliseconds } from '../base/units.js';

const MAX_CONNECTIONS = 64;
/** From here on those that neither send nor read are closed: whoever comes next is to find room. */
const CROWDED = 32;
const LOOK_EVERY_MS: Milliseconds = 500;
/** When it is crowded, and when it is not: a reader that pauses keeps its download then. */
const IDLE_MS = { crowded: 2_000, else: 60_000 } as const;

/**
 * Keeps a server reachable: clients that open connections and then say nothing, say it very slowly, or read nothing of what they asked
 * for, lock nobody out for longer than some seconds.
 */
export function watchCrowd(server: Server): void {
  server.maxConnections = MAX_CONNECTIONS;
  server.headersTimeout = 3_000;
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 2_000;
  const sockets = new Map<Socket, { bytes: number; since: number }>();
  server.on('connection', (socket: Socket) => {
    sockets.set(socket, { bytes: 0, since: performance.now() });
    socket.once('close', () => sockets.delete(socket));
  });
  const timer = setInterval(() => {
    const now = performance.now();
    const idleMs = sockets.size >= CROWDED ? IDLE_MS.crowded : IDLE_MS.else;
    for (const [socket, seen] of sockets) {
      const bytes = socket.bytesRead + socket.bytesWritten;
      if (bytes !== seen.bytes) sockets.set(socket, { bytes, since: now });
      else if (now - seen.since > idleMs) socket.destroy();
    }
  }, LOOK_EVERY_MS);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}
