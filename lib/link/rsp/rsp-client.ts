import type { Architecture } from '../../arch/architecture.js';
import type { Address, Bytes, Milliseconds } from '../../base/units.js';
import { Interrupts, type StopCause } from '../interrupts.js';
import { type QuietTimes, WAIT_MS } from '../waits.js';
import { Breakpoints } from './breakpoints.js';
import { negotiate, type ServerFeatures } from './handshake.js';
import { MemoryAccess } from './memory-access.js';
import { describe, RspConnection, type RspConnectOptions } from './rsp-connection.js';
import { interruptUnanswered, outOfStep, requestRefused, requestUnsupported, targetExited } from './rsp-errors.js';
import { parseStopReply, SIGINT, type StopReply } from './stop-reply.js';

export interface RspClientOptions extends RspConnectOptions {
  /** Of the firmware; default: what the server's registers tell. */
  readonly architecture?: Architecture;
  /** The server does without acknowledgements even where it has no no-ack mode (QEMU). */
  readonly ackless?: boolean;
  readonly maySoftwareBreakpoint?: (address: Address) => boolean;
  readonly interruptTimeoutMs?: Milliseconds;
  /** When a quiet target is asked whether it answers; absent: never. */
  readonly quiet?: QuietTimes;
  readonly monitorTimeoutMs?: Milliseconds;
}

export type Stopped = Extract<StopReply, { kind: 'stopped' }> & { readonly cause: StopCause };

/**
 * A debug server behind typed requests, for one target. Requests need a halted target; `run` is the only one that lasts.
 * Every call rejects with TargetError (the request failed) or DeviceLostError (the link is gone, and with it the client).
 */
export class RspClient {
  readonly memory: MemoryAccess;
  readonly breakpoints: Breakpoints;
  readonly interrupts: Interrupts;
  private stopping: Promise<Stopped> | undefined;

  private constructor(
    readonly connection: RspConnection,
    readonly features: ServerFeatures,
    private readonly options: RspClientOptions,
  ) {
    this.memory = new MemoryAccess(connection, features);
    this.breakpoints = new Breakpoints(connection, {
      maySoftware: options.maySoftwareBreakpoint ?? (() => false),
      kindAt: (address) => this.breakpointKind(address),
    });
    const answerMs = options.interruptTimeoutMs ?? WAIT_MS.interrupt;
    const link = {
      send: () => connection.interrupt(),
      unanswered: () => connection.destroy(interruptUnanswered(connection.where, answerMs)),
    };
    this.interrupts = new Interrupts(link, { answerMs, ...(options.quiet ? { quiet: options.quiet } : {}) });
  }

