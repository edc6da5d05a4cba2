import { traceOf } from '../../lib/trace/collect-trace.js';
import type { TraceRecord } from '../../lib/trace/heap-event.js';
import type { Trace } from '../../lib/trace/trace.js';

/** A trace of sizes only, as Drone OS records it: `a12 f12` allocates and frees 12 bytes. */
export function sizesTrace(text: string): Trace {
  const records = text
    .trim()
    .split(/\s+/)
    .map((word): TraceRecord => {
      const sizeBytes = Number(word.slice(1));
      return { kind: word[0] === 'a' ? 'alloc' : 'free', address: 0, sizeBytes };
    });
  return traceOf(records, { hasAddresses: false });
}

/** A sequence that gives the table of the Drone book. */
export const DRONE_BOOK = 'a12 a12 a12 f12 a12 f12 a12 f12 a12 a1 a28 f28 a28 a32 f12 a12 a128 f128 a128';
