import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { type GroupActivity, groupActivity, isIdle } from '../../base/process-activity.js';
import { tellTraffic } from '../../base/traffic.js';
import type { Milliseconds } from '../../base/units.js';
import { DeviceLostError, errorMessage, GdbError, type HarvestError } from '../../errors/errors.js';
import { Latencies } from '../link-times.js';
import { GDB_WAIT, type GdbWait, WAIT_MS } from '../waits.js';
import { decodeCString } from './c-string.js';
import { GdbJsQueue } from './gdb-js-adapter.js';
import { parseStop, type StopRecord } from './mi-stops.js';

interface Outstanding {
  readonly token: number;
  readonly command: string;
  readonly wait: GdbWait;
  readonly sentAt: number;
  timer: NodeJS.Timeout;
  /** What gdb did whenever it was looked at. */
  readonly looks: (GroupActivity | undefined)[];
}

/** What gdb printed last comes after its end when something else holds its pipe. */
const LATE_MS: Milliseconds = 250;
/** A gdb that does not answer is looked at so often. */
const LOOK_MS: Milliseconds = WAIT_MS.reply / 4;
const KEPT_MESSAGES = 12;
const NO_ANSWER = '^error,msg="no answer';

/**
 * The MI dialogue with a gdb process. Replies are paired by token, so that a late answer to a command that timed out is
 * dropped; when gdb dies, everything that waits is rejected at once with what gdb said last.
 */
