import { isHeapEvent, type TraceRecord } from '../trace/heap-event.js';

/**
 * Passes records on, and warns at the first event whose stack could not be unwound at all: nobody then learns who allocated, and a
 * capture with such events is not complete.
 */
export async function* warnOfBareBacktraces(records: AsyncIterable<TraceRecord>): AsyncGenerator<TraceRecord> {
  let bare = 0;
  let seq = 0;
  for await (const record of records) {
    if (record.kind === 'info' && record.info.endReason !== undefined && bare > 0) {
      yield { kind: 'info', info: { ...record.info, complete: false } };
      continue;
    }
    if (isHeapEvent(record)) {
      if (record.backtrace && (record.backtrace[0] === undefined || record.backtrace[0].kind === 'cut')) {
        if (bare++ === 0) yield { kind: 'note', code: 'no-backtrace', text: WARNING.replace('N', String(seq)) };
      }
      seq++;
    }
    yield record;
  }
}

const WARNING =
  'the stack could not be unwound at event N: no caller is known (memory at the stack pointer that cannot be read, or no unwind information); the capture is not complete';
