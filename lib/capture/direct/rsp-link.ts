import type { Address, Bytes } from '../../base/units.js';
import type { DebugLink, StackSample, StopReason } from '../../link/debug-link.js';
import type { RspClient, Stopped } from '../../link/rsp/rsp-client.js';
import { SIGINT, SIGTRAP, signalName } from '../../link/rsp/stop-reply.js';
import type { Backtrace } from '../../trace/heap-event.js';
import { BreakpointChanges } from './breakpoint-changes.js';
import { BreakpointPass } from './pass-breakpoint.js';
import type { SnapshotReader, StopSnapshot } from './stop-snapshot.js';
import type { StopUnwinder } from './stop-unwinder.js';
import type { TargetRun } from './target-run.js';

export interface RspLinkOptions {
  /** Words that are asked for at every stop, together with the registers: the running task. */
  readonly words: readonly Address[];
  /** Whether the program's code never changes at an address; default: it may. */
  readonly isConstant?: (address: Address) => boolean;
  /** Whether the registers and the stack of each backtrace are given on. */
  readonly keepSamples: boolean;
}

/** What a link works with; whoever made it closes it. */
export interface RspLinkParts {
  readonly client: RspClient;
  readonly reader: SnapshotReader;
  readonly stacks: StopUnwinder;
  readonly run: TargetRun;
}

/**
 * A target behind the remote serial protocol. Each stop costs one round trip for registers, stack and some words, and one for going
 * on (three where the instruction at the breakpoint must be stepped).
 */
export class RspLink implements DebugLink {
  private snapshot: StopSnapshot | undefined;
  private readonly words = new Map<Address, Uint8Array>();
  private readonly pass: BreakpointPass;
  private readonly changes: BreakpointChanges;
  /** How many registers one reply holds; undefined before the first. */
  private registerCount: number | undefined;

  private readonly client: RspClient;

  /** `owned`: what is closed with the link, instead of its client alone. */
  constructor(
    private readonly link: RspLinkParts,
    private readonly options: RspLinkOptions,
    private readonly owned?: AsyncDisposable,
  ) {
    const { client } = link;
    this.client = client;
    this.pass = new BreakpointPass(client, options.isConstant);
    this.changes = new BreakpointChanges(client);
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

  /** Writes memory of the halted target. */
  async writeMemory(address: Address, bytes: Uint8Array): Promise<void> {
    await this.client.memory.write(address, bytes);
    this.forget();
  }

  setBreakpoint(address: Address): Promise<void> {
    return this.changes.set(address);
  }

  removeBreakpoint(address: Address): Promise<void> {
    return this.changes.remove(address);
  }

  monitor(command: string): Promise<string> {
    return this.client.monitor(command);
  }

  async resume(signal: AbortSignal): Promise<StopReason> {
    const { pc, registers } = await this.current();
    this.forget();
    const { run } = this.link;
    const onAbort = () => void run.end().catch(() => undefined);
    const isArmed = this.changes.willHave(pc);
    // What is stepped is stepped with all of them there.
    if (isArmed && !this.client.breakpoints.has(pc)) await this.changes.flush();
    const writes = isArmed ? await this.pass.writes(registers) : [];
    run.ending = false;
    const running = run.resume([...this.changes.requests(), ...writes]);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    try {
      await running.confirmed;
      this.changes.confirmed();
      return await this.reasonOf(await run.waitOrTest(running));
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  look(): void {
    this.client.interrupts.ask('test');
  }

  async backtrace(maxDepth: number): Promise<Backtrace> {
    const { backtrace, snapshot } = await this.link.stacks.ofHalted(await this.current(), maxDepth);
    this.snapshot = snapshot;
    return backtrace;
  }

  heapCollected(): void {
    this.link.stacks.scripts?.forget();
  }

  sample(): StackSample | undefined {
    const { snapshot } = this;
    if (!snapshot || !this.options.keepSamples) return undefined;
    return { registers: snapshot.registers, stackAddress: snapshot.sp, stack: snapshot.stack };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.owned) return await this.owned[Symbol.asyncDispose]();
    this.link.run.close();
    await this.client.detach().catch(() => undefined);
  }

  private async current(): Promise<StopSnapshot> {
    this.snapshot ??= await this.read();
    return this.snapshot;
  }

  /** Registers, stack and words in one write where the server allows that. */
  private async read(): Promise<StopSnapshot> {
    const { client, options } = this;
    const { reader } = this.link;
    if (!client.mayPipelineRun) return await this.withStatus(await reader.read());
    const { payloads, parts } = reader.plan();
    const wordRequests = options.words.map((address) => client.memory.readRequest(address, 4));
    const statusRequests = this.statusRequests();
    const replies = client.connection.send([...payloads, ...wordRequests, ...statusRequests]);
    const snapshot = await reader.finish(replies.slice(0, payloads.length), parts);
    for (const [index, address] of options.words.entries()) {
      const reply = await (replies[payloads.length + index] as Promise<Buffer>);
      this.words.set(address, client.memory.parseRead(reply, address, 4));
    }
    this.registerCount = snapshot.registers.length;
    const status = replies.slice(payloads.length + wordRequests.length);
    if (status.length === 0) return snapshot;
    return { ...snapshot, registers: client.features.layout.withStatus(snapshot.registers, await Promise.all(status)) };
  }

  /** What tells whether a handler runs, where that is not among the registers. The first stop shows how many they are. */
  private statusRequests(): string[] {
    return this.registerCount === undefined ? [] : this.client.features.layout.statusRequests(this.registerCount);
  }

  private async withStatus(snapshot: StopSnapshot): Promise<StopSnapshot> {
    const { client } = this;
    const { layout } = client.features;
    const replies: Buffer[] = [];
    for (const request of layout.statusRequests(snapshot.registers.length)) {
      replies.push(await client.connection.request(request));
    }
    return { ...snapshot, registers: layout.withStatus(snapshot.registers, replies) };
  }

  private async reasonOf({ stopped, isTest }: { stopped: Stopped; isTest: boolean }): Promise<StopReason> {
    const { signal } = stopped;
    const { pc } = await this.current();
    if (isTest) return { kind: 'quiet', pc, quietMs: this.client.interrupts.quietMs };
    // At a breakpoint it is that stop, even when an interrupt came at the same time.
    if (this.client.breakpoints.has(pc) || signal === SIGTRAP) return { kind: 'breakpoint', pc };
    return signal === SIGINT ? { kind: 'interrupted', pc } : { kind: 'fault', pc, signal: signalName(signal) };
  }

  private forget(): void {
    this.snapshot = undefined;
    this.words.clear();
  }
}
