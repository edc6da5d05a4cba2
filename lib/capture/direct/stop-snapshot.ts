import type { Address, Bytes } from '../../base/units.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';
import { isUnreadable, readAvailable } from './readable-memory.js';
import { fromStackPointer, MAX_GUESS_BYTES, MAX_STACK_BYTES, type MemoryRange, StackWindow } from './stack-window.js';

/** Registers and a copy of the stack, of a halted target. */
export interface StopSnapshot {
  readonly registers: Uint32Array;
  readonly pc: Address;
  /** Where the copy of the stack begins: at the stack pointer, or as far below it as callers have something there. */
  readonly sp: Address;
  /** The return address of the function that was entered. */
  readonly returnAddress: Address;
  /** Empty when no memory could be read there. */
  readonly stack: Uint8Array;
  /** Whether the copy surely reaches the stack's outer end: unwinding needs no halted target then. */
  readonly reachesTop: boolean;
  /** What {@link SnapshotReader.alongside} asked for. */
  readonly alongside?: Uint8Array;
}

/** What is read of a stack whose end is not known; more is read when that does not suffice. */
const FIRST_BYTES = 1024;

/**
 * Reads snapshots, in one round trip when the stack is where it was expected.
 * `tops` are the known ends of stacks (the initial stack pointer); others are learnt with {@link learnTop}.
 */
export class SnapshotReader {
  /** Reads that had to be made because the guess fell short. */
  rereads = 0;
  /** Is read with every snapshot. Its length must be no multiple of 4, see {@link split}. */
  alongside: MemoryRange | undefined;
  private windows: readonly StackWindow[] = [];
  private current: StackWindow | undefined;
  private registersBytes = 0;

  constructor(
    private readonly client: RspClient,
    tops: readonly Address[],
    /** What is surely memory; elsewhere it is found out by reading. */
    private readonly known: readonly MemoryRange[],
  ) {
    for (const top of tops) this.addWindow(top, true);
    this.current = this.windows[0];
  }

  /** The stack of a snapshot was unwound up to here: from now on it is asked for up to there, or to a known end above. */
  learnEnd(end: Address, { sp }: StopSnapshot): void {
    const window = this.windowOf(sp);
    if (window && end <= window.top) {
      window.agree();
      return;
    }
    this.forget(window);
    if (this.windows.length < MAX_WINDOWS) this.addWindow(end, false);
    this.current = this.windowOf(sp);
    this.current?.observe(sp);
  }

  /** More of a stack was needed than its copy held: the end that was believed is none. */
  doubtEnd({ sp }: StopSnapshot): void {
    this.forget(this.windowOf(sp));
  }

  /** The requests of the next snapshot, for a write that the caller makes. */
  plan(slackBytes?: Bytes): { readonly payloads: readonly string[]; readonly parts: readonly MemoryRange[] } {
    const window = this.current?.predict(slackBytes);
    const parts = window ? this.split(window) : [];
    const ranges = this.alongside ? [...parts, this.alongside] : parts;
    return {
      payloads: ['g', ...ranges.map((part) => this.client.memory.readRequest(part.address, part.length))],
      parts,
    };
  }

  /** Asks and waits; everything goes in one write where the server allows that. */
  async read(): Promise<StopSnapshot> {
    const { payloads, parts } = this.plan();
    if (this.client.mayPipelineRun) return this.finish(this.client.connection.send(payloads), parts);
    const replies: Promise<Buffer>[] = [];
    for (const payload of payloads) {
      const reply = this.client.connection.request(payload);
      replies.push(reply);
      await reply;
    }
    return this.finish(replies, parts);
  }

