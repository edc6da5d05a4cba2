import { createServer, type Socket } from 'node:net';
import { encodePacket, PacketDecoder } from '../../lib/link/rsp/packet-codec.js';

/** Answers one request; undefined says nothing. Several payloads are sent one after the other. */
export type Answer = (request: string, socket: Socket) => string | readonly string[] | undefined;

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number;
  /** Every request that came, in order. */
  readonly requests: readonly string[];
  /** How many `+` came. */
  readonly acks: () => number;
}

/** A debug server that answers what a test says, without acknowledging anything unless `acknowledges`. */
export async function startScriptedServer(answer: Answer, acknowledges = false): Promise<ScriptedServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let acks = () => 0;
  const server = createServer((socket) => {
    const decoder = new PacketDecoder();
    acks = () => decoder.acks;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      for (const item of decoder.push(chunk)) {
        if (item.kind !== 'packet') continue;
        const request = item.payload.toString('latin1');
        requests.push(request);
        if (acknowledges) socket.write('+');
        const said = answer(request, socket);
        if (said === undefined) continue;
        for (const payload of typeof said === 'string' ? [said] : said) socket.write(encodePacket(payload));
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    requests,
    acks: () => acks(),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a plain server says while a client connects; `overrides` go first. */
export function greeting(overrides: Readonly<Record<string, string>> = {}): Answer {
  return (request) => {
    for (const [start, reply] of Object.entries(overrides)) if (request.startsWith(start)) return reply;
    if (request.startsWith('qSupported')) return 'PacketSize=400';
    if (request === 'QStartNoAckMode') return 'OK';
    if (request === 'vCont?') return 'vCont;c;C;s;S';
    if (request === '?') return 'S05';
    return '';
  };
}
