import { DeviceLostError } from '../errors.js';
import type { DebugSession, StopReason } from '../gdb/debug-session.js';
import type { OpenocdPoke } from '../gdb/openocd-poke.js';
import { PC } from '../gdb/rsp/register-layout.js';
import type { RspClient } from '../gdb/rsp/rsp-client.js';
import { SIGINT, SIGTRAP, signalName } from '../gdb/rsp/stop-reply.js';
import type { Backtrace } from '../trace/heap-event.js';
import type { Address, Bytes } from '../units.js';
import type { StackUnwinder } from './stack-unwinder.js';
import type { SnapshotReader } from './stop-snapshot.js';

export interface RspSessionOptions {
  readonly client: RspClient;
  readonly reader: SnapshotReader;
  readonly unwinder: StackUnwinder;
  readonly poke: OpenocdPoke | undefined;
  /** Lets the target run on when the session ends. */
  readonly letGo: boolean;
}

/** A target behind our own protocol client, with the same face as one behind gdb. */
export class RspSession implements DebugSession {
  private readonly client: RspClient;

  constructor(private readonly options: RspSessionOptions) {
    this.client = options.client;
  }

  registers(): Promise<Uint32Array> {
    return this.client.registers();
  }

  setPc(address: Address): Promise<void> {
    return this.client.setPc(address);
  }

  readMemory(address: Address, length: Bytes): Promise<Uint8Array> {
    return this.client.readMemory(address, length);
  }

  setBreakpoint(address: Address): Promise<void> {
    return this.client.breakpoints.set(address);
  }

  removeBreakpoint(address: Address): Promise<void> {
    return this.client.breakpoints.remove(address);
  }

  async resume(signal: AbortSignal): Promise<StopReason> {
    await this.stepOver();
    const interrupt = () => void this.client.interrupt().catch(() => undefined);
    const run = this.client.run();
    this.options.poke?.begin();
    signal.addEventListener('abort', interrupt, { once: true });
    if (signal.aborted) interrupt();
    try {
      const stopped = await run;
      const pc = ((await this.client.registers())[PC] ?? 0) & ~1;
      return stopReason(stopped.signal, pc >>> 0, this.client);
    } finally {
      signal.removeEventListener('abort', interrupt);
      this.options.poke?.end();
    }
  }

  /** Reads as much of the stack as unwinding asks for. */
  async backtrace(maxDepth: number): Promise<Backtrace> {
    const { reader, unwinder } = this.options;
    for (let snapshot = await reader.read(); ; ) {
      const stack = { address: snapshot.sp, bytes: snapshot.stack };
      const { backtrace, missing } = unwinder.unwind(snapshot.registers, stack, maxDepth);
      const longer = missing !== undefined && missing >= snapshot.sp ? await reader.extend(snapshot) : undefined;
      if (!longer) return backtrace;
      snapshot = longer;
    }
  }

  monitor(command: string): Promise<string> {
    return this.client.monitor(command);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.options.poke?.close();
    try {
      await this.client.detach(this.options.letGo);
    } catch (error) {
      // A link that is gone holds nothing that could be put in order.
      if (!(error instanceof DeviceLostError)) throw error;
    }
  }

  /** A breakpoint at the pc would stop the target again before its first instruction. */
  private async stepOver(): Promise<void> {
    const { breakpoints } = this.client;
    if (breakpoints.addresses.length === 0) return;
    const pc = (((await this.client.registers())[PC] ?? 0) & ~1) >>> 0;
    if (!breakpoints.has(pc)) return;
    await breakpoints.remove(pc);
    await this.client.step();
    await breakpoints.set(pc);
  }
}

function stopReason(signal: number, pc: Address, { breakpoints }: RspClient): StopReason {
  if (breakpoints.has(pc) && (signal === SIGTRAP || signal === SIGINT)) return { kind: 'breakpoint', pc };
  if (signal === SIGINT) return { kind: 'interrupted', pc };
  return { kind: 'fault', pc, signal: signalName(signal) };
}
