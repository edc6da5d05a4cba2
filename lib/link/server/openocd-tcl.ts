import { connect, type Socket } from 'node:net';
import type { Milliseconds } from '../../base/units.js';
import type { AfterMode, ServerAddress } from './target.js';

/** Ends a command and a reply (OpenOCD manual, "Tcl RPC server"). */
const END = '\x1a';
const TIMEOUT_MS: Milliseconds = 2_000;
const MAX_REPLY_CHARS = 64 * 1024;

/** A few questions and orders to OpenOCD besides gdb: what its target does, and what it shall do when the capture is over. */
export class OpenocdTcl implements AsyncDisposable {
  private reply = '';
  private waiting: ((text: string | undefined) => void) | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (text) => this.receive(String(text)));
    socket.on('error', () => this.settle(undefined));
    socket.on('close', () => this.settle(undefined));
  }

  /** @throws Error when nobody listens */
  static async open({ host, port }: ServerAddress): Promise<OpenocdTcl> {
    const socket = connect({ host, port });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer')), TIMEOUT_MS);
      socket.once('connect', () => resolve());
      socket.once('error', reject);
      socket.once('close', () => clearTimeout(timer));
      socket.once('connect', () => clearTimeout(timer));
    }).catch((error: unknown) => {
      socket.destroy();
      throw error;
    });
    socket.removeAllListeners();
    return new OpenocdTcl(socket);
  }

  /** A command's result; undefined when it does not come. */
  async ask(command: string): Promise<string | undefined> {
    if (this.socket.destroyed) return undefined;
    this.reply = '';
    let timer: NodeJS.Timeout | undefined;
    const text = await new Promise<string | undefined>((resolve) => {
      this.waiting = resolve;
      timer = setTimeout(() => this.settle(undefined), TIMEOUT_MS);
      this.socket.write(command + END);
    });
    clearTimeout(timer);
    return text;
  }

  /** `running`, `halted`, `reset`, ...; undefined when it does not say. */
  async state(): Promise<string | undefined> {
    return (await this.ask('[target current] curstate'))?.trim();
  }

  /**
   * Takes all breakpoints away and leaves the target as it shall be: detaching alone leaves it halted (OpenOCD 0.12). Returns what it
   * does then.
   */
  async leaveTarget(after: AfterMode): Promise<string | undefined> {
    if (after === 'halt') {
      if ((await this.state()) === 'running') await this.ask('catch {halt}');
      await this.ask('catch {rbp all}');
      return this.state();
    }
    if ((await this.state()) === 'running' && after === 'run') return 'running';
    await this.ask('catch {halt}');
    await this.ask('catch {rbp all}');
    await this.ask(after === 'reset' ? 'catch {reset run}' : 'catch {resume}');
    return this.state();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
  }

  private receive(text: string): void {
    this.reply += text;
    const end = this.reply.indexOf(END);
    if (end >= 0) this.settle(this.reply.slice(0, end));
    else if (this.reply.length > MAX_REPLY_CHARS) this.socket.destroy();
  }

  private settle(text: string | undefined): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.(text);
  }
}
