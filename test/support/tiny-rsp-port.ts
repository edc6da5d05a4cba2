import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { RingPort } from '../../lib/alloctrace/ring-via-debug-port.js';
import type { StopReason } from '../../lib/link/debug-link.js';

/**
 * The least of a remote serial protocol client that reading a ring under QEMU needs: a reference beside the
 * product's own client.
 */
export class TinyRspPort implements RingPort, AsyncDisposable {
  readonly breakpoints = new Set<number>();
  private received = '';
  private wake: () => void = () => {};

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1');
      this.wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => this.wake());
  }

  static async connect(port: number): Promise<TinyRspPort> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new TinyRspPort(socket);
    // QEMU answers p and P only after this has been read.
    await client.ask('qXfer:features:read:target.xml:0,ffb');
    await client.ask('?');
    return client;
  }

  async readMemory(address: number, length: number): Promise<Uint8Array> {
    const parts: Buffer[] = [];
    for (let at = 0; at < length; at += 1024) {
      const size = Math.min(1024, length - at);
      const part = Buffer.from(await this.ask(`m${(address + at).toString(16)},${size.toString(16)}`), 'hex');
      if (part.length !== size) throw new Error(`memory at ${address + at}: ${part.length} bytes`);
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  async writeMemory(address: number, bytes: Uint8Array): Promise<void> {
    await this.expectOk(`M${address.toString(16)},${bytes.length.toString(16)}:${Buffer.from(bytes).toString('hex')}`);
  }

  async setBreakpoint(address: number): Promise<void> {
    await this.expectOk(`Z1,${address.toString(16)},2`);
    this.breakpoints.add(address);
  }

  async removeBreakpoint(address: number): Promise<void> {
    await this.expectOk(`z1,${address.toString(16)},2`);
    this.breakpoints.delete(address);
  }

  async monitor(command: string): Promise<void> {
    await this.expectOk(`qRcmd,${Buffer.from(command).toString('hex')}`);
  }

  async pc(): Promise<number> {
    return Buffer.from(await this.ask('pf'), 'hex').readUInt32LE(0);
  }

  async resume(signal: AbortSignal): Promise<StopReason> {
    const from = await this.pc();
    if (this.breakpoints.has(from)) {
      // Over the breakpoint first: QEMU would stop on it again at once.
      await this.removeBreakpoint(from);
      await this.ask('vCont;s:1');
      await this.setBreakpoint(from);
    }
    this.send('vCont;c');
    const interrupt = () => this.socket.write('\x03');
    if (signal.aborted) interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
    const reply = await this.reply();
    signal.removeEventListener('abort', interrupt);
    const pc = await this.pc();
    return { kind: reply.startsWith('T02') ? 'interrupted' : 'breakpoint', pc };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
  }

  private async expectOk(packet: string): Promise<void> {
    const reply = await this.ask(packet);
    if (reply !== 'OK') throw new Error(`${packet}: ${reply}`);
  }

  private ask(packet: string): Promise<string> {
    this.send(packet);
    return this.reply();
  }

  private send(packet: string): void {
    const sum = [...packet].reduce((total, char) => (total + char.charCodeAt(0)) & 0xff, 0);
    this.socket.write(`$${packet}#${sum.toString(16).padStart(2, '0')}`);
  }

  private async reply(): Promise<string> {
    for (;;) {
      const match = /\$([^#]*)#../.exec(this.received);
      if (match) {
        this.received = this.received.slice(match.index + match[0].length);
        // Output of a monitor command comes before its OK.
        if (match[1]?.startsWith('O') && match[1] !== 'OK') continue;
        return match[1] ?? '';
      }
      if (this.socket.closed) throw new Error('the gdb server closed the connection');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
