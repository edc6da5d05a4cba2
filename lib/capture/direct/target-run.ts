import type { Milliseconds } from '../../base/units.js';
import type { OpenocdPoke } from '../../link/rsp/openocd-poke.js';
import type { RspClient, Stopped } from '../../link/rsp/rsp-client.js';
import { SIGINT } from '../../link/rsp/stop-reply.js';
import { WAIT_MS } from '../../link/waits.js';

/** The target was told to run on. */
export interface Run {
  readonly stop: Promise<Stopped>;
  /** Settles when every reply before the stop was right. */
  readonly confirmed: Promise<void>;
}

/**
 * Lets the target run and waits for it to stop: the one place that knows of the poke, and of the self-test of a link that has been
 * quiet for long (a lost one has no other sign than silence).
 */
export class TargetRun {
  /** Whether the capture is about to end: an interrupt is then a stop and no self-test. */
  ending = false;
  private testing = false;
  private stoppedAt = performance.now();
  private testedAt = 0;
  private readonly watchdog: NodeJS.Timeout;

  constructor(
    private readonly client: RspClient,
    readonly poke: OpenocdPoke | undefined,
    private readonly quietMs: Milliseconds,
  ) {
    this.watchdog = setInterval(() => this.selfTest(), Math.max(1, this.firstTestMs / 10)).unref();
  }

  /** For how long no stop has come that the target made by itself. */
  get quietForMs(): Milliseconds {
    return performance.now() - this.stoppedAt;
  }

  /** While stops come, a link that hangs is to be noticed soon. */
  private get firstTestMs(): Milliseconds {
    return Math.min(this.quietMs, WAIT_MS.quiet);
  }

  /** One write: what comes before, and the order to run. */
  resume(before: readonly string[] = []): Run {
    return this.follow(this.client.connection.sendAndRun([...before, this.client.runPayload]), before);
  }

  /** The same after a write of the caller's that ended with the order to run: `orders` are those before it that must be answered by OK. */
  follow(replies: readonly Promise<Buffer>[], orders: readonly string[]): Run {
    const stop = this.client.awaitStop(replies.at(-1) as Promise<Buffer>);
    this.poke?.begin();
    // Told to end between two runs: this one must not last.
    if (this.ending) this.client.interrupt().catch(() => undefined);
    return { stop, confirmed: this.confirm(replies.slice(-1 - orders.length, -1), orders) };
  }

  /** Waits for a stop that is not the answer to a self-test. */
  async wait(run: Run): Promise<Stopped> {
    for (let waiting = run; ; waiting = this.resume()) {
      const { stopped, isTest } = await this.waitOrTest(waiting);
      if (!isTest) return stopped;
    }
  }

  /** Waits for a stop. After a self-test the target is halted, and to be resumed by the caller, who may look at it before. */
  async waitOrTest(run: Run): Promise<{ readonly stopped: Stopped; readonly isTest: boolean }> {
    const stopped = await run.stop;
    this.poke?.end();
    const isTest = this.testing && stopped.signal === SIGINT && !this.ending;
    if (isTest) this.testing = false;
    else this.stoppedAt = performance.now();
    return { stopped, isTest };
  }

  /** Ends the run that lasts: what the target then stops at is a stop like any other. @throws DeviceLostError HH1564 */
  async end(): Promise<void> {
    this.ending = true;
    await this.client.interrupt();
  }

  /** Each request must be answered by OK. */
  confirm(replies: readonly Promise<Buffer>[], requests: readonly string[]): Promise<void> {
    const confirmed = Promise.all(replies).then((all) => {
      all.forEach((reply, index) => {
        this.client.expectOk(reply, requests[index] ?? '');
      });
    });
    confirmed.catch(() => undefined);
    return confirmed;
  }

  close(): void {
    clearInterval(this.watchdog);
    this.poke?.close();
  }

  /** When the target was quiet for long: makes sure by an interrupt that it still answers. */
  private selfTest(): void {
    if (!this.client.connection.running) return;
    const now = performance.now();
    if (now < this.testDue()) return;
    this.testedAt = now;
    this.testing = true;
    // When it fails the connection ends, and the run that is awaited with it.
    this.client.interrupt().catch(() => undefined);
  }

  /** Soon after a stop, at the time when it is told that there was none, and ever again after that. */
  private testDue(): number {
    const { stoppedAt, testedAt, quietMs } = this;
    if (testedAt <= stoppedAt) return stoppedAt + this.firstTestMs;
    const quietAt = stoppedAt + quietMs;
    return testedAt < quietAt ? quietAt : testedAt + quietMs;
  }
}
