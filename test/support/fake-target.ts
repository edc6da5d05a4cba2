import { createServer, type Socket } from 'node:net';
import { encodePacket, PacketDecoder } from '../../lib/link/rsp/packet-codec.js';

/** A moment at which the fake target stops: its registers, r0 to r15, and what lies on its stack from sp on. */
export interface FakeStop {
  readonly registers: readonly number[];
  readonly stack: Uint8Array;
}

export interface FakeTarget extends AsyncDisposable {
  readonly port: number;
  /** Breakpoints that are set now, by address. */
  readonly breakpoints: ReadonlySet<number>;
}

export interface FakeTargetOptions {
  readonly stops: readonly FakeStop[];
  /** The first word of the vector table. */
  readonly initialSp: number;
  /** What flash holds; undefined where there is nothing. */
  readonly code: (address: number, length: number) => Uint8Array | undefined;
}

/**
 * A debug server that behaves as QEMU 7.2's does: no no-ack mode, and any byte that comes while the target runs
 * stops it with T02. Each run goes on to the next stop of a list, and after the last of them stays there. Starts anew with each connection.
 */
export async function startFakeTarget(options: FakeTargetOptions): Promise<FakeTarget> {
  const breakpoints = new Set<number>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    new Session(socket, options, breakpoints);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    breakpoints,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Session {
  private decoder = new PacketDecoder();
  private index = -1;
  private registers: number[] = new Array<number>(16).fill(0);
  private running: NodeJS.Immediate | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly options: FakeTargetOptions,
    private readonly breakpoints: Set<number>,
  ) {
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('close', () => clearImmediate(this.running));
  }

  private receive(chunk: Buffer): void {
    for (const byte of chunk) {
      if (this.running) {
        clearImmediate(this.running);
        this.running = undefined;
        this.say('T02thread:01;');
        // The byte that stopped it is lost, and what follows of its packet is noise, which QEMU passes over.
        this.decoder = new PacketDecoder();
        continue;
      }
      for (const item of this.decoder.push(Uint8Array.of(byte))) {
        if (item.kind === 'packet') this.answer(item.payload.toString('latin1'));
        else if (item.kind === 'broken' && item.reason.startsWith('checksum')) this.socket.write('-');
      }
    }
  }

  private answer(request: string): void {
    this.socket.write('+');
    const reply = this.reply(request);
    if (reply !== undefined) this.say(reply);
  }

  private reply(request: string): string | undefined {
    const [address = 0, length = 0] = request
      .slice(1)
      .split(/[,:=]/)
      .map((text) => Number.parseInt(text, 16));
    switch (request[0]) {
      case '?':
        return 'T05thread:01;';
      case 'g':
        return `${this.registers.map(le).join('')}00000001`;
      case 'm':
        return this.memory(address, length);
      case 'P':
        this.registers[address] = Buffer.from(request.slice(request.indexOf('=') + 1), 'hex').readUInt32LE();
        return 'OK';
      case 'Z':
      case 'z': {
        const at = Number.parseInt(request.split(',')[1] ?? '', 16);
        if (request[0] === 'Z') this.breakpoints.add(at);
        else this.breakpoints.delete(at);
        return 'OK';
      }
      case 'q':
        return request.startsWith('qSupported') ? 'PacketSize=1000;vContSupported+' : '';
      case 'v':
        if (request === 'vCont?') return 'vCont;c;C;s;S';
        this.run();
        return undefined;
      default:
        return '';
    }
  }

  private run(): void {
    this.running = setImmediate(() => {
      this.running = undefined;
      const stop = this.options.stops[Math.min(++this.index, this.options.stops.length - 1)];
      this.registers = [...(stop?.registers ?? this.registers)];
      this.say('T05thread:01;');
    });
  }

  private memory(address: number, length: number): string {
    const bytes = Buffer.alloc(length);
    const code = this.options.code(address, length);
    if (code) bytes.set(code);
    if (address === 0) bytes.writeUInt32LE(this.options.initialSp);
    const { stack } = this.options.stops[this.index] ?? { stack: new Uint8Array(0) };
    const sp = this.registers[13] ?? 0;
    for (let at = 0; at < length; at++) bytes[at] = stack[address + at - sp] ?? bytes[at] ?? 0;
    return bytes.toString('hex');
  }

  private say(payload: string): void {
    this.socket.write(encodePacket(payload));
  }
}

function le(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes.toString('hex');
}
