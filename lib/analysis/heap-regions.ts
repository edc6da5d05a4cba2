import { UsageError } from '../errors/errors.js';
import type { HeapRegion } from '../trace/heap-event.js';
import type { Lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';

/** Where the heap lies, and what had to be assumed for that. No assumption: the trace tells its bounds. */
export interface HeapRegions {
  /** Ascending by base address. */
  readonly regions: readonly HeapRegion[];
  /** False where a region reaches from its lowest to its highest traced byte: the memory may be larger. */
  readonly boundsKnown: boolean;
  readonly assumptions: readonly string[];
}

/** The note of a reader that made regions of what was traced. */
const DERIVED_CODES: readonly (string | undefined)[] = ['esp-memories'];

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
    const boundsKnown = !trace.notes.some(({ code }) => DERIVED_CODES.includes(code));
    return { regions: [...known].sort((a, b) => a.baseAddress - b.baseAddress), boundsKnown, assumptions };
  }
  const regions = derivedRegions(trace, spans);
  assumptions.push(
    regions.length === 1
      ? 'the bounds of the heap are not recorded: taken from the lowest to the highest byte ever allocated'
      : `the bounds of the heap are not recorded: its blocks lie in ${regions.length} memories, each taken from the lowest to the highest byte ever allocated there`,
  );
  return { regions, boundsKnown: false, assumptions };
}

/** Memories of a microcontroller lie farther apart than that, and no heap has a hole of its size. */
const PAGE_BYTES = 16 * 2 ** 20;
const MAX_REGIONS = 64;

/** One region from the lowest to the highest byte; several where whole pages without a block lie between. */
function derivedRegions(trace: Trace, spans: Lifespans): HeapRegion[] {
  const pages = new Map<number, { low: number; high: number }>();
  for (let span = 0; span < spans.count; span++) {
    const low = spans.address[span] ?? 0;
    const high = low + (spans.sizeBytes[span] ?? 0);
    const page = Math.floor(low / PAGE_BYTES);
    const bounds = pages.get(page);
    if (!bounds) pages.set(page, { low, high });
    else {
      bounds.low = Math.min(bounds.low, low);
      bounds.high = Math.max(bounds.high, high);
    }
  }
  const areas: { low: number; high: number }[] = [];
  for (const [, { low, high }] of [...pages].sort((a, b) => a[0] - b[0])) {
    const last = areas.at(-1);
    if (last && (low - last.high < PAGE_BYTES || areas.length === MAX_REGIONS)) last.high = Math.max(last.high, high);
    else areas.push({ low, high });
  }
  if (areas.length === 0) areas.push({ low: 0, high: 0 });
  const unitBytes = Math.max(1, trace.info.unitBytes);
  return areas.map(({ low, high }, i) => ({
    name: i === 0 ? 'heap' : `heap ${i + 1}`,
    baseAddress: low,
    sizeBytes: Math.max(0, high - low),
    unitBytes,
  }));
}
