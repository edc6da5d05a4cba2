import type { Milliseconds } from '../../base/units.js';
import type { OpenocdPoke } from '../../link/rsp/openocd-poke.js';
import type { RspClient, Stopped } from '../../link/rsp/rsp-client.js';
import { SIGINT } from '../../link/rsp/stop-reply.js';

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
  private lastStopAt = performance.now();
  private readonly watchdog: NodeJS.Timeout;

  constructor(
    private readonly client: RspClient,
    readonly poke: OpenocdPoke | undefined,
    private readonly quietMs: Milliseconds,
  ) {
    this.watchdog = setInterval(() => this.selfTest(), quietMs).unref();
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
    for (let { stop } = run; ; ) {
      const stopped = await stop;
      this.lastStopAt = performance.now();
      this.poke?.end();
      if (!this.testing || stopped.signal !== SIGINT || this.ending) return stopped;
      this.testing = false;
      stop = this.resume().stop;
    }
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
    if (!this.client.connection.running || performance.now() - this.lastStopAt < this.quietMs) return;
    this.testing = true;
    // When it fails the connection ends, and the run that is awaited with it.
    this.client.interrupt().catch(() => undefined);
  }
}
