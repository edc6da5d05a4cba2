import { keepFirst } from '../base/sorted.js';
import type { Address, Bytes, Seq, StackId } from '../base/units.js';
import { lifespans } from '../trace/lifespans.js';
import { SpanBlocks } from '../trace/span-blocks.js';
import type { Trace } from '../trace/trace.js';
import type { HeapMap, RegionMap } from './heap-map.js';

/** A live block between two gaps that would be one without it. */
export interface Wall {
  /** The event that allocated it. */
  readonly allocSeq: Seq;
  readonly address: Address;
  readonly sizeBytes: Bytes;
  readonly leftGapBytes: Bytes;
  readonly rightGapBytes: Bytes;
  /** left + right. */
  readonly walledInBytes: Bytes;
  /** The gap that would be there if the block were freed, or moved elsewhere: left + size + right. */
  readonly gapIfGoneBytes: Bytes;
  /** The heap's largest free block, were it freed. */
  readonly largestIfFreedBytes: Bytes;
  /** The same, were it slid to one end of its own gaps. */
  readonly largestIfSlidBytes: Bytes;
  readonly stack: StackId;
}

/** The blocks that wall in the most free space, the worst first; at most `limit` (default 10). */
export function wallsOf(trace: Trace, map: HeapMap, limit = 10): Wall[] {
  return rankedWalls(trace, map, { limit, isWall: () => true });
}

/** The same of those alone that have a gap on either side: only they keep free memory in pieces. */
export function partingWalls(trace: Trace, map: HeapMap, limit = 10): Wall[] {
  return rankedWalls(trace, map, { limit, isWall: ({ left, right }) => left > 0 && right > 0 });
}

function rankedWalls(
  trace: Trace,
  map: HeapMap,
  { limit, isWall }: { readonly limit: number; readonly isWall: (beside: Beside) => boolean },
): Wall[] {
  const of = new SpanBlocks(trace, lifespans(trace));
  const walls: Wall[] = [];
  for (const region of map.regions) {
    const besideOf = gapsBeside(of, region);
    for (let index = 0; index < region.blocks.length; index++) {
      const beside = besideOf(index);
      const { left, right } = beside;
      const least = walls.length < limit ? 1 : (walls.at(-1)?.walledInBytes ?? 0) + 1;
      if (left + right < least || !isWall(beside)) continue;
      const wall = wallAt(trace, of, { region, index, left, right, largestBytes: map.largestFreeBytes });
      keepFirst(walls, wall, limit, mostWalledIn);
    }
  }
  return walls;
}

interface Beside {
  readonly left: Bytes;
  readonly right: Bytes;
}

/** Free bytes on the two sides of the block at a position of a region's blocks. */
export function gapsBeside(of: SpanBlocks, { blocks, region }: RegionMap): (index: number) => Beside {
  const base = region.baseAddress;
  return (index) => {
    const span = blocks[index] ?? 0;
    const before = blocks[index - 1];
    const after = blocks[index + 1];
    const leftEdge = before === undefined ? base : of.endOf(before);
    const rightEdge = after === undefined ? base + region.sizeBytes : of.addressOf(after);
    const [at, end] = [of.addressOf(span), of.endOf(span)];
    return { left: Math.max(0, at - leftEdge), right: Math.max(0, rightEdge - end) };
  };
}

interface At extends Beside {
  readonly region: RegionMap;
  readonly index: number;
  readonly largestBytes: Bytes;
}

function wallAt(trace: Trace, of: SpanBlocks, { region, index, left, right, largestBytes }: At): Wall {
  const span = region.blocks[index] ?? 0;
  const [address, sizeBytes] = [of.addressOf(span), of.sizeOf(span)];
  const walledInBytes = left + right;
  const gapIfGoneBytes = walledInBytes + sizeBytes;
  const allocSeq = lifespans(trace).startSeq[span] ?? 0;
  return {
    allocSeq,
    address,
    sizeBytes,
    leftGapBytes: left,
    rightGapBytes: right,
    walledInBytes,
    gapIfGoneBytes,
    largestIfFreedBytes: Math.max(largestBytes, gapIfGoneBytes),
    largestIfSlidBytes: Math.max(largestBytes, walledInBytes),
    stack: trace.events.stack[allocSeq] ?? -1,
  };
}

/** Most walled-in bytes first, lower address first among equals. */
function mostWalledIn(a: Wall, b: Wall): number {
  return b.walledInBytes - a.walledInBytes;
}
