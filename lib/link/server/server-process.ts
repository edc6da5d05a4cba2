import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { killTool, spawnTool, toolEnded } from '../../base/child-processes.js';
import { tellTraffic } from '../../base/traffic.js';
import type { Milliseconds } from '../../base/units.js';
import { DeviceLostError, type HarvestError, TargetError, ToolMissingError } from '../../errors/errors.js';

/** How a server says why it cannot work, and the error that this makes. The first that matches its log is taken. */
export interface KnownFailure {
  readonly pattern: RegExp;
  /** It goes on all the same, and refuses gdb later. The others explain why it ended, and may be no more than a warning. */
  readonly staysUp?: boolean;
  readonly make: (found: string) => HarvestError;
}

export interface ServerLaunch {
  /** For messages: `OpenOCD`. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** How to get the program. */
  readonly install: string;
  /** The line that says that gdb may connect: an open port is not enough, and some servers end when a first client leaves. */
  readonly ready: RegExp;
  readonly failures: readonly KnownFailure[];
  readonly startMs?: Milliseconds;
  /** How long it may take to put its target in order when this process was killed; absent: it is killed at once. */
  readonly graceMs?: Milliseconds;
}

const START_MS: Milliseconds = 30_000;
/** After SIGTERM: a stuck server is not waited for much longer. */
const GRACE_MS: Milliseconds = 3_000;
/** A server that failed says the rest of why within this time. */
const LAST_WORDS_MS: Milliseconds = 200;
const KEPT_CHARS = 64 * 1024;

/** A debug server that was launched: its log is kept, and told line by line to who listens (`-v`). */
export class ServerProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly closed: Promise<void>;
  private text = '';
  private stopping = false;
  private onText: () => void = () => undefined;

  constructor(private readonly launch: ServerLaunch) {
    this.child = spawnTool(
      launch.program,
      launch.args,
      launch.graceMs === undefined ? {} : { graceMs: launch.graceMs },
    );
    this.child.stdin.on('error', () => undefined);
    for (const stream of [this.child.stdout, this.child.stderr]) this.follow(stream);
    this.closed = toolEnded(this.child);
    this.closed.then(() => this.onText());
  }

  /** What it printed: the newest 64 KiB. */
  get log(): string {
    return this.text;
  }

  /** Waits until it serves gdb. @throws what its log says, in our words (the server is ended then) */
  async ready(signal?: AbortSignal): Promise<void> {
    try {
      await this.awaitReady(signal);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Rejects when it ends before {@link stop}; never resolves. */
  async lost(): Promise<never> {
    await this.closed;
    if (this.stopping) return new Promise<never>(() => undefined);
    const why = this.failure()?.message ?? this.lastLine();
    throw new DeviceLostError('HH1545', `${this.launch.name}: ended during the capture: found ${why}`, {
      remedy: 'what was captured is kept; is the probe still plugged in? -v shows all that the server said',
    });
  }

  /** SIGTERM, then SIGKILL after a grace; resolves when it is gone. `polite` is tried before, and given the same grace. */
  async stop(polite?: () => Promise<unknown>): Promise<void> {
    this.stopping = true;
    if (!this.runs) return;
    if (polite) {
      await polite().catch(() => undefined);
      if (await this.closesWithin(GRACE_MS)) return;
    }
    killTool(this.child, 'SIGTERM');
    if (await this.closesWithin(GRACE_MS)) return;
    killTool(this.child, 'SIGKILL');
    await this.closed;
  }

  get runs(): boolean {
    return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  private async awaitReady(signal: AbortSignal | undefined): Promise<void> {
    const { name, startMs = START_MS, ready } = this.launch;
    const deadline = performance.now() + startMs;
    const onAbort = () => this.onText();
    signal?.addEventListener('abort', onAbort);
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (!this.runs || this.cannotWork()) {
          await this.closesWithin(LAST_WORDS_MS);
          throw this.cannotStart();
        }
        if (ready.test(this.text)) return;
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) {
          throw new TargetError('HH1532', `${name}: not ready within ${startMs / 1000} s: found ${this.lastLine()}`, {
            remedy: 'run it again with -v, which shows all that the server says',
          });
        }
        await this.news(leftMs);
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  private cannotStart(): HarvestError {
    const { name, program, install } = this.launch;
    if (this.child.pid === undefined) {
      return new ToolMissingError('HH1533', `${program}: cannot be run`, { remedy: install });
    }
    const known = this.failure();
    if (known) return known;
    const status = this.child.signalCode ?? `status ${this.child.exitCode}`;
    return new TargetError('HH1531', `${name}: ended with ${status}: found ${this.lastLine()}`, {
      remedy: 'run it again with -v, which shows all that the server says',
    });
  }

  private cannotWork(): boolean {
    return this.launch.failures.some(({ pattern, staysUp }) => staysUp === true && pattern.test(this.text));
  }

  private failure(): HarvestError | undefined {
    for (const { pattern, make } of this.launch.failures) {
      const line = this.text.split('\n').find((one) => pattern.test(one));
      if (line !== undefined) return make(shortened(line));
    }
    return undefined;
  }

  private lastLine(): string {
    const lines = this.text.split('\n').filter((line) => line.trim() !== '');
    const errors = lines.filter((line) => /error|fail|cannot|unable/i.test(line));
    const last = errors.at(-1) ?? lines.at(-1);
    return last === undefined ? 'no word from it' : `'${shortened(last)}'`;
  }

  private news(timeoutMs: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.onText(), timeoutMs);
      this.onText = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async closesWithin(ms: Milliseconds): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const closed = await Promise.race([this.closed.then(() => true), late]);
    clearTimeout(timer);
    return closed;
  }

  private follow(stream: NodeJS.ReadableStream): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('error', () => undefined);
    stream.on('data', (chunk: string) => {
      this.text = (this.text + chunk).slice(-KEPT_CHARS);
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(-KEPT_CHARS);
      for (const line of lines) tellTraffic('server', '<', () => line.trimEnd());
      this.onText();
    });
  }
}

function shortened(line: string): string {
  const text = line.replace(/[^\x20-\x7e]/g, ' ').trim();
  return text.length <= 160 ? text : `${text.slice(0, 157)}...`;
}
