import type { Address, Bytes, Microseconds, StackId } from '../base/units.js';
import { floatColumn } from '../trace/column.js';
import type { Frame, HeapLevel, TraceInfo } from '../trace/heap-event.js';
import { EventKind } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import { StackByAddress } from './stack-by-address.js';

/** What a line of a text tells of an event beyond address and size. Absent means that the line does not say. */
export interface EventDetails {
  readonly stack?: StackId;
  readonly atUs?: Microseconds | undefined;
  /** A task's number, or its name. */
  readonly task?: number | string | undefined;
  readonly requestedBytes?: Bytes | undefined;
}

/** No device has more blocks at once, and no log that people read more levels: what comes after is dropped with a gap. */
const MAX_PER_TABLE = 1_000_000;
const MAX_LEVELS = 200_000;
const MAX_TASKS = 10_000;
const MAX_NAMED = 20_000;
const MAX_UNREAD = 1000;

/** Blocks and holes of a table. */
class Pieces {
  readonly addresses = floatColumn();
  readonly sizes = floatColumn();

  get count(): number {
    return this.addresses.length;
  }

  add(address: Address, sizeBytes: Bytes): void {
    this.addresses.push(address);
    this.sizes.push(sizeBytes);
  }

  clear(): void {
    this.addresses.length = 0;
    this.sizes.length = 0;
  }
}

/** Pieces that are no farther apart than a header may be belong to one area. */
const MAX_HEADER_BYTES = 64;

/** The areas that used and free pieces make up together: name, base, size. */
function areasOf({ addresses, sizes }: Pieces): [name: string, base: Address, sizeBytes: Bytes][] {
  const areas: [string, Address, Bytes][] = [];
  const at = addresses.view();
  for (const i of Int32Array.from(at.keys()).sort((a, b) => (at[a] ?? 0) - (at[b] ?? 0))) {
    const [address, sizeBytes] = [at[i] ?? 0, sizes.values[i] ?? 0];
    const last = areas.at(-1);
    if (last && address <= last[1] + last[2] + MAX_HEADER_BYTES)
      last[2] = Math.max(last[2], address + sizeBytes - last[1]);
    else areas.push([areas.length === 0 ? 'heap' : `heap ${areas.length + 1}`, address, sizeBytes]);
  }
  return areas.slice(0, 100);
}

/** Puts what the lines of a text say into a trace: events, tables of live blocks, levels. What all text readers need, once. */
export class TextEvents {
  readonly stacks: StackByAddress;
  /** What was put in: a reader that put in nothing has found nothing. */
  seen = 0;
  private readonly tasks = new Map<string, number>();
  private readonly noted = new Set<string>();
  private unreadCount = 0;
  private readonly namedStacks = new Map<string, StackId>();
  private tables = 0;
  private table = { blocks: 0, bytes: 0 };
  /** The addresses of the table so far; made when one comes that is not above all before, which a walk over a heap never has. */
  private inTable: Set<Address> | undefined;
  private highest = -1;
  private readonly pieces = new Pieces();
  private hasHoles = false;
  private boundsKnown = false;
  private dropped = 0;

  constructor(
    readonly builder: TraceBuilder,
    resolve: ((address: Address) => readonly Frame[]) | undefined,
    info: Partial<TraceInfo> & Pick<TraceInfo, 'source'>,
  ) {
    this.stacks = new StackByAddress(builder.tables, resolve);
    builder.add({ kind: 'info', info: { hasAddresses: true, sizeKind: 'requested', unitBytes: 1, ...info } });
  }

  /** An allocation; at address 0, where there are addresses, a refused one. */
  alloc(address: Address, sizeBytes: Bytes, details: EventDetails = {}): void {
    if (this.isFull()) return;
    const { builder } = this;
    // Where nothing says that a table begins, a block that is listed again is listed at another moment.
    if (this.isTable() && builder.info.hasAddresses) {
      if (this.isListed(address)) this.beginTable('snapshot');
      this.highest = Math.max(this.highest, address);
    }
    const refused = address === 0 && builder.info.hasAddresses;
    builder.addEvent(refused ? EventKind.failed : EventKind.alloc, address, sizeBytes, details.stack ?? -1);
    if (!refused && details.requestedBytes !== undefined) builder.setLast('requestedBytes', details.requestedBytes);
    this.finishEvent(details);
    if (refused) return;
    this.table.blocks++;
    this.table.bytes += sizeBytes;
    if (this.isTable()) this.pieces.add(address, sizeBytes);
  }

