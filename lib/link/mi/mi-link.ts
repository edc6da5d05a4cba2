import { setTimeout as sleep } from 'node:timers/promises';
import { PC, XPSR } from '../../arch/arm/registers.js';
import { type Address, formatAddress } from '../../base/units.js';
import { DeviceLostError, errorMessage, TargetError } from '../../errors/errors.js';
import { type Backtrace, CUT_FRAME } from '../../trace/heap-event.js';
import type { DebugLink, StopReason } from '../debug-link.js';
import { StepSimulator } from '../rsp/step-simulator.js';
import { WAIT_MS } from '../waits.js';
import { connectTarget, type MiLinkOptions } from './connect-target.js';
import { EarlyEnds } from './early-ends.js';
import type { GdbProgram } from './find-gdb.js';
import { GdbProcess } from './gdb-process.js';
import { Interrupt } from './interrupt.js';
import type { MiConnection, StopRecord } from './mi-connection.js';
import { framesOf, markInlined } from './mi-frames.js';
import { asText, isRecord, listOf } from './mi-values.js';
import { SelfTest } from './self-test.js';

const CORE_REGISTERS = '0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15';
const REGISTER_NAMES = 'r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r11 r12 sp lr pc xpsr'.split(' ');

/** A target behind gdb. */
export class MiLink implements DebugLink {
  private readonly breakpoints = new Map<Address, string>();
  private stopped: Promise<StopRecord> | undefined;
  private readonly earlyEnds = new EarlyEnds((command) => this.mi.consoleOutput(command));
  private statusRegister: number | undefined;
  /** Of the current stop; undefined when nobody asked, or they were changed. */
  private known: Uint32Array | undefined;
  private readonly simulator = new StepSimulator((address, length) => this.readMemory(address, length));

  private readonly selfTest = new SelfTest({
    heardAt: () => this.mi.heardAt,
    interrupt: () => this.gdb.interrupt(),
    lost: () => this.lose(),
  });

  private constructor(
    private readonly gdb: GdbProcess,
    private readonly options: MiLinkOptions,
  ) {}

