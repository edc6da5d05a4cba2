import type { Address, Bytes } from '../base/units.js';
import type { GcVariables } from './gc-area.js';

/** One block of a heap as the allocator itself keeps it. */
export interface HeapBlock {
  /** Of the header. */
  readonly start: Address;
  /** Of the next block's header. */
  readonly end: Address;
  /** What a caller got, of a used block that was not aligned specially. */
  readonly pointer: Address;
  /** What a caller may use of it, at most. */
  readonly usableBytes: Bytes;
  readonly used: boolean;
}

/** A part of a heap that consists of several, each with blocks of its own. */
export interface WalkedRegion {
  /** Where it begins and what it is good for, for people. */
  readonly name: string;
  readonly start: Address;
  readonly end: Address;
  /** Whether a plain malloc may get a block of it. */
  readonly servesMalloc: boolean;
}

/** All blocks of a heap at one moment, by address. Empty for a heap that nobody has used yet. */
export interface HeapWalk {
  readonly blocks: readonly HeapBlock[];
  /** What the heap can still grow by behind its last block; undefined when nobody knows. */
  readonly growthBytes: Bytes | undefined;
  /** Absent for a heap of one piece. */
  readonly regions?: readonly WalkedRegion[];
  /** What was read, for people. */
  readonly detail: string;
}

/** Why a heap could not be read: damaged, under change, or not where it was looked for. */
export interface HeapProblem {
  readonly problem: string;
}

/** A variable of the allocator in the target's memory. */
export interface HeapVariable {
  readonly label: string;
  readonly address: Address;
  readonly sizeBytes: Bytes;
}

/** What the ELF file tells about an allocator's heap. */
export interface HeapPlaces {
  readonly variables: Readonly<Record<string, HeapVariable>>;
  /** Where the heap ends at the latest; absent when unknown. */
  readonly limit?: Address;
  /** Where fields of the allocator's structures lie, as far as the debug information tells. */
  readonly fields?: Readonly<Partial<Record<string, number>>>;
  /** Of a MicroPython-style heap. */
  readonly gc?: GcVariables;
}

/** Reads exactly so many bytes of a halted target. */
export type ReadTarget = (address: Address, length: Bytes) => Promise<Uint8Array>;

/** Reads a heap's blocks from the allocator's own structures. Read errors of the target are thrown on. */
export type HeapWalker = (read: ReadTarget, places: HeapPlaces) => Promise<HeapWalk | HeapProblem>;

/** A heap larger than this is not read: a damaged pointer is more likely. */
const MAX_HEAP_BYTES: Bytes = 16 * 1024 * 1024;

/** A copy of a part of the target's memory, read word by word. */
export class MemoryCopy {
  private readonly view: DataView;

  private constructor(
    readonly start: Address,
    bytes: Uint8Array,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  static async of(read: ReadTarget, start: Address, end: Address): Promise<MemoryCopy> {
    return new MemoryCopy(start, await read(start, end - start));
  }

  get end(): Address {
    return this.start + this.view.byteLength;
  }

  /** A little-endian word; undefined outside of the copy. */
  word(address: Address): number | undefined {
    const at = address - this.start;
    return at < 0 || at + 4 > this.view.byteLength ? undefined : this.view.getUint32(at, true);
  }
}

/** The value of a word-sized variable; undefined when the firmware has no such variable. */
export async function variableValue(read: ReadTarget, variable: HeapVariable | undefined): Promise<number | undefined> {
  if (!variable) return undefined;
  return (await MemoryCopy.of(read, variable.address, variable.address + 4)).word(variable.address);
}

/** Why a range cannot be a heap; undefined when it can. */
export function rangeProblem(start: Address, end: Address): string | undefined {
  if (start > end || start % 4 !== 0)
    return `the heap cannot lie from 0x${start.toString(16)} to 0x${end.toString(16)}`;
  return end - start > MAX_HEAP_BYTES ? `the heap would have ${end - start} bytes` : undefined;
}

/** The largest request of malloc that the heap could serve with a block that it has, or by growing; 0 for a full heap. */
export function largestFree(walk: HeapWalk): Bytes {
  let largest = Math.max(0, (walk.growthBytes ?? 0) - GROWTH_OVERHEAD_BYTES);
  const others = walk.regions?.filter(({ servesMalloc }) => !servesMalloc) ?? [];
  for (const block of walk.blocks) {
    if (block.used || block.usableBytes <= largest) continue;
    if (!others.some(({ start, end }) => block.start >= start && block.start < end)) largest = block.usableBytes;
  }
  const last = walk.blocks.at(-1);
  // A free block at the end grows together with what lies behind it.
  if (last && !last.used && !walk.regions) largest = Math.max(largest, last.usableBytes + (walk.growthBytes ?? 0));
  return largest;
}

const GROWTH_OVERHEAD_BYTES: Bytes = 8;
