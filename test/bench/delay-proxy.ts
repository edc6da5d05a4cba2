import { connect, createServer, type Socket } from 'node:net';

/*
 * A TCP proxy in a process of its own that delays what passes, and counts it.
 *   node delay-proxy.js TARGET_PORT DELAY_MS      says its port on stdout; on SIGTERM its counts
 */

export interface ProxyCounts {
  /** Packets from the client. */
  readonly packets: number;
  /** Times that the client sent something after the server had. */
  readonly roundTrips: number;
  /** What was really added to each chunk, on average, in milliseconds. */
  readonly delayMs: number;
}

interface Held {
  readonly bytes: Buffer;
  readonly to: Socket;
  readonly since: number;
}

let packets = 0;
let roundTrips = 0;
let serverSpoke = true;
let delayed = 0;
let chunks = 0;

function countPackets(bytes: Buffer): void {
  for (const byte of bytes) if (byte === 0x24) packets++;
  if (serverSpoke && bytes.includes(0x24)) {
    roundTrips++;
    serverSpoke = false;
  }
}

/**
 * Passes chunks on in order, each `delayMs` after it came. Timers of a millisecond are too coarse for that, so the loop is kept turning
 * while something waits: for at most that long, when nobody else has anything to do.
 */
function startLine(delayMs: number): (bytes: Buffer, to: Socket) => void {
  const held: Held[] = [];
  const pass = () => {
    for (let first = held[0]; first && performance.now() - first.since >= delayMs; first = held[0]) {
      held.shift();
      delayed += performance.now() - first.since;
      chunks++;
      if (!first.to.destroyed) first.to.write(first.bytes);
    }
    if (held.length > 0) setImmediate(pass);
  };
  return (bytes, to) => {
    if (delayMs === 0) {
      to.write(bytes);
      return;
    }
    held.push({ bytes, to, since: performance.now() });
    if (held.length === 1) setImmediate(pass);
  };
}

function main(targetPort: number, delayMs: number): void {
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    const send = startLine(delayMs);
    const back = startLine(delayMs);
    for (const socket of [client, target]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        target.destroy();
      });
    }
    client.on('data', (chunk) => {
      countPackets(chunk);
      send(chunk, target);
    });
    target.on('data', (chunk) => {
      serverSpoke = true;
      back(chunk, client);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.stdout.write(`port ${typeof address === 'object' && address ? address.port : 0}\n`);
  });
  process.on('SIGTERM', () => {
    const counts: ProxyCounts = { packets, roundTrips, delayMs: chunks === 0 ? 0 : delayed / chunks };
    process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0));
  });
}

const [, , targetPort, delayMs] = process.argv;
if (targetPort !== undefined && delayMs !== undefined) main(Number(targetPort), Number(delayMs));
