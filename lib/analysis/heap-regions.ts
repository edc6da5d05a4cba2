import type { Address } from '../base/units.js';
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
 * highest byte that was ever allocated (several where never used stretches dwarf what was used), and an assumption that says so.
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
  const known = toldRegions(trace);
  if (known.length > 0) {
    const boundsKnown = !trace.notes.some(({ code }) => DERIVED_CODES.includes(code));
    return { regions: known, boundsKnown, assumptions };
  }
  const regions = derivedRegions(trace, spans);
  assumptions.push(
    regions.length === 1
      ? 'the bounds of the heap are not recorded: taken from the lowest to the highest byte ever allocated'
      : `the bounds of the heap are not recorded: its blocks lie in ${regions.length} memories, each taken from the lowest to the highest byte ever allocated there`,
  );
  return { regions, boundsKnown: false, assumptions };
}

/** The regions that the trace tells itself, ascending; empty when their bounds are to be taken from the blocks. */
export function toldRegions(trace: Trace): HeapRegion[] {
  return trace.regions.filter(({ sizeBytes }) => sizeBytes > 0).sort((a, b) => a.baseAddress - b.baseAddress);
}

/** No heap of a microcontroller that is in use leaves a stretch of its size alone from begin to end; less says nothing. */
const LEAST_HOLE_BYTES = 64 * 2 ** 10;
/** Whole pages without a block part memories, however many there are. */
const PAGE_BYTES = 16 * 2 ** 20;
const MAX_REGIONS = 64;
const MAX_HOLES = 7;

interface Area {
  readonly low: Address;
  readonly high: Address;
}

/** One region from the lowest to the highest byte; several where stretches lie between that can hardly be heap. */
function derivedRegions(trace: Trace, spans: Lifespans): HeapRegion[] {
  const unitBytes = Math.max(1, trace.info.unitBytes);
  return joinedAreas(touchedAreas(spans)).map(({ low, high }, i) => ({
    name: i === 0 ? 'heap' : `heap ${i + 1}`,
    baseAddress: low,
    sizeBytes: Math.max(0, high - low),
    unitBytes,
  }));
}

/** Runs of memory that blocks ever were in, ascending, with stretches of LEAST_HOLE_BYTES and more without any between them. */
function touchedAreas({ count, address, sizeBytes }: Lifespans): Area[] {
  const cells = new Map<number, { low: number; high: number }>();
  for (let span = 0; span < count; span++) {
    const low = address[span] ?? 0;
    const high = low + (sizeBytes[span] ?? 0);
    const cell = Math.floor(low / LEAST_HOLE_BYTES);
    const bounds = cells.get(cell);
    if (!bounds) cells.set(cell, { low, high });
    else {
      bounds.low = Math.min(bounds.low, low);
      bounds.high = Math.max(bounds.high, high);
    }
  }
  const areas: { low: number; high: number }[] = [];
  for (const [, { low, high }] of [...cells].sort((a, b) => a[0] - b[0])) {
    const last = areas.at(-1);
    if (last && low - last.high < LEAST_HOLE_BYTES) last.high = Math.max(last.high, high);
    else areas.push({ low, high });
  }
  return areas.length === 0 ? [{ low: 0, high: 0 }] : areas;
}

/**
 * A hole parts two memories when it is a page, or when it and each one as large is larger than all that is left between the holes:
 * a heap with a few blocks here and there has many holes, two banks have one that dwarfs them.
 */
function joinedAreas(areas: readonly Area[]): Area[] {
  const holes = areas.slice(1).map(({ low }, i) => low - (areas[i]?.high ?? low));
  const [first, last] = [areas[0], areas.at(-1)];
  const sorted = [...holes].sort((a, b) => b - a);
  let least = PAGE_BYTES;
  let rest = (last?.high ?? 0) - (first?.low ?? 0);
  for (const hole of sorted.slice(0, MAX_HOLES)) {
    rest -= hole;
    if (hole > rest) least = Math.min(least, hole);
  }
  const joined: { low: number; high: number }[] = [];
  areas.forEach((area, i) => {
    const open = joined.at(-1);
    if (open && ((holes[i - 1] ?? 0) < least || joined.length === MAX_REGIONS))
      open.high = Math.max(open.high, area.high);
    else joined.push({ ...area });
  });
  return joined;
}
