import type { Address, Blocks, Bytes } from '../../base/units.js';
import { TraceFormatError } from '../../errors/errors.js';

/**
 * What a block of MicroPython's heap is: the codes of {@link GcHeapLayout.kinds}, as the allocation table holds them; `unknown` where a
 * printed table has lost a line.
 */
export const BlockKind = { free: 0, head: 1, tail: 2, marked: 3, unknown: 4 } as const;

/** Where the parts of a MicroPython or CircuitPython heap are. */
export interface GcGeometry {
  readonly tableAddress: Address;
  /** 2 bits a block, the first block in the low bits. */
  readonly tableBytes: Bytes;
  /** 1 bit a block; undefined when the build has no finalisers or it is not known. */
  readonly finaliserAddress?: Address;
  readonly poolAddress: Address;
  readonly blockBytes: Bytes;
  readonly blockCount: Blocks;
}

/** Which tables a build of MicroPython or CircuitPython keeps beside its heap. */
export interface GcGeometryOptions {
  /** Whether the build has a finaliser table (the usual case). */
  readonly finaliser?: boolean;
  /** CircuitPython's collect table: one more bit a block. */
  readonly collectTable?: boolean;
  /** 4 words: 16 on 32-bit targets. */
  readonly blockBytes?: Bytes;
}

/**
 * Works out where the tables and the pool of a heap lie, from nothing but its address and size, as gc_init does:
 * T bytes give floor((T - 1) * 8 / bits) blocks with bits = 128 + 2 + 1 (finaliser) + 1 (collect table); the table
 * takes floor(blocks / 4) bytes, a gap byte and the bit tables follow, and the pool is the last 4 blocks for each table
 * byte before the aligned end.
 * @throws TraceFormatError HH1470 when the area is too small for a single block.
 */
export function gcGeometry(baseAddress: Address, totalBytes: Bytes, options: GcGeometryOptions = {}): GcGeometry {
  const { finaliser = true, collectTable = false, blockBytes = 16 } = options;
  const bitsPerBlock = blockBytes * 8 + 2 + (finaliser ? 1 : 0) + (collectTable ? 1 : 0);
  const tableBytes = Math.floor(Math.floor(((totalBytes - 1) * 8) / bitsPerBlock) / 4);
  if (tableBytes < 1) {
    throw new TraceFormatError(
      'HH1470',
      `heap dump: size: found ${totalBytes} bytes, expected room for at least 4 blocks of ${blockBytes}`,
      {
        remedy: 'give the address and the size of the whole heap area (gc_init), not of a part of it',
      },
    );
  }
  const blockCount = tableBytes * 4;
  const end = baseAddress + totalBytes;
  return {
    tableAddress: baseAddress,
    tableBytes,
    ...(finaliser ? { finaliserAddress: baseAddress + tableBytes + 1 } : {}),
    poolAddress: end - (end % blockBytes) - blockCount * blockBytes,
    blockBytes,
    blockCount,
  };
}

/** One allocation: a head and the tails behind it. */
export interface GcObject {
  readonly startBlock: Blocks;
  readonly blocks: Blocks;
  readonly address: Address;
  /** The collector has marked it: the dump was taken inside a collection. */
  readonly marked: boolean;
  readonly hasFinaliser: boolean;
  /** The symbol that the first word points to, `mp_type_dict`; empty when it is none. */
  readonly typeName: string;
}

/** What a heap dump holds. */
export interface GcHeapLayout {
  readonly geometry: GcGeometry;
  /** By block. */
  readonly kinds: Uint8Array;
  /** In order of address. */
  readonly objects: readonly GcObject[];
  /** Heads, marked ones included: the number of allocations. */
  readonly headCount: number;
  readonly usedBlocks: Blocks;
  readonly freeBlocks: Blocks;
  readonly longestFreeBlocks: Blocks;
  /** -1 when nothing is free. */
  readonly longestFreeStart: Blocks;
  /** Tails that no head precedes: the table is damaged, or the geometry is wrong. */
  readonly orphanTails: Blocks;
  /** Blocks of which nothing is known; always 0 for a dump of memory. */
  readonly unknownBlocks: Blocks;
}

/** A copy of the target's memory, and what is known of the heap in it. */
export interface GcDumpInput {
  readonly bytes: Uint8Array;
  /** The address of the first of them. */
  readonly baseAddress: Address;
  readonly geometry: GcGeometry;
  /** The symbol at exactly this address, empty when there is none: tells the types of objects. */
  readonly symbolAt?: (address: Address) => string;
}

