import type { HeapWalk } from '../../allocators/heap-walk.js';
import type { MemoryPiece } from '../../allocators/memory-pieces.js';
import { type LiveBlock, type RootRange, scanPointers } from '../../allocators/pointer-scan.js';
import { type Address, type Bytes, formatAddress, formatBytes } from '../../base/units.js';
import { dataNames } from '../../firmware/data-names.js';
import { stackTops } from '../../firmware/firmware-memory.js';
import type { HaltedProcessor } from '../../interpreters/micropython/objects/gc-roots.js';
import type { ReadScriptMemory } from '../../interpreters/micropython/script/script-memory.js';
import { SectionFlag } from '../../symbols/elf-tables.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { ObjectGraph } from '../../trace/object-graph.js';

/** What is read at most: more is no heap of a microcontroller, or would take minutes over a debug port. */
const MAX_BYTES: Bytes = 16 * 1024 * 1024;
const MAX_STACK_BYTES: Bytes = 256 * 1024;
/** Between blocks that are read at once: headers, and small pieces that are free. */
const MAX_HOLE_BYTES: Bytes = 512;
const MAX_GROUP_BYTES: Bytes = 16 * 1024;
/** Of a main stack that nothing runs on at this moment: what lies at its end. */
const IDLE_STACK_BYTES: Bytes = 4 * 1024;

interface Range {
  readonly from: Address;
  readonly to: Address;
}

export interface MallocGraphInput {
  readonly walk: HeapWalk;
  readonly processor: HaltedProcessor;
  /** The addresses that callers got, by the events. */
  readonly starts: Iterable<Address>;
}

/** Which blocks of an allocator's heap hold which, and what holds them from outside: variables, stacks, registers. */
export async function mallocGraph(
  firmware: Symbolizer,
  read: ReadScriptMemory,
  { walk, processor, starts }: MallocGraphInput,
): Promise<ObjectGraph> {
  const doubts: string[] = [];
  let left = MAX_BYTES;
  const piece = async ({ from, to }: Range): Promise<MemoryPiece | undefined> => {
    left -= to - from;
    const bytes = left < 0 ? undefined : await read(from, to - from);
    if (!bytes) doubts.push(`${formatBytes(to - from)} at ${formatAddress(from)} could not be read`);
    return bytes && { address: from, bytes };
  };
  const blocks = walk.blocks
    .filter(({ used }) => used)
    .map(({ pointer, usableBytes }): LiveBlock => ({ pointer, usableBytes }));
  const contents: MemoryPiece[] = [];
  for (const parts of neighbours(blocks.map((block) => partInUse(block, processor.sp)))) {
    const [from, to] = [parts[0]?.from ?? 0, parts.at(-1)?.to ?? 0];
    const found = await piece({ from, to });
    if (!found) continue;
    for (const part of parts)
      contents.push({ address: part.from, bytes: found.bytes.subarray(part.from - from, part.to - from) });
  }
  const heaps = heapRanges(walk);
  const variables = heaps.reduce(
    (ranges, heap) => ranges.flatMap((range) => without(range, heap)),
    writableRanges(firmware),
  );
  const stack = stackRange(firmware, processor.sp, [...variables, ...heaps]);
  const nameOf = dataNames(firmware);
  const roots: RootRange[] = [];
  for (const range of variables) {
    const found = await piece(range);
    if (found) roots.push({ ...found, kind: 'static', nameOf: (at) => nameOf(at) ?? formatAddress(at) });
  }
  const onStack = stack && (await piece(stack));
  if (onStack) roots.push({ ...onStack, kind: 'stack', nameOf: (at) => `stack ${formatAddress(at)}` });
  return scanPointers({
    blocks,
    contents,
    roots,
    registers: processor.registers,
    starts: new Set(starts),
    free: new Set([...heaps.map(({ to }) => to), ...walk.blocks.filter(({ used }) => !used).map(({ start }) => start)]),
    ...(doubts.length === 0 ? {} : { unsure: [...new Set(doubts)].slice(0, 5).join('; ') }),
  });
}

/** Of a stack that something runs on at this moment, what lies below its pointer is left over from calls that have ended. */
function partInUse({ pointer, usableBytes }: LiveBlock, sp: Address): Range {
  const to = pointer + usableBytes;
  return { from: sp >= pointer && sp < to ? sp : pointer, to };
}

/** Ranges in order of address that lie so close that one request for all of them, and what is between, is cheaper: a round trip each is most of it. */
function neighbours(ranges: readonly Range[]): Range[][] {
  const groups: Range[][] = [];
  for (const range of ranges) {
    const group = groups.at(-1);
    const [first, last] = [group?.[0], group?.at(-1)];
    if (group && first && last && range.from - last.to <= MAX_HOLE_BYTES && range.to - first.from <= MAX_GROUP_BYTES)
      group.push(range);
    else groups.push([range]);
  }
  return groups;
}

/** Where the heap lies. Between regions of one that has several there may be variables, and stacks. */
function heapRanges({ blocks, regions }: HeapWalk): Range[] {
  if (regions) return regions.map(({ start, end }) => ({ from: start, to: end }));
  return [{ from: blocks[0]?.start ?? 0, to: blocks.at(-1)?.end ?? 0 }];
}

/** What the program writes to: its variables, in order. */
function writableRanges(firmware: Symbolizer): Range[] {
  const wanted = SectionFlag.alloc | SectionFlag.write;
  return firmware.elfFile.sections
    .filter(({ flags, sizeBytes }) => (flags & wanted) === wanted && sizeBytes > 0)
    .map(({ address, sizeBytes }) => ({ from: address, to: address + sizeBytes }))
    .sort((a, b) => a.from - b.from);
}

function without({ from, to }: Range, hole: Range): Range[] {
  if (hole.to <= from || hole.from >= to) return [{ from, to }];
  return [
    { from, to: Math.max(from, hole.from) },
    { from: Math.min(to, hole.to), to },
  ].filter((range) => range.to > range.from);
}

/** The stack that runs, where it is in none of the others; else the end of the main stack, which handlers and what ran before the tasks use. */
function stackRange(firmware: Symbolizer, sp: Address, others: readonly Range[]): Range | undefined {
  const isKnown = (at: Address) => others.some(({ from, to }) => at >= from && at < to);
  const tops = stackTops(firmware);
  const top = tops.find((one) => one > sp && one - sp <= MAX_STACK_BYTES);
  if (!isKnown(sp) && top !== undefined) return { from: sp, to: top };
  const [main] = tops;
  if (main === undefined || isKnown(main - 4)) return undefined;
  return { from: main - IDLE_STACK_BYTES, to: main };
}