  /**
   * A block of a table that tells its area and lists no block twice: nothing of it is kept to find that out. Its address may be an offset in
   * a heap that lies nobody knows where: 0 is a block then, no NULL.
   */
  block(address: Address, sizeBytes: Bytes, atUs: Microseconds | undefined): void {
    if (this.isFull()) return;
    this.builder.addEvent(EventKind.alloc, address, sizeBytes, -1);
    if (atUs !== undefined) this.builder.setLast('atUs', atUs);
    this.seen++;
    this.table.blocks++;
    this.table.bytes += sizeBytes;
  }

  /** A free piece of a table of blocks: no event, but part of the heap's area. */
  hole(address: Address, sizeBytes: Bytes): void {
    this.seen++;
    this.hasHoles = true;
    if (this.pieces.count < MAX_PER_TABLE) this.pieces.add(address, sizeBytes);
  }

  /** A free; that of NULL does nothing and is only counted as seen. */
  free(address: Address, sizeBytes: Bytes, details: EventDetails = {}): void {
    this.seen++;
    if (address === 0 && this.builder.info.hasAddresses) return;
    this.builder.addEvent(EventKind.free, address, sizeBytes, details.stack ?? -1);
    this.seen--;
    this.finishEvent(details);
  }

  /** A block that was moved or resized; to size 0 it is freed, from address 0 it is new, to address 0 it stays and the request failed. */
  realloc(
    from: Address,
    to: { readonly address: Address; readonly sizeBytes: Bytes },
    details: EventDetails = {},
  ): void {
    if (to.sizeBytes === 0 && to.address === 0) {
      this.free(from, 0, details);
      return;
    }
    if (from === 0) {
      this.alloc(to.address, to.sizeBytes, details);
      return;
    }
    const kind = to.address === 0 ? EventKind.failed : EventKind.realloc;
    this.builder.addEvent(kind, to.address, to.sizeBytes, details.stack ?? -1);
    this.builder.setLast('fromAddress', from);
    this.finishEvent(details);
  }

  /** The same where there are no addresses: the block is told by the size that it had, where that is told. */
  resize(fromSizeBytes: Bytes | undefined, sizeBytes: Bytes, details: EventDetails = {}): void {
    this.builder.addEvent(EventKind.realloc, 0, sizeBytes, details.stack ?? -1);
    if (fromSizeBytes !== undefined) this.builder.setLast('fromSizeBytes', fromSizeBytes);
    else this.gapOnce('resized', 'reallocations do not say which block they took: name its size, {fromSize}');
    this.finishEvent(details);
  }

  failed(sizeBytes: Bytes, details: EventDetails = {}): void {
    this.builder.addEvent(EventKind.failed, 0, sizeBytes, details.stack ?? -1);
    this.finishEvent(details);
  }

  /** A table of the blocks that are alive begins; a second one is another moment. */
  beginTable(name: string): void {
    this.endTable();
    // Blocks that were listed before the first title are a table, too.
    if (this.tables === 0 && this.table.blocks > 0) this.tables++;
    this.tables++;
    this.seen++;
    if (this.tables > 1) this.builder.add({ kind: 'epoch', reason: `${name} ${this.tables}` });
    this.builder.add({ kind: 'mark', name: `${name} ${this.tables}` });
    this.table = { blocks: 0, bytes: 0 };
  }

  /** What the table itself says that it holds, against what was read of it. */
  checkTotals(said: { readonly blocks?: number | undefined; readonly bytes?: Bytes | undefined }): void {
    const { blocks, bytes } = this.table;
    if ((said.blocks ?? blocks) === blocks && (said.bytes ?? bytes) === bytes) return;
    const counted = [
      ...(said.blocks === undefined ? [] : [`${said.blocks} blocks`]),
      ...(said.bytes === undefined ? [] : [`${said.bytes} bytes`]),
    ].join(' of ');
    const lost = (said.blocks ?? blocks) - blocks;
    const reason = `the source's own total is ${counted}, ${blocks} blocks of ${bytes} bytes were read`;
    this.builder.add({ kind: 'gap', reason, ...(lost > 0 ? { lostEvents: lost } : {}) });
  }

