import { setTimeout as sleep } from 'node:timers/promises';
import type { Address, Milliseconds } from '../../base/units.js';
import { DeviceLostError, errorMessage, TargetError } from '../../errors/errors.js';
import { type Backtrace, CUT_FRAME } from '../../trace/heap-event.js';
import type { DebugLink, StopReason } from '../debug-link.js';
import { Interrupts, type StopCause } from '../interrupts.js';
import { linkReport, type RunTimes } from '../link-times.js';
import type { Leaving } from '../server/farewell.js';
import { QuietTimes, WAIT_MS } from '../waits.js';
import { connectTarget, type MiLinkOptions } from './connect-target.js';
import { EarlyEnds } from './early-ends.js';
import type { GdbProgram } from './find-gdb.js';
import { GdbProcess } from './gdb-process.js';
import type { MiConnection } from './mi-connection.js';
import { framesOf, markInlined } from './mi-frames.js';
import { memoryOf, packetMemoryOf } from './mi-memory.js';
import { MiRegisters } from './mi-registers.js';
import { isInterrupt, type StopRecord } from './mi-stops.js';
import { asText, isRecord } from './mi-values.js';

/** How long a script inside gdb has to see that it is to stop, before gdb is interrupted. */
const SCRIPT_MS: Milliseconds = 500;

/** A target behind gdb. */
export class MiLink implements DebugLink, Leaving {
  private readonly breakpoints = new Map<Address, string>();
  private stopped: Promise<StopRecord> | undefined;
  private readonly earlyEnds = new EarlyEnds((command) => this.mi.consoleOutput(command));
  private readonly reader = new MiRegisters(
    (command) => this.mi.command(command),
    (address, length) => this.readMemory(address, length),
  );
  /** Of the current stop; undefined when nobody asked, or they were changed. */
  private known: Uint32Array | undefined;
  private readonly interrupts: Interrupts;
  /** Whether the target was let go already. */
  private isLeft = false;

  private constructor(
    private readonly gdb: GdbProcess,
    private readonly options: MiLinkOptions,
  ) {
    const link = {
      send: () => this.mi.interrupt(),
      // Output that is not read at the moment is no silence.
      heardAt: () => (this.gdb.isPaused ? performance.now() : this.mi.printedAt),
      unanswered: () => this.lose(),
    };
    this.interrupts = new Interrupts(link, { repeatMs: WAIT_MS.interrupt / 2, quiet: new QuietTimes(options.quietMs) });
  }

  /** Starts gdb, connects, resets and loads as the options say. @throws TargetError, GdbError */
  static async open(program: GdbProgram, options: MiLinkOptions): Promise<MiLink> {
    const gdb = new GdbProcess(program, options.elf);
    options.signal?.addEventListener('abort', () => gdb.kill(), { once: true });
    try {
      await connectTarget(gdb.mi, options);
      if (program.hasPython) await gdb.findPid();
      return new MiLink(gdb, options);
    } catch (error) {
      await gdb[Symbol.asyncDispose]();
      throw error;
    }
  }

  get mi(): MiConnection {
    return this.gdb.mi;
  }

  async registers(): Promise<Uint32Array> {
    this.known = await this.reader.read();
    return this.known;
  }

  async setPc(address: Address): Promise<void> {
    this.known = undefined;
    await this.mi.command(`-gdb-set var $pc = ${address}`);
  }

  async readMemory(address: Address, length: number): Promise<Uint8Array> {
    return memoryOf(await this.mi.command(`-data-read-memory-bytes ${address} ${length}`), address, length);
  }

  /** Code too is read from the target here. @throws TargetError HH1506 */
  async readTarget(address: Address, length: number): Promise<Uint8Array> {
    const output = await this.mi.consoleOutput(`maint packet m${address.toString(16)},${length.toString(16)}`);
    return packetMemoryOf(output, address);
  }

  /** Writes memory of the halted target. */
  async writeMemory(address: Address, bytes: Uint8Array): Promise<void> {
    await this.mi.command(`-data-write-memory-bytes ${address} ${Buffer.from(bytes).toString('hex')}`);
  }

  async setBreakpoint(address: Address): Promise<void> {
    await this.breakpointNumber(address);
  }

  /** The same, telling gdb's number of the breakpoint. */
  async breakpointNumber(address: Address): Promise<number> {
    const known = this.breakpoints.get(address);
    if (known !== undefined) return Number(known);
    const reply = await this.mi.command(`-break-insert -h *${address}`);
    const bkpt = isRecord(reply) ? reply.bkpt : undefined;
    const number = isRecord(bkpt) ? asText(bkpt.number) : '';
    this.breakpoints.set(address, number);
    return Number(number);
  }

  async removeBreakpoint(address: Address): Promise<void> {
    const number = this.breakpoints.get(address);
    if (number === undefined) return;
    this.breakpoints.delete(address);
    await this.mi.command(`-break-delete ${number}`);
  }

  async resume(signal: AbortSignal): Promise<StopReason> {
    await this.passBreakpoint();
    const { stop, cause } = await this.run(signal, () => this.interrupts.ask('caller'));
    const pc = stop.pc ?? 0;
    // At a breakpoint it is that stop, even when an interrupt came at the same time.
    if (stop.reason === 'breakpoint-hit' || this.breakpoints.has(pc)) return { kind: 'breakpoint', pc };
    if (cause === 'test') return { kind: 'quiet', pc, quietMs: this.interrupts.quietMs };
    if (isInterrupt(stop)) return { kind: 'interrupted', pc };
    return { kind: 'fault', pc, signal: stop.signal ?? stop.reason ?? 'unknown' };
  }

  look(): void {
    this.interrupts.ask('test');
  }

