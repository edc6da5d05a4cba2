import { lastAtOrBefore } from '../base/sorted.js';
import type { Address, Bytes } from '../base/units.js';
import { type ObjectGraph, ObjectGraphBuilder, type RootKind } from '../trace/object-graph.js';
import type { MemoryPiece } from './memory-pieces.js';

/** A block that an allocator has handed out. */
export interface LiveBlock {
  /** What the caller got. */
  readonly pointer: Address;
  readonly usableBytes: Bytes;
}

/** Memory outside of the heap in which every word may be a pointer, and what a word in it is called. */
export interface RootRange extends MemoryPiece {
  readonly kind: RootKind;
  readonly nameOf: (address: Address) => string;
}

export interface PointerScanInput {
  /** In order of address. */
  readonly blocks: readonly LiveBlock[];
  /** What blocks hold; one that is missing is not looked into. Of a task's stack the part that is in use. */
  readonly contents: readonly MemoryPiece[];
  readonly roots: readonly RootRange[];
  readonly registers: readonly { readonly name: string; readonly value: number }[];
  /** Further addresses that callers got, within blocks: of aligned requests. */
  readonly starts: ReadonlySet<Address>;
  /**
   * Where free blocks begin: the allocator's own variables point there, and with a header that is partly the block's before it (dlmalloc) that is
   * within the last word of a block that is alive.
   */
  readonly free: ReadonlySet<Address>;
  readonly unsure?: string;
}

/**
 * Which blocks of a malloc heap hold which, by every word in them that points to one. A pointer into the inside of a block counts as such: what only
 * such pointers hold may have leaked.
 */
export function scanPointers(input: PointerScanInput): ObjectGraph {
  const { blocks, starts, unsure } = input;
  const builder = new ObjectGraphBuilder();
  const pointers = Float64Array.from(blocks, ({ pointer }) => pointer);
  for (const { pointer, usableBytes } of blocks) builder.addBlock(pointer, usableBytes);
  const named = (value: number) => {
    const to = lastAtOrBefore(pointers, value);
    const block = blocks[to];
    if (!block || value >= block.pointer + Math.max(1, block.usableBytes)) return undefined;
    return { to, inside: value !== block.pointer && !starts.has(value) };
  };
  for (const range of input.roots) {
    for (const { address, value } of wordsOf(range)) {
      const found = range.kind === 'static' && input.free.has(value) ? undefined : named(value);
      if (found) builder.addRoot(range.kind, { ...found, label: range.nameOf(address) });
    }
  }
  for (const { name, value } of input.registers) {
    const found = named(value);
    if (found) builder.addRoot('register', { ...found, label: `register ${name}` });
  }
  const contents = new Map(input.contents.map((piece) => [lastAtOrBefore(pointers, piece.address), piece]));
  for (const [index, block] of blocks.entries()) {
    const piece = contents.get(index);
    for (const { address, value } of piece ? wordsOf(piece) : []) {
      const found = named(value);
      if (found && found.to !== index)
        builder.addEdge({ ...found, label: `+0x${(address - block.pointer).toString(16)}` });
    }
    builder.endBlock();
  }
  return builder.build({ heap: 'blocks', beforeSeq: 0, ...(unsure === undefined ? {} : { unsure }) });
}

/** The aligned words of a piece that may be pointers. */
function* wordsOf({ address, bytes }: MemoryPiece): Generator<{ readonly address: Address; readonly value: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = (4 - (address % 4)) % 4; at + 4 <= bytes.length; at += 4) {
    const value = view.getUint32(at, true);
    if (value !== 0) yield { address: address + at, value };
  }
}