  level(level: Omit<HeapLevel, 'beforeSeq'>): void {
    this.seen++;
    if (this.builder.levels.length < MAX_LEVELS) this.builder.addLevel(level);
    else this.gapOnce('levels', `only the first ${MAX_LEVELS} heap levels were kept`);
  }

  region(name: string, baseAddress: Address, sizeBytes: Bytes): void {
    this.seen++;
    this.boundsKnown = true;
    if (this.builder.regions.length >= 1000) return;
    this.builder.add({
      kind: 'region',
      region: { name, baseAddress, sizeBytes, unitBytes: this.builder.info.unitBytes },
    });
  }

  note(code: string, text: string): void {
    if (this.noted.has(code)) return;
    this.noted.add(code);
    this.builder.add({ kind: 'note', code, text });
  }

  gap(reason: string, lostEvents?: number): void {
    this.builder.add({ kind: 'gap', reason, ...(lostEvents === undefined ? {} : { lostEvents }) });
  }

  /** A record of which something is lost: whatever it was is missing. So many are listed; that the trace is incomplete is known by then. */
  unread(text: string, { what = 'a line', lost = 1 } = {}): void {
    if (this.unreadCount++ < MAX_UNREAD) this.gap(`${what} that cannot be read: '${text.trim().slice(0, 80)}'`, lost);
  }

  gapOnce(code: string, reason: string): void {
    if (this.noted.has(code)) return;
    this.noted.add(code);
    this.gap(reason);
  }

  /** The stack of one frame that is known by name. */
  named(frame: Partial<Frame>): StackId {
    const { address = 0, functionName = '', file = '', line = 0 } = frame;
    const key = `${address} ${line} ${functionName}\n${file}`;
    const known = this.namedStacks.get(key);
    if (known !== undefined) return known;
    const { tables } = this.builder;
    const stack = tables.push(-1, tables.frame({ address, functionName, file, line }));
    if (this.namedStacks.size < MAX_NAMED) this.namedStacks.set(key, stack);
    return stack;
  }

  /** The input is over. */
  end(): void {
    this.endTable();
    const named = [...this.tasks];
    if (named.length === 0) return;
    const taskNames = Object.fromEntries(named.map(([name, task]) => [String(task), name]));
    this.builder.add({ kind: 'info', info: { taskNames } });
  }

  private endTable(): void {
    if (this.dropped > 0) this.gap('more rows than any device has blocks', this.dropped);
    this.dropped = 0;
    this.inTable = undefined;
    this.highest = -1;
    if (this.hasHoles && !this.boundsKnown) for (const area of areasOf(this.pieces)) this.region(...area);
    this.pieces.clear();
    this.hasHoles = false;
    this.boundsKnown = false;
  }

  private isListed(address: Address): boolean {
    if (address > this.highest && !this.inTable) return false;
    this.inTable ??= new Set(this.pieces.addresses.view());
    const listed = this.inTable.has(address);
    this.inTable.add(address);
    return listed;
  }

  private isTable(): boolean {
    const { contents } = this.builder.info;
    return contents === 'snapshot' || contents === 'leaks';
  }

  private isFull(): boolean {
    if (!this.isTable() || this.table.blocks < MAX_PER_TABLE) return false;
    this.dropped++;
    return true;
  }

  private finishEvent({ atUs, task }: EventDetails): void {
    this.seen++;
    if (atUs !== undefined) this.builder.setLast('atUs', atUs);
    const number = typeof task === 'string' ? this.taskNumber(task) : task;
    if (number !== undefined && number >= 0 && number <= 0x7fff_ffff) this.builder.setLast('task', number);
  }

  /** Tasks that the source names and does not number are numbered in order of first sight. */
  private taskNumber(name: string): number | undefined {
    const known = this.tasks.get(name);
    if (known !== undefined) return known;
    if (this.tasks.size >= MAX_TASKS || name === '') return undefined;
    this.tasks.set(name, this.tasks.size + 1);
    return this.tasks.size;
  }
}
