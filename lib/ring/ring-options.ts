import { UsageError } from '../errors/errors.js';
import type { TraceRecord } from '../trace/heap-event.js';
import { HeapRing } from './heap-ring.js';
import { keepInRing } from './keep-in-ring.js';

/** A capture that keeps so many records and no more, with the options that board-side tracers have. */
export interface RingOptions {
  /** Events, marks, gaps and notes that are kept; at most {@link MAX_RING_RECORDS}. */
  readonly records: number;
  /** On (the default): the capture ends when the ring is full, and has the earliest events. Off: it has the newest. */
  readonly stopOnFull?: boolean;
  /** Drop an allocation together with the free that follows it when no other kept event lies between the two. */
  readonly collapsePairs?: boolean;
  /** Allocations below this size are kept without a backtrace; default 0. */
  readonly minSizeBytes?: number;
  /** Frees are kept without a backtrace; default false. */
  readonly skipFrees?: boolean;
}

/** More would not fit the memory of common computers. */
export const MAX_RING_RECORDS = 10_000_000;

export interface RingRecordOptions {
  /** Frames kept of each backtrace. */
  readonly maxDepth: number;
  readonly captureLargest: boolean;
}

/** The ring of a capture. @throws UsageError HH1190 when it cannot have so many records */
export function makeRing(options: RingOptions, source: RingRecordOptions): HeapRing {
  const { records, stopOnFull = true, collapsePairs = false, minSizeBytes = 0, skipFrees = false } = options;
  if (!Number.isSafeInteger(records) || records < 1 || records > MAX_RING_RECORDS) {
    throw new UsageError('HH1190', `ring: found ${records} records, expected 1 to ${MAX_RING_RECORDS}`);
  }
  const backtrace = { depth: source.maxDepth, minSizeBytes, skipFrees };
  return new HeapRing(records, { stopOnFull, collapsePairs, captureLargest: source.captureLargest, backtrace });
}

/**
 * The stream as its ring keeps it: nothing before the end, then everything at once. What the options left out is counted in
 * `TraceInfo.dropped`; what a rolling ring overwrote is a gap as well. A full ring ends the capture cleanly.
 *
 * @throws what the source throws, after the ring's records were yielded
 */
export async function* captureInRing(
  records: AsyncIterable<TraceRecord>,
  ring: HeapRing,
): AsyncGenerator<TraceRecord, void, undefined> {
  yield* keepInRing(records, ring);
  const { captured, overwritten, collapsed } = ring.counters;
  const text = `a ring of ${ring.capacity} records: ${captured} events seen, ${overwritten} overwritten, ${collapsed} pairs collapsed`;
  yield { kind: 'note', code: 'capture-ring', text };
  if (ring.state === 'full') {
    yield { kind: 'info', info: { endReason: `the ring of ${ring.capacity} records is full` } };
  }
}
