import type { Address, FrameId, StringId } from '../base/units.js';
import { byteColumn, floatColumn, intColumn } from './column.js';
import { hashSlots, slotsFor } from './hash-slots.js';

/** Frames as columns; names and files are indices into the trace's strings. */
export interface FrameTable {
  readonly count: number;
  readonly address: Float64Array;
  readonly functionName: Int32Array;
  readonly file: Int32Array;
  readonly line: Int32Array;
  readonly flags: Uint8Array;
}

/** One row of the frame table. */
export interface FrameRow {
  readonly address: Address;
  readonly functionName: StringId;
  readonly file: StringId;
  readonly line: number;
  readonly flags: number;
}

const MAX_FRAMES = 2 ** 24;
const FIRST_SLOTS = 1024;

/**
 * Frames as columns, each once: a hash table of their numbers finds one again. With a text a frame as the key, twenty thousand frames took a
 * tenth of the time of a whole command.
 */
export class FrameRows {
  readonly address = floatColumn();
  readonly functionName = intColumn();
  readonly file = intColumn();
  readonly line = intColumn();
  readonly flags = byteColumn();
  /** Frame numbers plus 1; 0 is an empty slot. At most half are used. */
  private slots = new Int32Array(FIRST_SLOTS);

  get count(): number {
    return this.line.length;
  }

  /** The number of a frame, which is added when it is new. @throws RangeError beyond 2^24 frames */
  idOf(row: FrameRow): FrameId {
    const mask = this.slots.length - 1;
    let slot = hashOf(row.address, row.functionName, row.line) & mask;
    for (;;) {
      const id = (this.slots[slot] as number) - 1;
      if (id < 0) return this.add(row, slot);
      if (this.isAt(id, row)) return id;
      slot = (slot + 1) & mask;
    }
  }

  /** The rows so far, as views: they stay as they are when more are added. */
  table(): FrameTable {
    return {
      count: this.count,
      address: this.address.view(),
      functionName: this.functionName.view(),
      file: this.file.view(),
      line: this.line.view(),
      flags: this.flags.view(),
    };
  }

  private isAt(id: FrameId, { address, functionName, file, line, flags }: FrameRow): boolean {
    return (
      Object.is(this.address.values[id], address) &&
      this.functionName.values[id] === functionName &&
      this.file.values[id] === file &&
      this.line.values[id] === (line | 0) &&
      this.flags.values[id] === flags
    );
  }

  private add(row: FrameRow, slot: number): FrameId {
    const id = this.count;
    if (id >= MAX_FRAMES) throw new RangeError(`frame table: more than ${MAX_FRAMES} distinct frames`);
    this.address.push(row.address);
    this.functionName.push(row.functionName);
    this.file.push(row.file);
    this.line.push(row.line);
    this.flags.push(row.flags);
    this.slots[slot] = id + 1;
    if (id * 2 >= this.slots.length) this.grow();
    return id;
  }

  /** So many more may come: spares growing step by step. */
  expect(more: number): void {
    const rows = this.count + more;
    for (const column of [this.address, this.functionName, this.file, this.line, this.flags]) column.expect(rows);
    if (rows * 2 >= this.slots.length) this.grow(slotsFor(rows));
  }

  private grow(length = this.slots.length * 2): void {
    const { address, functionName, line, count } = this.table();
    const hashAt = (id: FrameId) => hashOf(address[id] as number, functionName[id] as number, line[id] as number);
    this.slots = hashSlots(length, count, hashAt);
  }
}

/** Of whole numbers, which is what the columns keep of a row; inlined functions differ in name and line at one address. */
function hashOf(address: Address, functionName: StringId, line: number): number {
  const high = Math.imul((address / 0x100000000) | 0, 0xc2b2ae35);
  const mixed =
    Math.imul((address | 0) ^ high, 0x9e3779b1) ^
    Math.imul(functionName + 1, 0x85ebca6b) ^
    Math.imul(line + 1, 0x27d4eb2f);
  return mixed ^ (mixed >>> 15);
}
