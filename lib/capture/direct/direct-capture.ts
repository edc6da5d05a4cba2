import type { Address, Bytes, Milliseconds } from '../../base/units.js';
import type { RspClient, Stopped } from '../../link/rsp/rsp-client.js';
import { SIGINT, SIGTRAP } from '../../link/rsp/stop-reply.js';
import { BreakpointPass } from './pass-breakpoint.js';
import type { SnapshotReader, StopSnapshot } from './stop-snapshot.js';
import type { Run, TargetRun } from './target-run.js';

/** One stop of the target that the capture has something to do with. */
export interface CaptureStop {
  readonly kind: 'log' | 'refusal' | 'restart' | 'stop' | 'interrupted' | 'fault';
  readonly snapshot: StopSnapshot;
  /** Of the host's kind; tells a fault. */
  readonly signal: number;
}

export interface CaptureOptions {
  readonly logFunction: Address;
  /** Where requests end that the heap refused. */
  readonly refusal: Address | undefined;
  /** Where the heap begins anew. */
  readonly restarts: ReadonlySet<Address>;
  readonly stops: ReadonlySet<Address>;
  /** Whether the events that were asked for are there: the target stays halted then (in the one-write mode: at or before the next). */
  readonly isFull: () => boolean;
  /** Does what needs the halted target with a stop that was read (not in the one-write mode). */
  readonly prepare: (stop: CaptureStop) => Promise<CaptureStop>;
  /** Whether the program's code never changes at an address. */
  readonly isConstant: (address: Address) => boolean;
  /** Where a return instruction lies: resuming there returns from the log function. Given only for the one-write mode. */
  readonly returnInstruction: Address | undefined;
}

/** The target was stopped only to be looked at, because no event had come for long. */
export interface QuietStop {
  readonly kind: 'quiet';
  /** For how long nothing had happened. */
  readonly quietMs: Milliseconds;
}

/** In the one-write mode a guess that falls short cannot be mended: guess generously. */
const ONE_WRITE_SLACK_BYTES: Bytes = 512;

/**
 * The loop of the direct engine: waits for a stop, reads registers and stack, lets the target run on.
 *
 *   two trips   [g, m] -> [P pc = lr, vCont;c]          the default; everything is known before the target runs on
 *   one write   [g, m, P pc = a return, vCont;c]        the target runs on before it is known where it stopped
 *
 * A stop is yielded after the target was told to run on, so that the caller works while the target does.
 */
export class DirectCapture {
  private oneWrite = false;
  private readonly client: RspClient;
  private readonly reader: SnapshotReader;
  private readonly run: TargetRun;
  private readonly pass: BreakpointPass;

  constructor(
    link: { readonly client: RspClient; readonly reader: SnapshotReader; readonly run: TargetRun },
    private readonly options: CaptureOptions,
  ) {
    this.client = link.client;
    this.reader = link.reader;
    this.run = link.run;
    this.pass = new BreakpointPass(link.client, options.isConstant);
  }

  /** Whether the target was sent on before it was known where it stopped; other hooks than the log function are not watched then. */
  get isOneWrite(): boolean {
    return this.oneWrite;
  }

  /** Every stop from the first run on; ends after one that is no log event. The target is halted then. */
  async *stops(): AsyncGenerator<CaptureStop | QuietStop, void, undefined> {
    let run = this.run.resume();
    for (;;) {
      const { stopped, isTest } = await this.run.waitOrTest(run);
      if (isTest) {
        yield { kind: 'quiet', quietMs: this.client.interrupts.quietMs };
        run = this.run.resume();
        continue;
      }
      if (this.oneWrite && stopped.signal === SIGTRAP && !this.run.ending) {
        const { stop, next } = await this.readAndResume(stopped);
        if (next) run = next;
        yield stop;
        if (!next) return;
        await run.confirmed;
        if (!this.options.isFull()) continue;
        await this.run.end();
        await this.run.wait(run);
        return;
      }
      const stop = await this.read(stopped);
      const isHook = stop.kind === 'log' || stop.kind === 'refusal' || stop.kind === 'restart';
      if (this.run.ending || !isHook || (stop.kind !== 'restart' && this.options.isFull())) {
        yield stop;
        return;
      }
      run = await this.resumeBehind(stop);
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
   * the start of any function but the log function: the other hooks' breakpoints are taken away, a new epoch is not seen any more.
   */
  private async enterOneWrite(): Promise<void> {
    const { client } = this;
    const canWrite = client.mayPipelineRun && client.features.layout.writesOne;
    if (this.options.returnInstruction === undefined || !canWrite) return;
    const { restarts, refusal, stops } = this.options;
    const hooked = [...restarts, ...(refusal === undefined ? [] : [refusal])];
    const others = hooked.filter((address) => !stops.has(address));
    for (const address of others) await client.breakpoints.remove(address);
    this.oneWrite = true;
  }

  private classify(snapshot: StopSnapshot, { signal }: Stopped): CaptureStop {
    const { logFunction, refusal, restarts, stops } = this.options;
    // At a breakpoint it is that stop, even when an interrupt came at the same time.
    if (snapshot.pc === logFunction) return { kind: 'log', snapshot, signal };
    if (stops.has(snapshot.pc)) return { kind: 'stop', snapshot, signal };
    if (snapshot.pc === refusal) return { kind: 'refusal', snapshot, signal };
    if (restarts.has(snapshot.pc)) return { kind: 'restart', snapshot, signal };
    return { kind: signal === SIGINT ? 'interrupted' : 'fault', snapshot, signal };
  }

  /** Returns from the log function, whose effects do not matter, instead of stepping over its breakpoint. */
  private async resumeBehind({ kind, snapshot }: CaptureStop): Promise<Run> {
    const { client } = this;
    const { layout } = client.features;
    const { registers, returnAddress } = snapshot;
    const { pc } = client.architecture;
    if (kind !== 'log') return this.run.resume(await this.pass.writes(registers));
    const setPc = layout.writesOne
      ? [layout.write(pc, returnAddress)]
      : await client.registerWrites(() => registers, pc, returnAddress);
    if (client.mayPipelineRun) return this.run.resume(setPc);
    for (const request of setPc) client.expectOk(await client.connection.request(request), request);
    return this.run.resume();
  }

  /** One write: what is asked of this stop, and the order to run on, before any reply is there. */
  private async readAndResume(stopped: Stopped): Promise<{ stop: CaptureStop; next: Run | undefined }> {
    const { client } = this;
    const { payloads, parts } = this.reader.plan(ONE_WRITE_SLACK_BYTES);
    const setPc = client.features.layout.write(client.architecture.pc, this.options.returnInstruction ?? 0);
    const replies = client.connection.sendAndRun([...payloads, setPc, client.runPayload]);
    const next = this.run.follow(replies, [setPc]);
    const snapshot = await this.reader.finish(replies.slice(0, payloads.length), parts, false);
    const stop = this.classify(snapshot, stopped);
    if (stop.kind === 'log') return { stop, next };
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
    this.run.poke?.end();
    const { connection, features } = this.client;
    const writes = this.client.architecture.restored.map((index) =>
      features.layout.write(index, snapshot.registers[index] ?? 0),
    );
    await this.run.confirm(connection.send(writes), writes);
  }
}
