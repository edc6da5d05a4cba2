import { sortedByKey } from '../base/sorted.js';
import type { Address, Bytes, Seq } from '../base/units.js';
import type { HeapRegion } from '../trace/heap-event.js';
import { type Lifespans, lifespans } from '../trace/lifespans.js';
import { SpanBlocks } from '../trace/span-blocks.js';
import type { Trace } from '../trace/trace.js';
import { heapRegions } from './heap-regions.js';

/** Free memory between two blocks, or at an end of a region. */
export interface FreeGap {
  readonly address: Address;
  readonly sizeBytes: Bytes;
}

/** One region at one event: the live blocks and the gaps between them. */
export interface RegionMap {
  readonly region: HeapRegion;
  /** Lifespan numbers in address order; they never overlap. */
  readonly blocks: Int32Array;
  /** In address order; a gap of zero bytes is none. */
  readonly gaps: readonly FreeGap[];
  readonly usedBytes: Bytes;
  readonly freeBytes: Bytes;
  readonly largestFreeBytes: Bytes;
}

/** Blocks and gaps of the heap at one moment. */
export interface HeapMap {
  /** The state right after this event. */
  readonly atSeq: Seq;
  readonly regions: readonly RegionMap[];
  readonly freeBytes: Bytes;
  readonly largestFreeBytes: Bytes;
  /** 1 - largest / free, from 0 (one gap, or none) towards 1. */
  readonly fragmentation: number;
  /** Live blocks that lie in no region: a wrong region or a wrong trace; they are in no figure. */
  readonly outsideCount: number;
  /** False where the regions are taken from what was traced: more may be free than the map has. */
  readonly boundsKnown: boolean;
  readonly assumptions: readonly string[];
}

/**
 * What lies where after an event; default: the last.
 *
 * @throws UsageError HH1180 for a trace without addresses
 */
export function heapMap(trace: Trace, atSeq: Seq = trace.eventCount - 1): HeapMap {
  const spans = lifespans(trace);
  const { regions, boundsKnown, assumptions } = heapRegions(trace, spans);
  const blocks = new SpanBlocks(trace, spans);
  const live = liveInAddressOrder(blocks, spans, atSeq);
  let at = 0;
  let outsideCount = 0;
  const maps = regions.map((region) => {
    while (at < live.length && blocks.addressOf(live[at] ?? 0) < region.baseAddress) {
      outsideCount++;
      at++;
    }
    const from = at;
    const end = region.baseAddress + region.sizeBytes;
    while (at < live.length && blocks.addressOf(live[at] ?? 0) < end) at++;
    return regionMap(blocks, region, live.subarray(from, at));
  });
  outsideCount += live.length - at;
  const freeBytes = maps.reduce((sum, map) => sum + map.freeBytes, 0);
  const largestFreeBytes = maps.reduce((max, map) => Math.max(max, map.largestFreeBytes), 0);
  const fragmentation = fragmentationOf(freeBytes, largestFreeBytes);
  return { atSeq, regions: maps, freeBytes, largestFreeBytes, fragmentation, outsideCount, boundsKnown, assumptions };
}

/** 1 - largest / free; 0 when nothing is free. */
export function fragmentationOf(freeBytes: Bytes, largestFreeBytes: Bytes): number {
  return freeBytes > 0 ? 1 - largestFreeBytes / freeBytes : 0;
}

/** Without blocks of zero bytes (a finding of their own): they lie nowhere and part no gap. */
function liveInAddressOrder(blocks: SpanBlocks, { count, startSeq, endSeq }: Lifespans, atSeq: Seq): Int32Array {
  const occupies = (span: number) =>
    (startSeq[span] as number) <= atSeq && (endSeq[span] as number) > atSeq && blocks.sizeOf(span) > 0;
  let found = 0;
  for (let span = 0; span < count; span++) if (occupies(span)) found++;
  const live = new Int32Array(found);
  let at = 0;
  for (let span = 0; span < count; span++) if (occupies(span)) live[at++] = span;
  return sortedByKey(live, (span) => blocks.addressOf(span));
}

function regionMap(of: SpanBlocks, region: HeapRegion, blocks: Int32Array): RegionMap {
  const end = region.baseAddress + region.sizeBytes;
  const gaps: FreeGap[] = [];
  let cursor = region.baseAddress;
  let largestFreeBytes = 0;
  let freeBytes = 0;
  const addGap = (to: Address) => {
    if (to <= cursor) return;
    const sizeBytes = to - cursor;
    gaps.push({ address: cursor, sizeBytes });
    freeBytes += sizeBytes;
    if (sizeBytes > largestFreeBytes) largestFreeBytes = sizeBytes;
  };
  for (const span of blocks) {
    const address = of.addressOf(span);
    addGap(address);
    // A block may reach over the region's end when the region is wrong; the map ends there.
    cursor = Math.min(end, Math.max(cursor, address + of.sizeOf(span)));
  }
  addGap(end);
  return { region, blocks, gaps, usedBytes: region.sizeBytes - freeBytes, freeBytes, largestFreeBytes };
}
