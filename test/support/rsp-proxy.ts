import { connect, createServer, type Server, type Socket } from 'node:net';
import { encodePacket } from '../../lib/link/rsp/packet-codec.js';

export type Direction = 'toServer' | 'toClient';

/** What to do with one packet; `pass` is what happens to all others. */
export type Fault =
  | { readonly kind: 'pass' }
  /** Nothing more comes, neither way. */
  | { readonly kind: 'cut' }
  /** The connection stays, but nothing more comes this way. */
  | { readonly kind: 'stall' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'duplicate' }
  /** One byte of the packet is changed; `at` counts from its `$`, modulo its length. */
  | { readonly kind: 'flip'; readonly at: number; readonly bits: number }
  | { readonly kind: 'replace'; readonly payload: string }
  | { readonly kind: 'late'; readonly until: Promise<unknown> };

export interface RspProxyOptions {
  readonly targetPort: number;
  /** Asked for each packet, counted from 0 for each direction. */
  readonly onPacket?: (direction: Direction, index: number, payload: string) => Fault;
  /** Everything to the client comes one byte a segment. */
  readonly splitBytes?: boolean;
}

export interface RspProxy extends AsyncDisposable {
  readonly port: number;
  readonly packets: Record<Direction, number>;
}

const PASS: Fault = { kind: 'pass' };

/** A TCP proxy between a client and a debug server that sees packets and can spoil them. One client at a time. */
export async function startRspProxy(options: RspProxyOptions): Promise<RspProxy> {
  const packets: Record<Direction, number> = { toServer: 0, toClient: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(options.targetPort, '127.0.0.1');
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    pump(client, target, 'toServer', options, packets);
    pump(target, client, 'toClient', options, packets);
  });
  await listen(server);
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    packets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

/** Cuts what comes into packets (`$...#xx`) and the bytes between them, and passes both on. */
function pump(
  from: Socket,
  to: Socket,
  direction: Direction,
  options: RspProxyOptions,
  packets: Record<Direction, number>,
): void {
  let rest = Buffer.alloc(0);
  let stalled = false;
  let held: Buffer[] | undefined;
  const send = (bytes: Buffer) => {
    if (held) {
      // What comes behind a late packet waits for it: TCP keeps the order.
      held.push(bytes);
      return;
    }
    if (to.destroyed) return;
    if (!options.splitBytes || direction === 'toServer') to.write(bytes);
    else for (const byte of bytes) to.write(Buffer.from([byte]));
  };
  const apply = (packet: Buffer, fault: Fault) => {
    switch (fault.kind) {
      case 'pass':
        return send(packet);
      case 'cut':
        from.destroy();
        to.destroy();
        return;
      case 'stall':
        stalled = true;
        return;
      case 'drop':
        return;
      case 'duplicate':
        return send(Buffer.concat([packet, packet]));
      case 'flip': {
        const at = fault.at % packet.length;
        packet[at] = (packet[at] ?? 0) ^ fault.bits;
        return send(packet);
      }
      case 'replace':
        return send(encodePacket(fault.payload));
      case 'late': {
        const waiting = [packet];
        held = waiting;
        const release = () => {
          held = undefined;
          for (const bytes of waiting) send(bytes);
        };
        fault.until.then(release, release);
      }
    }
  };
  from.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length > 0 && !stalled && !from.destroyed) {
      const start = rest.indexOf(0x24);
      const between = start < 0 ? rest.length : start;
      if (between > 0) {
        send(rest.subarray(0, between));
        rest = rest.subarray(between);
        continue;
      }
      const hash = rest.indexOf(0x23);
      if (hash < 0 || rest.length < hash + 3) return;
      const packet = Buffer.from(rest.subarray(0, hash + 3));
      rest = rest.subarray(hash + 3);
      const index = packets[direction]++;
      apply(packet, options.onPacket?.(direction, index, packet.toString('latin1', 1, hash)) ?? PASS);
    }
  });
}
