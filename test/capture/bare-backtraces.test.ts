import test from 'ava';
import { warnOfBareBacktraces } from '../../lib/capture/bare-backtraces.js';
import { CUT_FRAME, type TraceRecord } from '../../lib/trace/heap-event.js';

async function* stream(records: readonly TraceRecord[]): AsyncGenerator<TraceRecord> {
  yield* records;
}

async function passed(records: readonly TraceRecord[]): Promise<TraceRecord[]> {
  const seen: TraceRecord[] = [];
  for await (const record of warnOfBareBacktraces(stream(records))) seen.push(record);
  return seen;
}

const MAIN = { address: 0x100, functionName: 'main', file: 'main.c', line: 1 };
const whole: TraceRecord = { kind: 'alloc', address: 16, sizeBytes: 16, backtrace: [MAIN] };
const bare: TraceRecord = { kind: 'alloc', address: 32, sizeBytes: 16, backtrace: [CUT_FRAME] };
const end: TraceRecord = { kind: 'info', info: { endReason: 'reached done' } };

test('warns before the first event without a caller, once, and the capture is not complete', async (t) => {
  const seen = await passed([whole, bare, bare, end]);
  t.deepEqual(
    seen.map(({ kind }) => kind),
    ['alloc', 'note', 'alloc', 'alloc', 'info'],
  );
  const note = seen[1];
  t.regex(note?.kind === 'note' ? note.text : '', /^the stack could not be unwound at event 1: no caller is known/);
  t.deepEqual(seen.at(-1), { kind: 'info', info: { endReason: 'reached done', complete: false } });
});

test('a capture whose events all have a caller passes as it is, also where backtraces are cut further out', async (t) => {
  const cut: TraceRecord = { kind: 'alloc', address: 48, sizeBytes: 16, backtrace: [MAIN, CUT_FRAME] };
  t.deepEqual(await passed([whole, cut, end]), [whole, cut, end]);
});
