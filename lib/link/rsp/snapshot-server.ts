import { createServer, type Server, type Socket } from 'node:net';
import type { Architecture } from '../../arch/architecture.js';
import type { RawSample } from '../../trace/heap-event.js';
import { encodePacket, PacketDecoder } from './packet-codec.js';

const MAX_READ_BYTES = 64 * 1024;

/**
 * A debug server whose target is one recorded sample: registers and a copy of the stack. A gdb that connects to it makes the backtrace
 * that it would have made then, without touching the live link. Each `continue` stops at once, at the sample shown last.
 */
export class SnapshotServer implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();
  private sample: RawSample | undefined;

  private readonly document: string;

  private constructor(
    private readonly server: Server,
    private readonly architecture: Architecture,
  ) {
    this.document = targetXml(architecture);
    server.on('connection', (socket) => this.serve(socket));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async listen(architecture: Architecture): Promise<SnapshotServer> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new SnapshotServer(server, architecture);
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** What the target is from the next `continue` on. */
  show(sample: RawSample): void {
    this.sample = sample;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    const decoder = new PacketDecoder();
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    let acknowledges = true;
    socket.on('data', (chunk) => {
      for (const item of decoder.push(chunk)) {
        if (item.kind !== 'packet') continue;
        const request = item.payload.toString('latin1');
        const reply = encodePacket(this.answer(request));
        socket.write(acknowledges ? Buffer.concat([Buffer.from('+'), reply]) : reply);
        if (request === 'QStartNoAckMode') acknowledges = false;
      }
    });
  }

  private answer(request: string): string {
    if (request.startsWith('qSupported')) return 'PacketSize=4000;QStartNoAckMode+;qXfer:features:read+';
    if (request === 'QStartNoAckMode' || /^[HPGMXzZD]/.test(request)) return 'OK';
    if (request.startsWith('qXfer:features:read:target.xml:')) return piece(this.document, request);
    if (request === 'qAttached') return '1';
    if (request === '?' || request === 'c' || request === 's' || /^vCont;/.test(request)) return 'S05';
    if (request === 'g') return this.registers();
    if (request.startsWith('m')) return this.memory(request);
    return '';
  }

  private registers(): string {
    const { description, required } = this.architecture;
    const bytes = Buffer.alloc((required + description.status.length) * 4);
    const { registers } = this.sample ?? { registers: new Uint32Array(0) };
    for (let index = 0; index * 4 < bytes.length; index++) {
      bytes.writeUInt32LE(registers[index] ?? description.status[index - required] ?? 0, index * 4);
    }
    return bytes.toString('hex');
  }

  /** gdb reads whole cache lines: what lies beside the copy in a line reads as 0, lines without any of it as an error. */
  private memory(request: string): string {
    const [address = 0, length = 0] = request
      .slice(1)
      .split(',')
      .map((text) => Number.parseInt(text, 16));
    const { stackAddress, stack } = this.sample ?? { stackAddress: 0, stack: new Uint8Array(0) };
    const overlaps = address < stackAddress + stack.length && address + length > stackAddress;
    if (!overlaps || !(length > 0 && length <= MAX_READ_BYTES)) return 'E01';
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at++) bytes[at] = stack[address + at - stackAddress] ?? 0;
    return bytes.toString('hex');
  }
}

/** The part of a text that a `qXfer` request asks for. */
function piece(text: string, request: string): string {
  const [offset = 0, length = 0] = (request.split(':').at(-1) ?? '')
    .split(',')
    .map((part) => Number.parseInt(part, 16));
  const part = text.slice(offset, offset + length);
  return `${offset + length >= text.length ? 'l' : 'm'}${part}`;
}

/** The core registers of an architecture, in the order of {@link RawSample}. */
function targetXml({ description, registers, required }: Architecture): string {
  const { architecture, feature, status } = description;
  const shown = registers.slice(0, required + status.length);
  const regs = shown.map(([name]) => `<reg name="${name}" bitsize="32"/>`).join('');
  return `<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target><architecture>${architecture}</architecture>
<feature name="${feature}">${regs}</feature></target>`;
}
