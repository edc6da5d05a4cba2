import { UsageError } from '../errors/errors.js';
import type { HeapRegion } from '../trace/heap-event.js';
import type { Lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';

/** Where the heap lies, and what had to be assumed for that. No assumption: the trace tells its bounds. */
export interface HeapRegions {
  /** Ascending by base address. */
  readonly regions: readonly HeapRegion[];
  readonly assumptions: readonly string[];
}

/**
 * The areas of memory that the heap consists of. Where the trace does not tell their bounds, one area from the lowest to the
 * highest byte that was ever allocated, and an assumption that says so.
 *
 * @throws UsageError HH1180 when the trace has no addresses: such a trace has no heap map
 */
export function heapRegions(trace: Trace, spans: Lifespans): HeapRegions {
  if (!trace.info.hasAddresses) {
    throw new UsageError('HH1180', `fragmentation: ${trace.info.source}: found sizes only, expected addresses`, {
      remedy: 'use `harvest stats` or `harvest pools`, which need none',
    });
  }
  const assumptions: string[] = [...spans.assumptions];
  if (trace.info.sizeKind === 'requested') {
    assumptions.push("sizes are the requested ones: the allocator's headers and rounding count as free");
  }
  const known = trace.regions.filter((region) => region.sizeBytes > 0);
  if (known.length > 0) {
    return { regions: [...known].sort((a, b) => a.baseAddress - b.baseAddress), assumptions };
  }
  assumptions.push('the bounds of the heap are not recorded: taken from the lowest to the highest byte ever allocated');
  return { regions: [derivedRegion(trace, spans)], assumptions };
}

function derivedRegion(trace: Trace, spans: Lifespans): HeapRegion {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let span = 0; span < spans.count; span++) {
    const address = spans.address[span] ?? 0;
    low = Math.min(low, address);
    high = Math.max(high, address + (spans.sizeBytes[span] ?? 0));
  }
  const baseAddress = spans.count === 0 ? 0 : low;
  const unitBytes = Math.max(1, trace.info.unitBytes);
  return { name: 'heap', baseAddress, sizeBytes: Math.max(0, high - baseAddress), unitBytes };
}
