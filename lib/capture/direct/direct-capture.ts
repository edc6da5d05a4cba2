import { PC } from '../../arch/arm/registers.js';
import type { Address, Bytes, Milliseconds } from '../../base/units.js';
import type { OpenocdPoke } from '../../link/rsp/openocd-poke.js';
import type { RspClient, Stopped } from '../../link/rsp/rsp-client.js';
import { SIGINT, SIGTRAP } from '../../link/rsp/stop-reply.js';
import type { SnapshotReader, StopSnapshot } from './stop-snapshot.js';

/** One stop of the target that the capture has something to do with. */
export interface CaptureStop {
  readonly kind: 'log' | 'gc-init' | 'stop' | 'interrupted' | 'fault';
  readonly snapshot: StopSnapshot;
  /** Of the host's kind; tells a fault. */
  readonly signal: number;
}

export interface CaptureOptions {
  readonly logFunction: Address;
  readonly gcInit: Address | undefined;
  readonly stops: ReadonlySet<Address>;
  /** Whether the events that were asked for are there: the target stays halted then (in the one-write mode: at or before the next). */
  readonly isFull: () => boolean;
  /** Does what needs the halted target with a stop that was read (not in the one-write mode). */
  readonly prepare: (stop: CaptureStop) => Promise<CaptureStop>;
  /** Where a `bx lr` lies: resuming there returns from the log function. Given only for the one-write mode. */
  readonly returnInstruction: Address | undefined;
  /** Without a stop for so long, the target is asked whether it still runs. */
  readonly quietMs: Milliseconds;
  readonly poke: OpenocdPoke | undefined;
}

/** In the one-write mode a guess that falls short cannot be mended: guess generously. */
const ONE_WRITE_SLACK_BYTES: Bytes = 512;

/**
 * The loop of the direct engine: waits for a stop, reads registers and stack, lets the target run on.
 *
 *   two trips   [g, m] -> [P pc = lr, vCont;c]          the default; everything is known before the target runs on
 *   one write   [g, m, P pc = a `bx lr`, vCont;c]       the target runs on before it is known where it stopped
 *
 * A stop is yielded after the target was told to run on, so that the caller works while the target does.
 */
export class DirectCapture {
  /** Events whose stack lay below the guess of the one-write mode: they have an incomplete backtrace. */
  missedStacks = 0;
  private oneWrite = false;
  private ending = false;
  private testing = false;
  private lastStopAt = performance.now();

  constructor(
    private readonly client: RspClient,
    private readonly reader: SnapshotReader,
    private readonly options: CaptureOptions,
  ) {}

  /** Every stop from the first run on; ends after one that is no log event. The target is halted then. */
  async *stops(): AsyncGenerator<CaptureStop, void, undefined> {
    const watchdog = setInterval(() => this.selfTest(), this.options.quietMs);
    try {
      yield* this.loop();
    } finally {
      clearInterval(watchdog);
      this.options.poke?.end();
    }
  }

  /** Ends the capture: the target is interrupted, what it stops at is still yielded. @throws DeviceLostError HH1564 */
  async end(): Promise<void> {
    this.ending = true;
    await this.client.interrupt();
  }

  private async *loop(): AsyncGenerator<CaptureStop, void, undefined> {
    let run = this.resume([this.client.runPayload]);
    for (;;) {
      const stopped = await this.awaitStop(run.stop);
      if (this.oneWrite && stopped.signal === SIGTRAP && !this.ending) {
        const { stop, next } = await this.readAndResume(stopped);
        if (next) run = next;
        yield stop;
        if (!next) return;
        await run.confirmed;
        if (!this.options.isFull()) continue;
        await this.end();
        await this.awaitStop(run.stop);
        return;
      }
      const read = await this.read(stopped);
      const stop = read.kind === 'gc-init' && !this.ending ? await this.passGcInit(read) : read;
      const isLast = stop.kind === 'log' && this.options.isFull();
      if (this.ending || isLast || (stop.kind !== 'log' && stop.kind !== 'gc-init')) {
        yield stop;
        return;
      }
      run = stop.kind === 'log' ? await this.resumeBehind(stop.snapshot) : this.resume([this.client.runPayload]);
      yield stop;
      await run.confirmed;
    }
  }

  private async read(stopped: Stopped): Promise<CaptureStop> {
    const stop = await this.options.prepare(this.classify(await this.reader.read(), stopped));
    if (stop.kind === 'log' && !this.oneWrite) await this.enterOneWrite();
    return stop;
  }

  /**
   * After the first event the place of the heap is known. From now on the target is resumed blindly, which must not happen at
   * the start of gc_init: its breakpoint is taken away, a new epoch is not seen any more.
   */
  private async enterOneWrite(): Promise<void> {
    if (this.options.returnInstruction === undefined || !this.client.mayPipelineRun) return;
    if (this.options.gcInit !== undefined) await this.client.breakpoints.remove(this.options.gcInit);
    this.oneWrite = true;
  }

