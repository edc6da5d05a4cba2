import { LR, PC, SP } from '../../arch/arm/registers.js';
import type { Address, Bytes } from '../../base/units.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';
import { fromStackPointer, MAX_STACK_BYTES, type MemoryRange, StackWindow } from './stack-window.js';

/** Registers and a copy of the stack from the stack pointer up, of a halted target. */
export interface StopSnapshot {
  readonly registers: Uint32Array;
  readonly pc: Address;
  readonly sp: Address;
  /** The return address of the function that was entered, Thumb bit cleared. */
  readonly returnAddress: Address;
  /** Empty when no memory could be read there. */
  readonly stack: Uint8Array;
  /** Whether the copy is known to reach the stack's outer end. */
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
  private readonly windows: StackWindow[] = [];
  private current: StackWindow | undefined;
  private registersBytes = 0;

  constructor(
    private readonly client: RspClient,
    tops: readonly Address[],
    /** What may be read at all: a stack pointer outside is not followed. */
    private readonly ram: readonly MemoryRange[],
  ) {
    for (const top of tops) this.addWindow(top, true);
    this.current = this.windows[0];
  }

  /** The end of the stack of a snapshot was found by unwinding: from now on it is asked for up to there. */
  learnTop(top: Address, { sp }: StopSnapshot): void {
    if (this.windows.length < MAX_WINDOWS) this.addWindow(top, false);
    this.current = this.windows.find((window) => window.holds(sp));
    this.current?.observe(sp);
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
    const sp = registers[SP] ?? 0;
    const known =
      first && this.current?.holds(sp) ? fromStackPointer({ ...first, length: bytes.length }, bytes, sp) : undefined;
    this.current = this.windows.find((window) => window.holds(sp));
    this.current?.observe(sp);
    const reachesTop = this.current?.certain === true;
    const common = {
      registers,
      sp,
      pc: ((registers[PC] ?? 0) & ~1) >>> 0,
      returnAddress: ((registers[LR] ?? 0) & ~1) >>> 0,
      ...(alongside ? { alongside } : {}),
    };
    if (known || !mayReread)
      return { ...common, stack: known ?? new Uint8Array(0), reachesTop: reachesTop && known !== undefined };
    const stack = await this.readStack(sp, this.current ? this.current.top - sp : FIRST_BYTES);
    return { ...common, stack, reachesTop };
  }

  /** The same snapshot with a longer copy of the stack; undefined when there is no more to read. */
  async extend(snapshot: StopSnapshot): Promise<StopSnapshot | undefined> {
    const wanted = Math.min(MAX_STACK_BYTES, snapshot.stack.length * 2);
    if (snapshot.stack.length === 0 || wanted <= snapshot.stack.length) return undefined;
    const stack = await this.readStack(snapshot.sp, wanted);
    return stack.length > snapshot.stack.length ? { ...snapshot, stack } : undefined;
  }

  /** Reads what lies in RAM of a range; a pointer outside gives nothing, and no error: a fault handler must still be seen. */
  private async readStack(sp: Address, length: Bytes): Promise<Uint8Array> {
    const area = this.areaOf(sp);
    if (!area || length <= 0) return new Uint8Array(0);
    this.rereads++;
    return await this.client.readMemory(sp, Math.min(length, area.address + area.length - sp));
  }

  private addWindow(top: Address, certain: boolean): void {
    const area = this.areaOf(top - 1);
    if (!area || this.windows.some((window) => window.top === top)) return;
    this.windows.push(new StackWindow(top, area.address, certain));
  }

  private areaOf(address: Address): MemoryRange | undefined {
    return this.ram.find((range) => address >= range.address && address < range.address + range.length);
  }

  private async collect(replies: readonly Promise<Buffer>[], parts: readonly MemoryRange[]): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (const [index, part] of parts.entries()) {
      pieces.push(this.client.memory.parseRead(await (replies[index] as Promise<Buffer>), part.address, part.length));
    }
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
