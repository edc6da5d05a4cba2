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
  /** A list, or what makes each when it is reached. */
  readonly stops: { readonly length: number; at(index: number): FakeStop | undefined };
  /** The first word of the vector table. */
  readonly initialSp: number;
  /** What flash holds; undefined where there is nothing. */
  readonly code: (address: number, length: number) => Uint8Array | undefined;
  /** Tells its registers and steps, as gdb needs; default false. */
  readonly forGdb?: boolean;
}

const register = (name: string) => `<reg name="${name}" bitsize="32"/>`;
const TARGET_XML = `<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target><architecture>arm</architecture><feature name="org.gnu.gdb.arm.m-profile">${Array.from({ length: 13 }, (_, i) => register(`r${i}`)).join('')}<reg name="sp" bitsize="32" type="data_ptr"/>${register('lr')}<reg name="pc" bitsize="32" type="code_ptr"/><reg name="xpsr" bitsize="32" regnum="25"/></feature></target>`;
/** One thread, which is there and stays. */
const THREAD_ANSWERS: Readonly<Record<string, string>> = {
  ...{
    qfThreadInfo: 'm01',
    qsThreadInfo: 'l',
    qC: 'QC01',
    qAttached: '1',
    T01: 'OK',
    Hg0: 'OK',
    Hg1: 'OK',
    'Hc-1': 'OK',
    Hc0: 'OK',
  },
};
const PC = 15;

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
  private stop: FakeStop | undefined;
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
    if (this.options.forGdb && THREAD_ANSWERS[request] !== undefined) return THREAD_ANSWERS[request];
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
        return this.query(request);
      case 'D':
        return 'OK';
      case 'v':
        if (request === 'vCont?') return 'vCont;c;C;s;S';
        if (this.options.forGdb && request.startsWith('vCont;s')) {
          this.registers[PC] = (this.registers[PC] ?? 0) + 2;
          return 'T05thread:01;';
        }
        if (!request.startsWith('vCont;')) return '';
        this.run();
        return undefined;
      default:
        return '';
    }
  }

  private query(request: string): string {
    const { forGdb = false } = this.options;
    if (request.startsWith('qSupported'))
      return `PacketSize=1000;vContSupported+${forGdb ? ';qXfer:features:read+' : ''}`;
    const [, from = '', length = ''] = /^qXfer:features:read:target\.xml:([0-9a-f]+),([0-9a-f]+)$/.exec(request) ?? [];
    if (from === '') return '';
    const part = TARGET_XML.slice(Number.parseInt(from, 16)).slice(0, Number.parseInt(length, 16));
    return `${part.length > 0 && TARGET_XML.endsWith(part) ? 'l' : 'm'}${part}`;
  }

  private run(): void {
    this.running = setImmediate(() => {
      this.running = undefined;
      this.stop = this.options.stops.at(Math.min(++this.index, this.options.stops.length - 1));
      this.registers = [...(this.stop?.registers ?? this.registers)];
      this.say('T05thread:01;');
    });
  }

  private memory(address: number, length: number): string {
    const bytes = Buffer.alloc(length);
    const code = this.options.code(address, length);
    if (code) bytes.set(code);
    if (address === 0 && length >= 4) bytes.writeUInt32LE(this.options.initialSp);
    const { stack } = this.stop ?? { stack: new Uint8Array(0) };
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
