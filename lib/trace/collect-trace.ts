import type { TraceInfo, TraceRecord } from './heap-event.js';
import type { Trace } from './trace.js';
import { TraceBuilder } from './trace-builder.js';

/**
 * Collects a stream of records into a trace. When the stream throws, the error is thrown on;
 * pass a builder of your own where what was collected so far must survive that.
 *
 * @example const trace = await collectTrace(engine.harvest(target, plan, signal));
 */
export async function collectTrace(
  records: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  into: TraceBuilder = new TraceBuilder(),
): Promise<Trace> {
  for await (const record of records) into.add(record);
  return into.build();
}

/** The same for records that are already at hand. */
export function traceOf(records: Iterable<TraceRecord>, info: Partial<TraceInfo> = {}): Trace {
  const builder = new TraceBuilder(info);
  for (const record of records) builder.add(record);
  return builder.build();
}
