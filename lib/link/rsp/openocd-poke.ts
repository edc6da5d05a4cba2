import { connect, type Socket } from 'node:net';
import type { Milliseconds } from '../../base/units.js';
import { TargetError } from '../../errors/errors.js';

export interface OpenocdPokeOptions {
  readonly host: string;
  /** OpenOCD's `tcl_port`, 6666 unless configured. */
  readonly port: number;
  readonly timeoutMs?: Milliseconds;
}

/** Ends a command and a reply of OpenOCD's Tcl server (OpenOCD manual, "Tcl RPC server"). */
const END = '\x1a';
const DEFAULT_TIMEOUT_MS = 3_000;
/** A reply is one line; more than this is no Tcl server. */
const MAX_REPLY_CHARS = 64 * 1024;
/** The pauses between two pokes grow, so that a target that runs for long does not keep the probe busy. */
const PAUSES_MS: readonly Milliseconds[] = [0, 1, 1, 2, 2, 4, 8, 16, 32, 64];

/**
 * Makes OpenOCD look at its target at once. OpenOCD 0.12 polls every 100 ms, so that it tells a stop 50 ms late on average and
 * a capture sees at most 10 events a second; `poll_period` does not help. `TARGET arp_poll` does what the timer does.
 */
export class OpenocdPoke {
  /** How often OpenOCD was asked to look. */
  pokes = 0;
  private active = false;
  private awaiting = false;
  private step = 0;
  private longestPauseMs: Milliseconds = Number.POSITIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;
  private command = '';
  private reply = '';
  private onReply: ((text: string) => void) | undefined;
  private onClose: ((error: Error) => void) | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly where: string,
  ) {
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text) => this.receive(String(text)));
    // Pokes only make OpenOCD faster: without them the capture goes on, and a dead OpenOCD shows on the gdb port.
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
  }

  /** Connects and asks for the current target's name. @throws TargetError HH1565 */
  static async open(options: OpenocdPokeOptions, signal?: AbortSignal): Promise<OpenocdPoke> {
    signal?.throwIfAborted();
    const where = `${options.host}:${options.port}`;
    const socket = connect({ host: options.host, port: options.port });
    const poke = new OpenocdPoke(socket, where);
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const timer = setTimeout(() => poke.fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    try {
      const name = (await poke.ask('target current')).trim();
      if (!/^[\w.:-]+$/.test(name)) throw poke.error(`target name '${name.slice(0, 40)}'`);
      poke.command = `${name} arp_poll${END}`;
      return poke;
    } catch (error) {
      poke.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * The target was told to run: OpenOCD is asked again and again until {@link end}. `longestPauseMs` is for those who do not see each
   * continue and stop (gdb's own loop): they begin once, and the pauses must stay short.
   */
  begin(longestPauseMs: Milliseconds = Number.POSITIVE_INFINITY): void {
    this.active = true;
    this.step = 0;
    this.longestPauseMs = longestPauseMs;
    if (!this.awaiting && this.timer === undefined) this.send();
  }

  /** The target stopped. */
  end(): void {
    this.active = false;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  close(): void {
    this.end();
    this.socket.destroy();
    this.fail('the connection was closed');
  }

  private send(): void {
    if (this.socket.destroyed) return;
    this.awaiting = true;
    this.pokes++;
    this.socket.write(this.command);
  }

  private receive(text: string): void {
    this.reply += text;
    for (let end = this.reply.indexOf(END); end >= 0; end = this.reply.indexOf(END)) {
      const reply = this.reply.slice(0, end);
      this.reply = this.reply.slice(end + 1);
      this.answered(reply);
    }
    if (this.reply.length > MAX_REPLY_CHARS) this.close();
  }

  private answered(reply: string): void {
    const waiting = this.onReply;
    this.onReply = undefined;
    if (waiting) {
      waiting(reply);
      return;
    }
    this.awaiting = false;
    if (!this.active) return;
    const pause = Math.min(PAUSES_MS[Math.min(this.step++, PAUSES_MS.length - 1)] ?? 0, this.longestPauseMs);
    if (pause === 0) this.send();
    else {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        if (this.active) this.send();
      }, pause);
    }
  }

  private ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.onReply = resolve;
      this.onClose = reject;
      this.socket.write(command + END);
    });
  }

  private fail(found: string): void {
    this.onReply = undefined;
    this.onClose?.(this.error(found));
    this.onClose = undefined;
  }

  private error(found: string): TargetError {
    return new TargetError(
      'HH1565',
      `OpenOCD Tcl port ${this.where}: found ${found}, expected the current target's name`,
      {
        remedy: 'start OpenOCD with `tcl_port 6666`, or give its port; without it OpenOCD sees 10 events a second',
      },
    );
  }
}