export class MiConnection {
  /** When gdb printed anything last (its script, while the target runs), by `performance.now()`. */
  printedAt = performance.now();
  /** Of each command and gdb's answer, in which are gdb's own requests to the debug server. */
  readonly latencies = new Latencies();
  /** Called with each piece of console text; at most one listener at a time. */
  onConsole: (text: string) => void = () => undefined;
  /** The same for what the debug server prints (`monitor`). */
  private onServer: (text: string) => void = () => undefined;
  private readonly queue = new GdbJsQueue((command) => this.send(command));
  private outstanding: Outstanding | undefined;
  private token = 0;
  private wait: GdbWait = GDB_WAIT.command;
  private rest = '';
  private readonly messages: string[] = [];
  private stop: StopRecord | undefined;
  private stopWaiter: { resolve(stop: StopRecord): void; reject(error: Error): void } | undefined;
  private death: HarvestError | undefined;
  private inferiorExited = false;
  private unanswered = false;
  private lost: DeviceLostError | undefined;

  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => this.feed(text));
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => this.remember(text));
    child.stdin.on('error', () => undefined);
    child.on('error', (cause) => this.die(`cannot be run: ${cause.message}`, cause));
    const ended = (code: number | null, signal: string | null) => this.die(`ended with ${signal ?? `status ${code}`}`);
    child.on('close', ended);
    child.on('exit', (code, signal) => setTimeout(() => ended(code, signal), LATE_MS).unref());
  }

  /** Sends an MI command and resolves with its results. @throws GdbError HH1701 (refused), HH1702 (no answer), HH1703 (gdb is gone). */
  async command(command: string, wait: GdbWait = GDB_WAIT.command): Promise<unknown> {
    if (this.death ?? this.lost) throw this.death ?? this.lost;
    this.wait = wait;
    try {
      return await this.queue.exec(command);
    } catch (error) {
      if (this.death ?? this.lost) throw this.death ?? this.lost;
      const message = errorMessage(error);
      const timedOut = message.startsWith('no answer');
      this.unanswered ||= timedOut;
      throw new GdbError(timedOut ? 'HH1702' : 'HH1701', `gdb: ${command}: ${message}`, { cause: error });
    }
  }

  /** A command was not answered in time: nothing of what would come now is worth a wait. */
  get isSilent(): boolean {
    return this.unanswered;
  }

  /** A console (CLI) command. Its output arrives at `onConsole`. */
  console(command: string, wait?: GdbWait): Promise<unknown> {
    return this.command(`-interpreter-exec console ${quote(command)}`, wait);
  }

  /** A console command's output, and what the debug server prints meanwhile. */
  async consoleOutput(command: string, wait?: GdbWait): Promise<string> {
    const before = this.onConsole;
    let output = '';
    const collect = (text: string) => {
      if (output.length < 1 << 20) output += text;
    };
    this.onConsole = collect;
    this.onServer = collect;
    try {
      await this.console(command, wait);
      return output;
    } finally {
      this.onConsole = before;
      this.onServer = () => undefined;
    }
  }

  /** The next stop, or the one that came since the last call of `forgetStop`. Rejects when gdb dies. */
  nextStop(): Promise<StopRecord> {
    if (this.stop) {
      const { stop } = this;
      this.stop = undefined;
      return Promise.resolve(stop);
    }
    const gone = this.death ?? this.lost;
    if (gone) return Promise.reject(gone);
    return new Promise((resolve, reject) => {
      this.stopWaiter = { resolve, reject };
    });
  }

  /** To be called before the target is set running. */
  forgetStop(): void {
    this.stop = undefined;
  }

  /**
   * Asks gdb to stop the running target, which the next stop tells. What gdb answers is of no interest: it refuses when the target has just
   * stopped by itself.
   */
  interrupt(): void {
    if (this.death ?? this.lost) return;
    const command = `${++this.token}-exec-interrupt`;
    tellTraffic('mi', '>', () => command);
    this.child.stdin.write(`${command}\n`);
  }

  /** Nothing more can be asked or will come: everything that waits rejects with this. */
  giveUp(error: DeviceLostError): void {
    this.lost ??= error;
    if (this.outstanding) this.answer(this.outstanding.token, '^error,msg="the link is lost"');
    this.stopWaiter?.reject(this.lost);
    this.stopWaiter = undefined;
  }

  /** What gdb printed last that may explain a failure; for messages. */
  get lastWords(): string {
    return this.messages.join(' ').replace(/\s+/g, ' ').trim();
  }

  private send(command: string): void {
    const token = ++this.token;
    const { wait } = this;
    const timer = setTimeout(() => this.overdue(token), Math.min(LOOK_MS, wait.totalMs));
    this.outstanding = { token, command, wait, timer, sentAt: performance.now(), looks: [] };
    tellTraffic('mi', '>', () => `${token}${command}`);
    this.child.stdin.write(`${token}${command}\n`);
    if (this.death) this.answer(token, '^error,msg="gdb is gone"');
  }

  /**
   * It may have debug information to read, which takes it processor time. One that neither computes nor answers waits for the debug server,
   * and for longer than that may take for a reply.
   */
  private overdue(token: number): void {
    const waiting = this.outstanding;
    if (waiting?.token !== token) return;
    const waitedMs = performance.now() - waiting.sentAt;
    const { totalMs, idleMs = totalMs } = waiting.wait;
    const leftMs = totalMs - waitedMs;
    if (leftMs < 1) {
      this.answer(token, `${NO_ANSWER} within ${totalMs} ms"`);
      return;
    }
    waiting.looks.push(this.child.pid === undefined ? undefined : groupActivity(this.child.pid));
    if (waitedMs >= idleMs && isIdle(waiting.looks)) {
      this.answer(token, `${NO_ANSWER} within ${Math.round(waitedMs)} ms, and gdb waits for the debug server"`);
      return;
    }
    waiting.timer = setTimeout(() => this.overdue(token), Math.min(LOOK_MS, leftMs));
  }

  private answer(token: number, record: string): void {
    this.unanswered &&= record.startsWith(NO_ANSWER);
    if (this.outstanding?.token !== token) return;
    clearTimeout(this.outstanding.timer);
    this.latencies.add(performance.now() - this.outstanding.sentAt);
    this.outstanding = undefined;
    this.queue.reply(record);
  }

  private feed(text: string): void {
    this.rest += text;
    let from = 0;
    for (let at = this.rest.indexOf('\n'); at >= 0; at = this.rest.indexOf('\n', from)) {
      this.line(this.rest.slice(from, at));
      from = at + 1;
    }
    this.rest = this.rest.slice(from);
  }

  private line(line: string): void {
    tellTraffic('mi', '<', () => line.trimEnd());
    switch (line[0]) {
      case '~':
        this.printedAt = performance.now();
        this.onConsole(inQuotes(line));
        break;
      case '@':
        this.onServer(inQuotes(line));
        break;
      case '&':
        this.remember(inQuotes(line));
        break;
      case '*':
        if (line.startsWith('*stopped')) this.stopped(line);
        break;
      case '=':
        if (line.startsWith('=thread-group-exited')) this.inferiorExited = true;
        break;
      case '(':
        // The reason comes between the record and the prompt.
        if (this.inferiorExited) this.lose();
        break;
      default: {
        const result = /^(\d+)(\^.*)$/.exec(line.trimEnd());
        if (result) this.answer(Number(result[1]), result[2] ?? '');
      }
    }
  }

  private stopped(line: string): void {
    const stop = parseStop(line);
    if (this.stopWaiter) {
      this.stopWaiter.resolve(stop);
      this.stopWaiter = undefined;
    } else {
      this.stop = stop;
    }
  }

  /** The target is gone, gdb is not: it says so by an inferior that exited. What is asked of it from now on fails with that. */
  private lose(): void {
    this.inferiorExited = false;
    const reasons = this.messages.filter((message) => /remote|connection|disconnected/i.test(message));
    const said = (reasons.at(-1) ?? this.messages.at(-1))?.trim() ?? 'no reason given';
    this.lost = new DeviceLostError('HH1601', `target: connection lost while it ran: ${said}`, {
      remedy: 'see what the debug server says; what was captured so far is kept',
    });
    this.stopWaiter?.reject(this.lost);
    this.stopWaiter = undefined;
  }

  private remember(text: string): void {
    this.messages.push(text.slice(0, 500));
    if (this.messages.length > KEPT_MESSAGES) this.messages.shift();
  }

  private die(how: string, cause?: unknown): void {
    if (this.death) return;
    const said = this.lastWords;
    this.death = new GdbError('HH1703', `gdb: ${how}${said === '' ? '' : `; it said: ${said}`}`, {
      cause,
      remedy: 'what was captured so far is kept; run the command again, with -vv to see the dialogue',
    });
    if (this.outstanding) this.answer(this.outstanding.token, '^error,msg="gdb is gone"');
    this.stopWaiter?.reject(this.death);
    this.stopWaiter = undefined;
  }
}

/** An MI argument in double quotes. */
export function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

function inQuotes(line: string): string {
  const end = line.lastIndexOf('"');
  return end < 2 ? '' : decodeCString(line.slice(2, end));
}