/**
 * Reads the allocation table of a heap dump. The pool itself may be missing from the bytes; then no types are told.
 * @throws TraceFormatError HH1471 when the table does not lie inside the bytes.
 */
export function readGcDump(input: GcDumpInput): GcHeapLayout {
  const kinds = readKinds(input);
  return gcLayout(input.geometry, kinds, (startBlock, blocks) =>
    objectAt(input, startBlock, blocks, kinds[startBlock] === BlockKind.marked),
  );
}

/** What the kinds of the blocks come to; `objectOf` makes the object of a head and the tails behind it. */
export function gcLayout(
  geometry: GcGeometry,
  kinds: Uint8Array,
  objectOf: (startBlock: Blocks, blocks: Blocks) => GcObject,
): GcHeapLayout {
  const objects: GcObject[] = [];
  let orphanTails = 0;
  let unknownBlocks = 0;
  let longest = { blocks: 0, start: -1 };
  for (let block = 0; block < kinds.length; ) {
    const kind = kinds[block] ?? 0;
    const isRun = kind === BlockKind.free || kind === BlockKind.unknown;
    const next = endOfRun(kinds, block, isRun ? kind : BlockKind.tail);
    if (kind === BlockKind.free) {
      if (next - block > longest.blocks) longest = { blocks: next - block, start: block };
    } else if (kind === BlockKind.unknown) unknownBlocks += next - block;
    else if (kind !== BlockKind.tail) objects.push(objectOf(block, next - block));
    // What a lost line held may be the head of the tails behind it.
    else if (kinds[block - 1] !== BlockKind.unknown) orphanTails += next - block;
    block = next;
  }
  let free = 0;
  for (const kind of kinds) if (kind === BlockKind.free) free++;
  return {
    geometry,
    kinds,
    objects,
    headCount: objects.length,
    usedBlocks: kinds.length - free - unknownBlocks,
    freeBlocks: free,
    longestFreeBlocks: longest.blocks,
    longestFreeStart: longest.start,
    orphanTails,
    unknownBlocks,
  };
}

function readKinds({ bytes, baseAddress, geometry }: GcDumpInput): Uint8Array {
  const { tableAddress, tableBytes, blockCount } = geometry;
  const start = tableAddress - baseAddress;
  if (!(start >= 0 && tableBytes >= 1 && start + tableBytes <= bytes.length && blockCount <= tableBytes * 4)) {
    const hex = (address: number) => `0x${address.toString(16)}`;
    throw new TraceFormatError(
      'HH1471',
      `heap dump: allocation table: found bytes ${hex(baseAddress)} to ${hex(baseAddress + bytes.length)}, expected them to hold ${hex(tableAddress)} to ${hex(tableAddress + tableBytes)}`,
      { remedy: 'dump the whole heap area, or give the address of the table with the dump' },
    );
  }
  const kinds = new Uint8Array(blockCount);
  for (let block = 0; block < blockCount; block++) {
    kinds[block] = ((bytes[start + (block >> 2)] ?? 0) >> ((block & 3) * 2)) & 3;
  }
  return kinds;
}

/** The first block after `from` that is not of the kind. */
function endOfRun(kinds: Uint8Array, from: Blocks, kind: number): Blocks {
  let at = from + 1;
  while (at < kinds.length && kinds[at] === kind) at++;
  return at;
}

function objectAt(input: GcDumpInput, startBlock: Blocks, blocks: Blocks, marked: boolean): GcObject {
  const { bytes, baseAddress, geometry, symbolAt } = input;
  const address = geometry.poolAddress + startBlock * geometry.blockBytes;
  const finaliserBit =
    geometry.finaliserAddress === undefined
      ? 0
      : ((bytes[geometry.finaliserAddress - baseAddress + (startBlock >> 3)] ?? 0) >> (startBlock & 7)) & 1;
  const word = wordAt(bytes, address - baseAddress);
  const symbol = word === undefined || word === 0 ? '' : (symbolAt?.(word) ?? '');
  return {
    startBlock,
    blocks,
    address,
    marked,
    hasFinaliser: finaliserBit === 1,
    // Any pointer may name a symbol; only the names of type objects tell a type.
    typeName: /type/i.test(symbol) ? symbol : '',
  };
}

function wordAt(bytes: Uint8Array, at: number): number | undefined {
  if (at < 0 || at + 4 > bytes.length) return undefined;
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  );
}