  private classify(snapshot: StopSnapshot, { signal }: Stopped): CaptureStop {
    const { logFunction, gcInit, stops } = this.options;
    // At a breakpoint it is that stop, even when an interrupt came at the same time.
    if (snapshot.pc === logFunction) return { kind: 'log', snapshot, signal };
    if (stops.has(snapshot.pc)) return { kind: 'stop', snapshot, signal };
    if (snapshot.pc === gcInit) return { kind: 'gc-init', snapshot, signal };
    return { kind: signal === SIGINT ? 'interrupted' : 'fault', snapshot, signal };
  }

  /** Returns from the log function, whose effects do not matter, instead of stepping over its breakpoint. */
  private async resumeBehind(snapshot: StopSnapshot): Promise<Run> {
    const setPc = this.client.features.layout.write(PC, snapshot.returnAddress);
    if (this.client.mayPipelineRun) return this.resume([setPc, this.client.runPayload]);
    this.client.expectOk(await this.client.connection.request(setPc), setPc);
    return this.resume([this.client.runPayload]);
  }

  private resume(payloads: readonly string[]): Run {
    const replies = this.client.connection.sendAndRun(payloads);
    const stop = this.client.awaitStop(replies.at(-1) as Promise<Buffer>);
    this.options.poke?.begin();
    return { stop, confirmed: this.confirm(replies.slice(0, -1), payloads) };
  }

  private confirm(replies: readonly Promise<Buffer>[], payloads: readonly string[]): Promise<void> {
    const confirmed = Promise.all(replies).then((all) => {
      all.forEach((reply, index) => {
        this.client.expectOk(reply, payloads[index] ?? '');
      });
    });
    confirmed.catch(() => undefined);
    return confirmed;
  }

  /** One write: what is asked of this stop, and the order to run on, before any reply is there. */
  private async readAndResume(stopped: Stopped): Promise<{ stop: CaptureStop; next: Run | undefined }> {
    const { client } = this;
    const { payloads, parts } = this.reader.plan(ONE_WRITE_SLACK_BYTES);
    const setPc = client.features.layout.write(PC, this.options.returnInstruction ?? 0);
    const replies = client.connection.sendAndRun([...payloads, setPc, client.runPayload]);
    const next = {
      stop: client.awaitStop(replies.at(-1) as Promise<Buffer>),
      confirmed: this.confirm(replies.slice(payloads.length, -1), [setPc]),
    };
    this.options.poke?.begin();
    const snapshot = await this.reader.finish(replies.slice(0, payloads.length), parts, false);
    const stop = this.classify(snapshot, stopped);
    if (stop.kind === 'log') {
      if (!snapshot.reachesTop) this.missedStacks++;
      return { stop, next };
    }
    await this.takeBack(snapshot, next);
    return { stop, next: undefined };
  }

  /**
   * The target was sent on from where the capture ends. Heap events stop it before they change the heap, so at most the
   * code up to the next one has run; the registers are put back.
   */
  private async takeBack(snapshot: StopSnapshot, run: Run): Promise<void> {
    await run.confirmed;
    await this.client.interrupt();
    await run.stop;
    this.options.poke?.end();
    const { connection, features } = this.client;
    const writes = Array.from({ length: PC + 1 }, (_, index) =>
      features.layout.write(index, snapshot.registers[index] ?? 0),
    );
    await this.confirm(connection.send(writes), writes);
  }

  /**
   * Lets gc_init run to its end: its breakpoint makes room for one at its return address, so that no comparator more is
   * needed and no instruction has to be stepped. Events inside of it are not expected: it makes the tables.
   */
  private async passGcInit(entry: CaptureStop): Promise<CaptureStop> {
    const { breakpoints } = this.client;
    const { pc, returnAddress } = entry.snapshot;
    await breakpoints.remove(pc);
    const wasSet = breakpoints.has(returnAddress);
    await breakpoints.set(returnAddress);
    const stopped = await this.awaitStop(this.resume([this.client.runPayload]).stop);
    const snapshot = await this.reader.read();
    if (!wasSet) await breakpoints.remove(returnAddress);
    await breakpoints.set(pc);
    const arrived = snapshot.pc === returnAddress;
    return await this.options.prepare(
      arrived ? { kind: 'gc-init', snapshot, signal: stopped.signal } : this.classify(snapshot, stopped),
    );
  }

  /** Waits for a stop that is not the answer to a self-test. */
  private async awaitStop(stop: Promise<Stopped>): Promise<Stopped> {
    for (let waiting = stop; ; ) {
      const stopped = await waiting;
      this.lastStopAt = performance.now();
      this.options.poke?.end();
      if (!this.testing || stopped.signal !== SIGINT || this.ending) return stopped;
      this.testing = false;
      waiting = this.resume([this.client.runPayload]).stop;
    }
  }

  /** When the target was quiet for long: makes sure by an interrupt that it still answers (a lost link has no other sign). */
  private selfTest(): void {
    if (!this.client.connection.running || performance.now() - this.lastStopAt < this.options.quietMs) return;
    this.testing = true;
    // When it fails the connection ends, and the run that is awaited with it.
    this.client.interrupt().catch(() => undefined);
  }
}

interface Run {
  readonly stop: Promise<Stopped>;
  /** Settles when every reply before the stop was right. */
  readonly confirmed: Promise<void>;
}
