import type { Address, Bytes, Seq, StackId } from '../base/units.js';
import { lifespans } from '../trace/lifespans.js';
import { SpanBlocks } from '../trace/span-blocks.js';
import type { Trace } from '../trace/trace.js';
import type { FreeGap, HeapMap, RegionMap } from './heap-map.js';

/** A live block that stands where the room would be. */
export interface RoomBlock {
  /** The event that allocated it. */
  readonly allocSeq: Seq;
  readonly address: Address;
  readonly sizeBytes: Bytes;
  readonly stack: StackId;
}

/** The fewest blocks that must go so that one free piece is as large as was asked for. */
export interface Room {
  readonly requestedBytes: Bytes;
  /** Where the piece would begin; `pieceBytes` long: all of the free memory there once the blocks are gone. */
  readonly address: Address;
  readonly pieceBytes: Bytes;
  readonly regionName: string;
  /** In address order; empty when a free piece of that size is there already. */
  readonly blocks: readonly RoomBlock[];
  readonly blockBytes: Bytes;
  /** Whether each block fits into the free memory elsewhere, so that moving would do: no block need be freed. Largest first, best fit. */
  readonly movable: boolean;
}

/**
 * The fewest live blocks to free or to move so that `bytes` lie free in one piece; among as few, those with the fewest bytes, then
 * the lowest address. Exact: a piece ends at blocks that stay, so each run of neighbours is looked at once. Undefined when no region
 * is that large.
 */
export function roomFor(trace: Trace, map: HeapMap, bytes: Bytes): Room | undefined {
  const of = new SpanBlocks(trace, lifespans(trace));
  let best: Run | undefined;
  for (const region of map.regions) best = fewer(best, fewestIn(of, region, bytes));
  return best && room(trace, of, { map, run: best, bytes });
}

/** Neighbouring blocks `from` to `to` (without `to`) of a region, and the piece that they leave. */
interface Run {
  readonly region: RegionMap;
  readonly from: number;
  readonly to: number;
  readonly address: Address;
  readonly pieceBytes: Bytes;
  readonly blockBytes: Bytes;
}

/** A window over the blocks in address order: each right end once, the left end only moves on. */
function fewestIn(of: SpanBlocks, region: RegionMap, bytes: Bytes): Run | undefined {
  const { blocks } = region;
  const end = region.region.baseAddress + region.region.sizeBytes;
  const startOf = (i: number) => (i < blocks.length ? Math.min(end, of.addressOf(blocks[i] ?? 0)) : end);
  const endOf = (i: number) => (i < 0 ? region.region.baseAddress : Math.min(end, of.endOf(blocks[i] ?? 0)));
  const sizeOf = (i: number) => of.sizeOf(blocks[i] ?? 0);
  let best: Run | undefined;
  let from = 0;
  let blockBytes = 0;
  for (let to = 0; to <= blocks.length; to++) {
    if (to > 0) blockBytes += sizeOf(to - 1);
    // The piece stays large enough without its first block, when it begins behind that one.
    while (from < to && startOf(to) - endOf(from) >= bytes) blockBytes -= sizeOf(from++);
    const address = endOf(from - 1);
    const pieceBytes = startOf(to) - address;
    if (pieceBytes >= bytes) best = fewer(best, { region, from, to, address, pieceBytes, blockBytes });
  }
  return best;
}

function fewer(best: Run | undefined, run: Run | undefined): Run | undefined {
  if (!best || !run) return best ?? run;
  const more = run.to - run.from - (best.to - best.from) || run.blockBytes - best.blockBytes;
  return more < 0 ? run : best;
}

function room(trace: Trace, of: SpanBlocks, { map, run, bytes }: { map: HeapMap; run: Run; bytes: Bytes }): Room {
  const { startSeq } = lifespans(trace);
  const blocks = [...run.region.blocks.subarray(run.from, run.to)].map((span) => {
    const allocSeq = startSeq[span] ?? 0;
    const stack = trace.events.stack[allocSeq] ?? -1;
    return { allocSeq, address: of.addressOf(span), sizeBytes: of.sizeOf(span), stack };
  });
  const { address, pieceBytes, blockBytes } = run;
  const elsewhere = map.regions
    .flatMap((region) => region.gaps)
    .filter((gap) => gap.address < address || gap.address >= address + pieceBytes);
  const movable = fitInto(
    elsewhere,
    blocks.map((block) => block.sizeBytes),
  );
  const regionName = run.region.region.name;
  return { requestedBytes: bytes, address, pieceBytes, regionName, blocks, blockBytes, movable };
}

/** Largest first, each into the smallest gap that holds it. */
function fitInto(gaps: readonly FreeGap[], sizes: readonly Bytes[]): boolean {
  const free = gaps.map((gap) => gap.sizeBytes).sort((a, b) => a - b);
  for (const size of [...sizes].sort((a, b) => b - a)) {
    const at = free.findIndex((bytes) => bytes >= size);
    if (at < 0) return false;
    const left = (free[at] ?? 0) - size;
    free.splice(at, 1);
    if (left > 0) free.splice(insertAt(free, left), 0, left);
  }
  return true;
}

function insertAt(sorted: readonly number[], value: number): number {
  const at = sorted.findIndex((other) => other >= value);
  return at < 0 ? sorted.length : at;
}