  /** Takes the replies of a {@link plan}; reads what is missing when `mayReread`. */
  async finish(
    replies: readonly Promise<Buffer>[],
    parts: readonly MemoryRange[],
    mayReread = true,
  ): Promise<StopSnapshot> {
    const registersReply = await (replies[0] as Promise<Buffer>);
    const registers = this.client.parseRegisters(registersReply);
    this.registersBytes = registersReply.length / 2;
    const first = parts[0];
    const bytes = await this.collect(replies.slice(1), parts);
    const more = this.alongside;
    const alongside =
      more &&
      this.client.memory.parseRead(await (replies[1 + parts.length] as Promise<Buffer>), more.address, more.length);
    const { architecture } = this.client;
    const pc = architecture.codeAddress(registers[architecture.pc] ?? 0);
    const { returnAddress } = architecture.callAt(registers);
    const sp = Math.max(0, (registers[architecture.sp] ?? 0) - architecture.belowStack);
    const known =
      first && bytes && this.current?.holds(sp)
        ? fromStackPointer({ ...first, length: bytes.length }, bytes, sp)
        : undefined;
    this.current = this.windowOf(sp);
    this.current?.observe(sp);
    const reachesTop = this.current?.isTrusted === true;
    const common = {
      registers,
      sp,
      pc,
      returnAddress: architecture.returnsTo(registers[returnAddress] ?? 0, pc),
      ...(alongside ? { alongside } : {}),
    };
    if (known || !mayReread)
      return { ...common, stack: known ?? new Uint8Array(0), reachesTop: reachesTop && known !== undefined };
    const toTop = this.current ? this.current.top - sp : Number.POSITIVE_INFINITY;
    const stack = await this.readStack(sp, toTop <= MAX_GUESS_BYTES ? toTop : FIRST_BYTES);
    return { ...common, stack, reachesTop: reachesTop && stack.length === toTop };
  }

  /** The same snapshot with a copy of the stack that holds an address, and some more; undefined when it cannot be had. */
  async extend(snapshot: StopSnapshot, missing: Address): Promise<StopSnapshot | undefined> {
    const needed = missing + 4 - snapshot.sp;
    if (snapshot.stack.length === 0 || needed > MAX_STACK_BYTES) return undefined;
    const wanted = Math.min(MAX_STACK_BYTES, Math.max(needed, snapshot.stack.length * 2));
    const stack = await this.readStack(snapshot.sp, wanted);
    return stack.length >= needed ? { ...snapshot, stack } : undefined;
  }

  private async readStack(sp: Address, length: Bytes): Promise<Uint8Array> {
    this.rereads++;
    return await readAvailable(this.client, sp, { length, known: this.known });
  }

  private windowOf(sp: Address): StackWindow | undefined {
    // The end that is nearest above belongs to the stack.
    const holding = this.windows.filter((window) => window.holds(sp));
    return holding.reduce<StackWindow | undefined>(
      (best, one) => (best && best.top <= one.top ? best : one),
      undefined,
    );
  }

  private forget(window: StackWindow | undefined): void {
    this.windows = this.windows.filter((other) => other !== window);
  }

  private addWindow(top: Address, isInitial: boolean): void {
    if (this.windows.some((window) => window.top === top)) return;
    const area = this.known.find(({ address, length }) => top > address && top <= address + length);
    this.windows = [...this.windows, new StackWindow(top, area?.address, isInitial)];
  }

  /** Undefined when the server refuses: what was guessed is no memory. */
  private async collect(
    replies: readonly Promise<Buffer>[],
    parts: readonly MemoryRange[],
  ): Promise<Uint8Array | undefined> {
    const pieces: Uint8Array[] = [];
    let refused = false;
    for (const [index, part] of parts.entries()) {
      const reply = await (replies[index] as Promise<Buffer>);
      try {
        pieces.push(this.client.memory.parseRead(reply, part.address, part.length));
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        refused = true;
      }
    }
    if (refused) return undefined;
    return pieces.length === 1 ? (pieces[0] ?? new Uint8Array(0)) : Buffer.concat(pieces);
  }

  /**
   * Splits a window into reads of different lengths, all multiples of 4 and none as long as the registers: a reply that came twice or got lost
   * then never fits the request that it is taken for.
   */
  private split(window: MemoryRange): MemoryRange[] {
    const parts: MemoryRange[] = [];
    let { address, length } = window;
    while (length > 0) {
      let size = Math.min(length, this.client.memory.maxReadBytes - 4 * parts.length);
      if (size === this.registersBytes) size = size === length && parts.length === 0 ? size - 4 : size - 8;
      if (size <= 0 || parts.length > MAX_PARTS) break;
      parts.push({ address, length: size });
      address += size;
      length -= size;
    }
    return parts;
  }
}

const MAX_PARTS = 64;
/** One a task is plenty; the bound only keeps damaged stacks from adding up. */
const MAX_WINDOWS = 64;
