import { createServer, type Server, type Socket } from 'node:net';
import type { Milliseconds } from '../../base/units.js';
import { TargetError } from '../../errors/errors.js';
import { encodePacket, PacketDecoder } from '../rsp/packet-codec.js';
import { chipLocked, noVoltage } from './failures.js';
import type { ServerAddress } from './target.js';

/** A line to a probe that speaks the remote serial protocol itself: a serial port, or a connection. */
export interface ProbeLine {
  /** The next bytes; undefined at the end. */
  read(): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface BridgeOptions {
  /** How the line is called in messages. */
  readonly name: string;
  /** Whether the target is reset when it was attached to. */
  readonly reset: boolean;
}

export interface ProbeBridge extends AsyncDisposable {
  /** Where engines connect to, one at a time. */
  readonly server: ServerAddress;
  /** What the scan for targets printed. */
  readonly scan: string;
  readonly lost: Promise<never>;
}

const SCAN_MS: Milliseconds = 10_000;

/**
 * Makes a port of 127.0.0.1 of a Black Magic Probe's line. Its target is scanned for and attached to anew for each client: the
 * probe forgets it at every detach, and before the attach it answers nothing that a capture needs.
 * @throws TargetError HH1541 when the scan finds no target
 */
export async function bridgeProbe(line: ProbeLine, options: BridgeOptions): Promise<ProbeBridge> {
  const bridge = new Bridge(line, options);
  try {
    const scan = await bridge.attach();
    return { server: await bridge.listen(), scan, lost: bridge.lost, [Symbol.asyncDispose]: () => bridge.close() };
  } catch (error) {
    await bridge.close();
    throw error;
  }
}

class Bridge {
  readonly lost: Promise<never>;
  private client: Socket | undefined;
  private attached = false;
  private readonly server: Server;
  private fail: (error: Error) => void = () => undefined;
  private take: (bytes: Uint8Array) => void = () => undefined;

  constructor(
    private readonly line: ProbeLine,
    private readonly options: BridgeOptions,
  ) {
    this.lost = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.lost.catch(() => undefined);
    this.server = createServer((socket) => void this.serve(socket));
    this.pump().catch((error: Error) => this.fail(error));
  }

  async listen(): Promise<ServerAddress> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', resolve);
    });
    const address = this.server.address();
    return { host: '127.0.0.1', port: typeof address === 'object' && address ? address.port : 0 };
  }

  /** Scans by SWD, then by JTAG; takes the first target. */
  async attach(): Promise<string> {
    let scan = '';
    for (const command of ['swdp_scan', 'jtag_scan']) {
      const { reply, output } = await this.order(`qRcmd,${Buffer.from(command, 'latin1').toString('hex')}`);
      scan = output;
      if (reply === 'OK' && /^\s*1\s+/m.test(output)) break;
    }
    this.refuseScan(scan);
    const { reply } = await this.order('vAttach;1');
    if (!/^[TS]/.test(reply)) {
      const found =
        scan
          .trim()
          .split('\n')
          .at(-1)
          ?.replace(/[^\x20-\x7e]/g, ' ') ?? '';
      throw new TargetError(
        'HH1541',
        `Black Magic Probe (${this.options.name}): found no target: '${found || reply}'`,
        {
          remedy:
            'is the board powered, are SWDIO, SWCLK and GND connected? hold its reset button while connecting, if its firmware takes the pins',
        },
      );
    }
    // Restarting is its reset-and-halt; `monitor reset` would let the target go.
    if (this.options.reset) await this.order('vRun;');
    this.attached = true;
    return scan;
  }

  /** What the scan says of a target that cannot be attached to, or that is no processor. */
  private refuseScan(scan: string): void {
    const context = { server: `Black Magic Probe (${this.options.name})`, board: '', probes: [] };
    const line = (pattern: RegExp) =>
      scan
        .split('\n')
        .find((one) => pattern.test(one))
        ?.replace(/[^\x20-\x7e]/g, ' ')
        .trim();
    const isTarget = /^\s*1\s+/m.test(scan);
    const voltage = line(/Target voltage: *(0\.\d|ABSENT)/i);
    if (voltage !== undefined && !isTarget) throw noVoltage(context, voltage);
    const locked = line(/^\s*1\s.*(Access Port|protected|locked)/i);
    if (locked !== undefined) throw chipLocked(context, locked);
  }

  async close(): Promise<void> {
    this.client?.destroy();
    this.server.close();
    if (this.attached) await this.order('D').catch(() => undefined);
    await this.line.close();
  }

  private async serve(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy());
    if (this.client) {
      // The line serves one; a second client must not wait for ever.
      socket.destroy();
      return;
    }
    this.client = socket;
    socket.on('close', () => {
      this.client = undefined;
      this.attached = false;
    });
    socket.pause();
    socket.setNoDelay(true);
    try {
      if (!this.attached) await this.attach();
      this.take = (bytes) => socket.write(bytes);
      socket.on('data', (bytes: Buffer) => void this.line.write(bytes).catch(() => socket.destroy()));
      socket.resume();
    } catch {
      socket.destroy();
    }
  }

  /** One request of our own, while no client is connected. */
  private async order(payload: string): Promise<{ reply: string; output: string }> {
    const decoder = new PacketDecoder();
    let output = '';
    const answer = new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(this.silent(payload)), SCAN_MS);
      this.take = (bytes) => {
        for (const item of decoder.push(Buffer.from(bytes))) {
          if (item.kind !== 'packet') continue;
          void this.line.write(Buffer.from('+'));
          const text = item.payload.toString('latin1');
          if (/^O([0-9a-f]{2})+$/i.test(text)) {
            output = (output + Buffer.from(text.slice(1), 'hex').toString('latin1')).slice(0, 16_384);
            continue;
          }
          clearTimeout(timer);
          resolve(text);
        }
      };
    });
    answer.catch(() => undefined);
    await this.line.write(encodePacket(payload));
    return { reply: await answer, output };
  }

  private silent(payload: string): TargetError {
    return new TargetError('HH1541', `Black Magic Probe (${this.options.name}): found no answer to '${payload}'`, {
      remedy: 'it has two ports: the first is for gdb, the second is the target’s console',
    });
  }

  private async pump(): Promise<void> {
    for (let bytes = await this.line.read(); bytes; bytes = await this.line.read()) this.take(bytes);
    this.client?.destroy();
    throw new TargetError('HH1541', `Black Magic Probe (${this.options.name}): found the end of its line`, {
      remedy: 'plug the probe in again',
    });
  }
}