  /** Starts gdb, connects, resets and loads as the options say. @throws TargetError, GdbError */
  static async open(program: GdbProgram, options: MiLinkOptions): Promise<MiLink> {
    const gdb = new GdbProcess(program, options.elf);
    try {
      await connectTarget(gdb.mi, options);
      if (program.hasPython) await findPid(gdb);
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
    this.statusRegister ??= await this.findStatusRegister();
    const numbers = this.statusRegister < 0 ? CORE_REGISTERS : `${CORE_REGISTERS} ${this.statusRegister}`;
    const reply = await this.mi.command(`-data-list-register-values x ${numbers}`);
    const values = new Uint32Array(this.statusRegister < 0 ? XPSR : XPSR + 1);
    for (const entry of listOf(reply, 'register-values')) {
      if (!isRecord(entry)) continue;
      const number = Number(asText(entry.number));
      values[number === this.statusRegister ? XPSR : number] = Number(asText(entry.value));
    }
    this.known = values;
    return values;
  }

  /** gdb's number of xPSR, which says whether an exception handler runs; -1 where the target has none. */
  private async findStatusRegister(): Promise<number> {
    const names = listOf(await this.mi.command('-data-list-register-names'), 'register-names').map(asText);
    return names.findIndex((name) => name === 'xpsr' || name === 'cpsr');
  }

  async setPc(address: Address): Promise<void> {
    this.known = undefined;
    await this.mi.command(`-gdb-set var $pc = ${address}`);
  }

  async readMemory(address: Address, length: number): Promise<Uint8Array> {
    const reply = await this.mi.command(`-data-read-memory-bytes ${address} ${length}`);
    const bytes = new Uint8Array(length);
    let filled = 0;
    for (const part of listOf(reply, 'memory')) {
      if (!isRecord(part)) continue;
      const contents = Buffer.from(asText(part.contents), 'hex');
      bytes.set(contents.subarray(0, length), Number(asText(part.offset)));
      filled += contents.length;
    }
    if (filled >= length) return bytes;
    throw new TargetError(
      'HH1506',
      `memory at ${formatAddress(address)}: found ${filled} readable bytes, expected ${length}`,
    );
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
    const stop = await this.resumeRaw(signal);
    return stopReasonOf(stop);
  }

  /** Does the instruction at a breakpoint in the processor's place where that can be done; gdb steps over the others by itself. */
  private async passBreakpoint(): Promise<void> {
    const registers = this.known;
    if (!registers || !this.breakpoints.has(registers[PC] ?? 0)) return;
    const effect = await this.simulator.effect(registers);
    if (!effect) return;
    const { memory } = effect;
    if (memory) {
      const bytes = Buffer.alloc(memory.words.length * 4);
      for (const [index, word] of memory.words.entries()) bytes.writeUInt32LE(word >>> 0, index * 4);
      await this.mi.command(`-data-write-memory-bytes ${memory.address} ${bytes.toString('hex')}`);
    }
    const assignments = [...effect.registers].map(([register, value]) => `$${REGISTER_NAMES[register]} = ${value}`);
    await this.mi.command(`-data-evaluate-expression "${assignments.join(', ')}"`);
  }

  /** The same, with gdb's own record. `scripted` says that heap_harvest.py runs in gdb and takes the abort first. */
  async resumeRaw(signal: AbortSignal, scripted = false): Promise<StopRecord> {
    this.known = undefined;
    const askScript = scripted ? () => this.gdb.askScript() : undefined;
    const interrupt = new Interrupt(() => this.gdb.interrupt(), askScript);
    signal.addEventListener('abort', interrupt.begin, { once: true });
    try {
      for (let isFirst = true; ; isFirst = false) {
        const stop = await this.run(interrupt, isFirst && signal.aborted);
        if (!this.selfTest.asked || stop.signal !== 'SIGINT' || signal.aborted) return stop;
        this.selfTest.answered();
      }
    } finally {
      signal.removeEventListener('abort', interrupt.begin);
      interrupt.end();
    }
  }

  private async run(interrupt: Interrupt, atOnce: boolean): Promise<StopRecord> {
    this.mi.forgetStop();
    await this.continueTarget();
    const stopped = this.mi.nextStop();
    this.stopped = stopped;
    this.selfTest.begin();
    if (atOnce) interrupt.begin();
    try {
      const stop = await Promise.race([stopped, interrupt.inVain]);
      this.stopped = undefined;
      return stop;
    } finally {
      this.selfTest.end();
    }
  }

  /** Neither gdb nor the target says anything, also when asked. */
  private lose(): void {
    const { serverName, host, port } = this.options;
    const waited = WAIT_MS.interrupt / 1000;
    this.mi.giveUp(
      new DeviceLostError(
        'HH1590',
        `${serverName} at ${host}:${port}: the target was quiet, and neither it nor gdb answered an interrupt within ${waited} s`,
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

  /** Stops reading what gdb writes, so that it waits; for consumers that cannot keep up. */
  pauseOutput(): void {
    this.gdb.pauseOutput();
  }

  resumeOutput(): void {
    this.gdb.resumeOutput();
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
      await this.gdb[Symbol.asyncDispose]();
    }
  }

  private async putInOrder(): Promise<void> {
    await this.halt();
    for (const address of [...this.breakpoints.keys()]) await this.removeBreakpoint(address);
    const { detach, resumeCommand } = this.options;
    if (detach && resumeCommand !== undefined) await this.monitor(resumeCommand);
    // gdb detaches when it ends, which lets the target run on: one that is to stay where it is, is disconnected from.
    await this.mi.command(detach ? '-target-detach' : '-target-disconnect');
  }

  /** A target that was left running takes no commands: gdb waits for it. */
  private async halt(): Promise<void> {
    if (!this.stopped) return;
    this.gdb.interrupt();
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

/** gdb itself may run behind a script, which must not get the signals that gdb is to get. */
async function findPid(gdb: GdbProcess): Promise<void> {
  const said = await gdb.mi.consoleOutput('python import os; print(os.getpid())').catch(() => '');
  const pid = Number(/^\d+$/m.exec(said)?.[0] ?? 0);
  if (pid > 1) gdb.knowPid(pid);
}

function stopReasonOf(stop: StopRecord): StopReason {
  const pc = stop.pc ?? 0;
  if (stop.reason === 'breakpoint-hit') return { kind: 'breakpoint', pc };
  if (stop.signal === 'SIGINT' || stop.signal === '0') return { kind: 'interrupted', pc };
  return { kind: 'fault', pc, signal: stop.signal ?? stop.reason ?? 'unknown' };
}
