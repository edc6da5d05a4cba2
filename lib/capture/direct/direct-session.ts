import { PC, XPSR } from '../../arch/arm/registers.js';
import type { StepEffect } from '../../arch/arm/thumb-step.js';
import type { Address, Bytes, Milliseconds } from '../../base/units.js';
import type { StackUnwinder } from '../../firmware/stack-unwinder.js';
import type { DebugSession, StackSample, StopReason } from '../../link/debug-session.js';
import type { OpenocdPoke } from '../../link/rsp/openocd-poke.js';
import type { RspClient, Stopped } from '../../link/rsp/rsp-client.js';
import { StepSimulator } from '../../link/rsp/step-simulator.js';
import { SIGINT, SIGTRAP, signalName } from '../../link/rsp/stop-reply.js';
import type { Backtrace } from '../../trace/heap-event.js';
import type { SnapshotReader, StopSnapshot } from './stop-snapshot.js';

export interface DirectSessionOptions {
  readonly unwinder: StackUnwinder;
  readonly reader: SnapshotReader;
  /** Words that are asked for at every stop, together with the registers: the running task. */
  readonly words: readonly Address[];
  readonly poke: OpenocdPoke | undefined;
  /** Whether the registers and the stack of each backtrace are given on. */
  readonly keepSamples: boolean;
  /** Without a stop for so long, the target is asked whether it still answers. */
  readonly quietMs: Milliseconds;
}

/**
 * A target behind the remote serial protocol. Each stop costs one round trip for registers, stack and some words, and one for going
 * on (three where the instruction at the breakpoint must be stepped).
 */
export class DirectSession implements DebugSession {
  private snapshot: StopSnapshot | undefined;
  private readonly words = new Map<Address, Uint8Array>();
  private readonly simulator: StepSimulator;

  constructor(
    private readonly client: RspClient,
    private readonly options: DirectSessionOptions,
  ) {
    this.simulator = new StepSimulator((address, length) => client.readMemory(address, length));
  }

  async registers(): Promise<Uint32Array> {
    return (await this.current()).registers;
  }

  async setPc(address: Address): Promise<void> {
    await this.client.setPc(address);
    this.snapshot = undefined;
  }

  async readMemory(address: Address, length: Bytes): Promise<Uint8Array> {
    const known = length === 4 ? this.words.get(address) : undefined;
    return known ?? (await this.client.readMemory(address, length));
  }

  setBreakpoint(address: Address): Promise<void> {
    return this.client.breakpoints.set(address);
  }

  removeBreakpoint(address: Address): Promise<void> {
    return this.client.breakpoints.remove(address);
  }

  monitor(command: string): Promise<string> {
    return this.client.monitor(command);
  }

  async resume(signal: AbortSignal): Promise<StopReason> {
    const { pc, registers } = await this.current();
    this.forget();
    const onAbort = () => void this.client.interrupt().catch(() => undefined);
    const writes = this.client.breakpoints.has(pc) ? await this.passBreakpoint(registers) : [];
    const running = this.runAfter(writes);
    this.options.poke?.begin();
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    try {
      return await this.reasonOf(await this.awaitStop(running, signal));
    } finally {
      this.options.poke?.end();
      signal.removeEventListener('abort', onAbort);
    }
  }

  async backtrace(maxDepth: number): Promise<Backtrace> {
    const { unwinder, reader } = this.options;
    for (let snapshot = await this.current(); ; ) {
      const stack = { address: snapshot.sp, bytes: snapshot.stack };
      const { backtrace, missing, usedEnd } = unwinder.unwind(snapshot.registers, stack, maxDepth);
      const isShort = missing !== undefined && missing >= snapshot.sp && !snapshot.reachesTop;
      const longer = isShort ? await reader.extend(snapshot) : undefined;
      if (!longer) {
        if (!isShort && !snapshot.reachesTop) reader.learnTop(usedEnd, snapshot);
        return backtrace;
      }
      snapshot = longer;
      this.snapshot = longer;
    }
  }