  /** Connects and negotiates; the target is halted then. @throws TargetError, DeviceLostError */
  static async connect(options: RspClientOptions, signal?: AbortSignal): Promise<RspClient> {
    const connection = await RspConnection.open(options, signal);
    try {
      const features = await negotiate(connection, options.ackless ?? false, options.architecture);
      const client = new RspClient(connection, features, options);
      client.expectStopped(await connection.request('?'));
      // What came unasked has come before this answer.
      connection.toleratesLateInterrupt = false;
      return client;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** Whether packets may be sent behind one another with a run at the end: not while each needs an acknowledgement. */
  get mayPipelineRun(): boolean {
    return !this.connection.acknowledges;
  }

  get runPayload(): string {
    return this.features.vCont.has('c') ? 'vCont;c' : 'c';
  }

  /** What the server's registers are those of. */
  get architecture(): Architecture {
    return this.features.layout.architecture;
  }

  /** The registers of the architecture, in its order, with the status words that the server has. */
  async registers(): Promise<Uint32Array> {
    const registers = this.parseRegisters(await this.connection.request('g'));
    const replies: Buffer[] = [];
    for (const request of this.features.layout.statusRequests(registers.length)) {
      replies.push(await this.connection.request(request));
    }
    return this.features.layout.withStatus(registers, replies);
  }

  parseRegisters(reply: Buffer): Uint32Array {
    const registers = this.features.layout.parse(reply);
    if (registers) return registers;
    const text = describe(reply);
    if (/^E[0-9a-f]{2}$/i.test(text)) throw requestRefused(this.connection.where, 'g', `'${text}'`);
    const error = outOfStep(this.connection.where, text, 'registers');
    this.connection.destroy(error);
    throw error;
  }

  async writeRegister(index: number, value: number): Promise<void> {
    for (const request of await this.registerWrites(() => this.registers(), index, value)) {
      this.expectOk(await this.connection.request(request), request);
    }
  }

  /** The requests that set a register of a target whose registers are these: none where trying it has done it. */
  async registerWrites(
    registers: () => Uint32Array | Promise<Uint32Array>,
    index: number,
    value: number,
  ): Promise<string[]> {
    const { layout } = this.features;
    const one = layout.write(index, value);
    if (layout.writesOne) return [one];
    if (layout.writesOne === undefined) {
      const reply = await this.connection.request(one);
      layout.writesOne = reply.length > 0;
      if (layout.writesOne) {
        this.expectOk(reply, one);
        return [];
      }
    }
    const all = await registers();
    return [layout.writeAll(all.map((word, at) => (at === index ? value : word)))];
  }

  setPc(address: Address): Promise<void> {
    return this.writeRegister(this.architecture.pc, address);
  }

  /** How long the instruction at an address is, as far as a breakpoint must know; code that cannot be read counts as the shortest. */
  private async breakpointKind(address: Address): Promise<number> {
    const known = this.architecture.breakpointKind();
    if (known !== undefined) return known;
    const code = await this.memory.read(address, 2).catch(() => new Uint8Array(2));
    return this.architecture.breakpointKind((code[0] ?? 0) | ((code[1] ?? 0) << 8)) ?? 2;
  }

  readMemory(address: Address, length: Bytes): Promise<Uint8Array> {
    return this.memory.read(address, length);
  }

  /** Lets the target run, and resolves when it stops, whenever that is. */
  run(): Promise<Stopped> {
    const [stop] = this.connection.sendAndRun([this.runPayload]);
    return this.awaitStop(stop as Promise<Buffer>);
  }

  /** Registers that `stop` (from a write of our own) ends a run, so that `interrupt` can wait for it. */
  awaitStop(stop: Promise<Buffer>): Promise<Stopped> {
    this.interrupts.began();
    const stopping = stop.then(
      (reply) => this.stopped(this.expectStopped(reply)),
      (error: unknown) => {
        this.interrupts.close();
        throw error;
      },
    );
    stopping.catch(() => undefined);
    this.stopping = stopping;
    return stopping;
  }

  private stopped(reply: Extract<StopReply, { kind: 'stopped' }>): Stopped {
    const cause = this.interrupts.stopped(reply.signal === SIGINT);
    // Some servers answer the interrupt that came behind another stop as well, later.
    if (this.interrupts.mayStopLate) this.connection.toleratesLateInterrupt = true;
    return { ...reply, cause };
  }

  /** Runs one instruction. @throws TargetError HH1556 where the server cannot. */
  async step(): Promise<Stopped> {
    if (this.features.vCont.size > 0 && !this.features.vCont.has('s')) {
      throw requestUnsupported(this.connection.where, 'vCont;s');
    }
    const [stop] = this.connection.sendAndRun([this.features.vCont.has('s') ? 'vCont;s' : 's']);
    return await this.awaitStop(stop as Promise<Buffer>);
  }

  /** Stops a running target; resolves at once when it is halted. @throws DeviceLostError HH1564 */
  async interrupt(): Promise<void> {
    if (!this.connection.running || !this.stopping) return;
    this.interrupts.ask('caller');
    await this.stopping;
  }

  /** A command for the server itself (`monitor ...`): what it printed. @throws TargetError HH1555 */
  async monitor(command: string): Promise<string> {
    const request = `qRcmd,${Buffer.from(command, 'utf8').toString('hex')}`;
    let output = '';
    const reply = await this.connection.requestWithConsole(
      request,
      (text) => {
        output += text;
      },
      this.options.monitorTimeoutMs ?? WAIT_MS.monitor,
    );
    const text = reply.toString('latin1');
    if (text === 'OK') return output;
    // A server may send the output as the reply itself.
    if (/^([0-9a-f]{2})+$/.test(text)) return output + Buffer.from(text, 'hex').toString('utf8');
    if (text === '') throw requestUnsupported(this.connection.where, `monitor ${command}`);
    const said = output.trim() === '' ? '' : `: ${output.trim()}`;
    throw requestRefused(this.connection.where, `monitor ${command}`, `'${describe(text)}'${said}`);
  }

  /**
   * Removes the breakpoints, lets go of the target (most servers let it run then), unless told not to, and closes. `commands` is what
   * the server must be told before.
   */
  async detach(letGo = true, commands: readonly string[] = []): Promise<void> {
    try {
      if (this.connection.closedBecause) return;
      await this.interrupt();
      await this.breakpoints.removeAll();
      if (letGo) for (const command of commands) await this.monitor(command);
      // Some servers close without a reply; that is no fault of a link that is not needed any more.
      if (letGo) await this.connection.request('D', 2_000).catch(() => undefined);
    } finally {
      this.interrupts.close();
      this.connection.destroy();
    }
  }

  expectOk(reply: Buffer, request: string): void {
    const text = reply.toString('latin1');
    if (text === 'OK') return;
    if (text === '') throw requestUnsupported(this.connection.where, describe(request));
    if (/^E([0-9a-f]{2}$|\.)/i.test(text))
      throw requestRefused(this.connection.where, describe(request), `'${describe(text)}'`);
    const error = outOfStep(this.connection.where, describe(text), `OK to '${describe(request)}'`);
    this.connection.destroy(error);
    throw error;
  }

  private expectStopped(reply: Buffer): Extract<StopReply, { kind: 'stopped' }> {
    const stop = parseStopReply(reply);
    if (stop?.kind === 'stopped') return stop;
    const text = describe(reply);
    const error = stop
      ? targetExited(this.connection.where, text)
      : outOfStep(this.connection.where, text, 'a stop reply');
    this.connection.destroy(error);
    throw error;
  }
}