  /** Does the instruction at a breakpoint in the processor's place where that can be done; gdb steps over the others by itself. */
  private async passBreakpoint(): Promise<void> {
    const registers = this.known;
    if (!registers || !this.breakpoints.has(await this.reader.pcOf(registers))) return;
    for (const command of await this.reader.commandsPast(registers)) await this.mi.command(command);
  }

  /**
   * The same while heap_harvest.py runs in gdb, which takes the abort first, with gdb's own record. `onQuiet` may look at the target when
   * it was only asked whether it answers, and says whether it is to stay halted then.
   */
  async resumeScripted(
    signal: AbortSignal,
    onQuiet: (pc: Address, quietMs: Milliseconds) => Promise<boolean>,
  ): Promise<StopRecord> {
    let late: NodeJS.Timeout | undefined;
    const onAbort = () => {
      this.gdb.askScript();
      late = setTimeout(() => this.interrupts.ask('caller'), SCRIPT_MS);
    };
    try {
      for (;;) {
        const { stop, cause } = await this.run(signal, onAbort);
        if (cause !== 'test' || signal.aborted) return stop;
        if (await onQuiet(stop.pc ?? 0, this.interrupts.quietMs)) return stop;
      }
    } finally {
      clearTimeout(late);
    }
  }

  private async run(signal: AbortSignal, onAbort: () => void): Promise<{ stop: StopRecord; cause: StopCause }> {
    this.known = undefined;
    this.mi.forgetStop();
    await this.continueTarget();
    const stopped = this.mi.nextStop();
    this.stopped = stopped;
    this.interrupts.began();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      const stop = await stopped;
      this.stopped = undefined;
      return { stop, cause: this.interrupts.stopped(isInterrupt(stop)) };
    } catch (error) {
      this.interrupts.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Neither gdb nor the target says anything, also when asked. */
  private lose(): void {
    const { serverName, host, port } = this.options;
    const waited = `within ${WAIT_MS.interrupt / 1000} s of an interrupt`;
    this.mi.giveUp(
      new DeviceLostError(
        'HH1590',
        `${serverName} at ${host}:${port}: the target did not stop, and neither it nor gdb said anything, ${waited}`,
        {
          remedy:
            'see whether the debug server or gdb hangs, and whether the probe is still there; what was captured is kept',
        },
      ),
    );
    this.gdb.kill();
  }

  async backtrace(maxDepth: number): Promise<Backtrace> {
    // One more than is kept: whether there is one tells whether the backtrace is cut.
    const frames = framesOf(await this.mi.command(`-stack-list-frames --no-frame-filters 0 ${maxDepth}`));
    const isCut = frames.length > maxDepth || (await this.earlyEnds.at(frames.at(-1)));
    const marked = markInlined(frames.slice(0, maxDepth));
    return isCut ? [...marked, CUT_FRAME] : marked;
  }

  /** Whether to read on what gdb writes; until then it waits, for consumers that cannot keep up. */
  readOutput(goesOn: boolean): void {
    if (goesOn) this.gdb.resumeOutput();
    else this.gdb.pauseOutput();
  }

  /** For a summary: of commands to gdb, and of the target's stops that this process was told. */
  linkReport(): Record<string, number> {
    return linkReport(this.mi.latencies, this.runTimes);
  }

  get runTimes(): RunTimes {
    return this.interrupts.times;
  }

  monitor(command: string): Promise<string> {
    return this.mi.consoleOutput(`monitor ${command}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const late = new AbortController();
    try {
      await Promise.race([this.putInOrder(), sleep(WAIT_MS.farewell, undefined, { signal: late.signal })]);
    } catch {
      // The target or gdb is gone: there is nothing left to put in order.
    } finally {
      late.abort();
      this.interrupts.close();
      await this.gdb[Symbol.asyncDispose]();
    }
  }

  private async putInOrder(): Promise<void> {
    if (this.isLeft) return;
    if (this.mi.isSilent) return this.gdb.kill();
    await this.disarm();
    const { detach, afterCommands = [] } = this.options;
    if (detach) for (const command of afterCommands) await this.monitor(command);
    // gdb detaches when it ends, which lets the target run on: one that is to stay where it is, is disconnected from.
    if (detach) await this.detach();
    else await this.disconnect();
  }

  /** Halts the target and takes every breakpoint away, those of a script inside gdb as well. */
  async disarm(): Promise<void> {
    await this.halt();
    await this.mi.console('delete');
    this.breakpoints.clear();
  }

  maybeArmed(): number {
    return this.breakpoints.size;
  }

  /** Lets the target run on. Resolves to whether the server agreed; nothing can be asked of the target any more. */
  async detach(): Promise<boolean> {
    this.isLeft = true;
    return await this.mi.command('-target-detach').then(
      () => true,
      () => false,
    );
  }

  /** Leaves the target as it is; nothing can be asked of it any more. */
  async disconnect(): Promise<void> {
    this.isLeft = true;
    await this.mi.command('-target-disconnect');
  }

  /** A target that was left running takes no commands: gdb waits for it. */
  private async halt(): Promise<void> {
    if (!this.stopped) return;
    this.interrupts.ask('caller');
    await this.stopped;
  }

  private async continueTarget(): Promise<void> {
    try {
      await this.mi.command('-exec-continue');
    } catch (cause) {
      const message = errorMessage(cause);
      if (!/Cannot insert hardware breakpoint|too many hardware/i.test(message)) throw cause;
      const limit = this.options.breakpointLimit;
      throw new TargetError(
        'HH1508',
        `breakpoints: the target refused one of ${this.breakpoints.size}; its board file says that it has ${limit ?? '?'} comparators`,
        { cause, remedy: 'leave out hooks or end conditions, or end other debug sessions that hold breakpoints' },
      );
    }
  }
}