  sample(): StackSample | undefined {
    const { snapshot } = this;
    if (!snapshot || !this.options.keepSamples) return undefined;
    return { registers: snapshot.registers, stackAddress: snapshot.sp, stack: snapshot.stack };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.options.poke?.close();
    await this.client.detach().catch(() => undefined);
  }

  private async current(): Promise<StopSnapshot> {
    this.snapshot ??= await this.read();
    return this.snapshot;
  }

  /** Registers, stack and words in one write where the server allows that. */
  private async read(): Promise<StopSnapshot> {
    const { client, options } = this;
    if (!client.mayPipelineRun) return await options.reader.read();
    const { payloads, parts } = options.reader.plan();
    const wordRequests = options.words.map((address) => client.memory.readRequest(address, 4));
    const replies = client.connection.send([...payloads, ...wordRequests]);
    const snapshot = await options.reader.finish(replies.slice(0, payloads.length), parts);
    for (const [index, address] of options.words.entries()) {
      const reply = await (replies[payloads.length + index] as Promise<Buffer>);
      this.words.set(address, client.memory.parseRead(reply, address, 4));
    }
    return snapshot;
  }

  /**
   * A breakpoint at pc would stop the target before it moved. Returns what to write so that the target stands behind the
   * instruction. One that cannot be done here is stepped, with the breakpoint away for so long; a step that ends at
   * another breakpoint is no loss: the run that follows stops there at once.
   */
  private async passBreakpoint(registers: Uint32Array): Promise<readonly string[]> {
    const { client } = this;
    const effect = await this.simulator.effect(registers);
    const writes = effect && this.writesOf(effect);
    if (writes && client.mayPipelineRun) return writes;
    if (writes) {
      for (const request of writes) client.expectOk(await client.connection.request(request), request);
      return [];
    }
    const pc = registers[PC] ?? 0;
    await client.breakpoints.remove(pc);
    await client.step();
    await client.breakpoints.set(pc);
    return [];
  }

  private writesOf({ registers, memory }: StepEffect): string[] | undefined {
    const { layout } = this.client.features;
    if (registers.has(XPSR) && (layout.numbers[XPSR] ?? -1) < 0) return undefined;
    const writes = [...registers].map(([register, value]) => layout.write(register, value));
    if (memory) {
      const bytes = Buffer.alloc(memory.words.length * 4);
      for (const [index, word] of memory.words.entries()) bytes.writeUInt32LE(word >>> 0, index * 4);
      writes.push(`M${memory.address.toString(16)},${bytes.length.toString(16)}:${bytes.toString('hex')}`);
    }
    return writes;
  }

  /** One write: the registers, and the order to run. */
  private runAfter(writes: readonly string[]): Promise<Stopped> {
    const { client } = this;
    const replies = client.connection.sendAndRun([...writes, client.runPayload]);
    const stop = client.awaitStop(replies.at(-1) as Promise<Buffer>);
    const confirmed = Promise.all(
      writes.map(async (request, index) => client.expectOk(await (replies[index] as Promise<Buffer>), request)),
    );
    return confirmed.then(() => stop);
  }

  /** A link that is gone has no other sign than silence: after a long quiet time an interrupt shows whether it is. */
  private async awaitStop(running: Promise<Stopped>, signal: AbortSignal): Promise<Stopped> {
    for (let waiting = running; ; ) {
      let testing = false;
      const timer = setTimeout(() => {
        testing = true;
        // When it fails the connection ends, and the run that is awaited with it.
        this.client.interrupt().catch(() => undefined);
      }, this.options.quietMs);
      const stopped = await waiting.finally(() => clearTimeout(timer));
      if (!testing || stopped.signal !== SIGINT || signal.aborted) return stopped;
      waiting = this.client.run();
    }
  }

  private async reasonOf({ signal }: Stopped): Promise<StopReason> {
    const { pc } = await this.current();
    // At a breakpoint it is that stop, even when an interrupt came at the same time.
    if (this.client.breakpoints.has(pc) || signal === SIGTRAP) return { kind: 'breakpoint', pc };
    return signal === SIGINT ? { kind: 'interrupted', pc } : { kind: 'fault', pc, signal: signalName(signal) };
  }

  private forget(): void {
    this.snapshot = undefined;
    this.words.clear();
  }
}
