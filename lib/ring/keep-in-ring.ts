import type { TraceRecord } from '../trace/heap-event.js';
import type { HeapRing } from './heap-ring.js';

/**
 * The stream as the ring keeps it, after the whole of it has passed; a stop-on-full ring ends the source when it fills.
 * @throws what the source throws, after the ring's records were yielded.
 */
export async function* keepInRing(records: AsyncIterable<TraceRecord>, ring: HeapRing): AsyncGenerator<TraceRecord> {
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const record of records) {
      ring.add(record);
      if (ring.state === 'full') break;
    }
  } catch (error) {
    failure = { error };
  }
  yield* ring.records();
  if (failure) throw failure.error;
}
