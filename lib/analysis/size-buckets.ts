import type { Bytes } from '../base/units.js';
import type { Lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';

/** Allocations whose size lies from `fromBytes` to `toBytes`, both included. */
export interface SizeBucket {
  readonly fromBytes: Bytes;
  readonly toBytes: Bytes;
  readonly count: number;
  readonly bytes: Bytes;
}

/** Blocks by powers of two of their size. */
export function sizeHistogram({ events }: Trace, { count, startSeq }: Lifespans): SizeBucket[] {
  const sums = newBuckets();
  for (let span = 0; span < count; span++) addToBucket(sums, events.sizeBytes[startSeq[span] as number] as number);
  return bucketsOf(sums);
}

/** Counts and bytes by powers of two. */
export interface BucketSums {
  readonly counts: Float64Array;
  readonly bytes: Float64Array;
}

export function newBuckets(): BucketSums {
  return { counts: new Float64Array(34), bytes: new Float64Array(34) };
}

/** Bucket 0 holds size 0; bucket b holds 2^(b-1) to 2^b - 1. Sizes above 2^32 all count in one last bucket. */
export function addToBucket({ counts, bytes }: BucketSums, sizeBytes: Bytes, blocks = 1): void {
  const bucket = sizeBytes >= 2 ** 32 ? 33 : 32 - Math.clz32(sizeBytes);
  counts[bucket] = (counts[bucket] as number) + blocks;
  bytes[bucket] = (bytes[bucket] as number) + sizeBytes * blocks;
}

export function bucketsOf({ counts, bytes }: BucketSums): SizeBucket[] {
  const buckets: SizeBucket[] = [];
  const isFilled = (blocks: number) => blocks > 0;
  const last = counts.findLastIndex(isFilled);
  for (let b = Math.max(0, counts.findIndex(isFilled)); b <= last; b++) {
    const fromBytes = b === 0 ? 0 : 2 ** (b - 1);
    const toBytes = b === 0 ? 0 : b === 33 ? Number.MAX_SAFE_INTEGER : 2 ** b - 1;
    buckets.push({ fromBytes, toBytes, count: counts[b] ?? 0, bytes: bytes[b] ?? 0 });
  }
  return buckets;
}
