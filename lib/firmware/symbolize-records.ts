import type { Address } from '../base/units.js';
import { callerFrames } from '../symbols/caller-frames.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import type { Backtrace, Frame, TraceRecord } from '../trace/heap-event.js';
import { InternTables } from '../trace/tables.js';
import { backtraceOf, type Trace, withStacks } from '../trace/trace.js';

/** The same records with names for the frames that have none, as boards record them: return addresses only. */
export async function* symbolized(
  records: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  firmware: Symbolizer,
): AsyncGenerator<TraceRecord> {
  const resolve = callerFrames(firmware);
  const stacks = new WeakMap<Backtrace, Backtrace>();
  for await (const record of records) {
    if (!('backtrace' in record) || record.backtrace === undefined) {
      yield record;
      continue;
    }
    let named = stacks.get(record.backtrace);
    if (!named) {
      named = record.backtrace.flatMap((frame) => nameFrame(frame, resolve));
      stacks.set(record.backtrace, named);
    }
    yield { ...record, backtrace: named };
  }
}

/** The same for a finished trace. */
export function symbolizedTrace(trace: Trace, firmware: Symbolizer): Trace {
  const resolve = callerFrames(firmware);
  const tables = new InternTables();
  const named = Int32Array.from({ length: trace.stacks.count }, (_, stack) =>
    tables.stack(backtraceOf(trace, stack).flatMap((frame) => nameFrame(frame, resolve))),
  );
  return withStacks(
    trace,
    tables,
    trace.events.stack.map((stack) => named[stack] ?? -1),
  );
}

function nameFrame(frame: Frame, resolve: (address: Address) => readonly Frame[]): readonly Frame[] {
  if (frame.functionName !== '' || frame.address === 0) return [frame];
  const found = resolve(frame.address);
  if (found.length === 0) return [frame];
  // What was guessed stays so, however well the name is known.
  return frame.certainty === 'guessed' ? found.map((one) => ({ ...one, certainty: 'guessed' as const })) : found;
}
