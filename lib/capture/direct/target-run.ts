import type { OpenocdPoke } from '../../link/rsp/openocd-poke.js';
import type { RspClient, Stopped } from '../../link/rsp/rsp-client.js';

/** The target was told to run on. */
export interface Run {
  readonly stop: Promise<Stopped>;
  /** Settles when every reply before the stop was right. */
  readonly confirmed: Promise<void>;
}

/** Lets the target run and waits for it to stop: the one place that knows of the poke. */
export class TargetRun {
  /** Whether the capture is about to end: an interrupt is then a stop and no test. */
  ending = false;

  constructor(
    private readonly client: RspClient,
    readonly poke: OpenocdPoke | undefined,
  ) {}

  /** One write: what comes before, and the order to run. */
  resume(before: readonly string[] = []): Run {
    return this.follow(this.client.connection.sendAndRun([...before, this.client.runPayload]), before);
  }

  /** The same after a write of the caller's that ended with the order to run: `orders` are those before it that must be answered by OK. */
  follow(replies: readonly Promise<Buffer>[], orders: readonly string[]): Run {
    const stop = this.client.awaitStop(replies.at(-1) as Promise<Buffer>);
    const confirmed = this.confirm(replies.slice(-1 - orders.length, -1), orders);
    this.beginToPoke(stop, confirmed);
    // Told to end between two runs: this one must not last.
    if (this.ending) this.client.interrupt().catch(() => undefined);
    return { stop, confirmed };
  }

  /**
   * Once the orders before the one to run are answered: a poke that overtakes them on its own connection looks at a target that is
   * still halted, which costs the probe four exchanges for nothing.
   */
  private beginToPoke(stop: Promise<Stopped>, confirmed: Promise<void>): void {
    const { poke } = this;
    if (!poke) return;
    let lasts = true;
    const ended = () => {
      lasts = false;
    };
    stop.then(ended, ended);
    const begin = () => {
      if (lasts) poke.begin();
    };
    confirmed.then(begin, begin);
  }

  /** Waits for a stop that is not the answer to the test of a quiet target. */
  async wait(run: Run): Promise<Stopped> {
    for (let waiting = run; ; waiting = this.resume()) {
      const { stopped, isTest } = await this.waitOrTest(waiting);
      if (!isTest) return stopped;
    }
  }

  /** Waits for a stop. After the test of a quiet target it is halted, and to be resumed by the caller, who may look at it before. */
  async waitOrTest(run: Run): Promise<{ readonly stopped: Stopped; readonly isTest: boolean }> {
    const stopped = await run.stop;
    this.poke?.end();
    const isTest = stopped.cause === 'test' && !this.ending && !(await this.isAtBreakpoint());
    return { stopped, isTest };
  }

  /** Some servers tell an interrupt that meets a breakpoint alone (QEMU): going on would step over the breakpoint unseen. */
  private async isAtBreakpoint(): Promise<boolean> {
    const pc = (await this.client.registers())[this.client.architecture.pc] ?? 0;
    return this.client.breakpoints.has(pc);
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
    this.client.interrupts.close();
    this.poke?.close();
  }
}
