import test from 'ava';
import fc from 'fast-check';
import { callTree } from '../../lib/analysis/call-tree.js';
import { allocationHistoryFormat } from '../../lib/formats/read-allocation-history.js';
import { detectFormat } from '../../lib/formats/registry.js';
import { callTreeText } from '../../lib/report/call-tree-text.js';
import { lifespans } from '../../lib/trace/lifespans.js';
import type { Trace } from '../../lib/trace/trace.js';
import { decodeIn, survivesEveryCut, utf8 } from '../support/decode-ways.js';
import { fixture } from '../support/fixture.js';
import { heapTrace } from '../support/heap-trace.js';
import { historyText } from '../support/history-text.js';
import { microbitOutput, microbitTrace } from '../support/microbit-trace.js';
import { traceFromText } from '../support/trace-from-text.js';

function decode(text: string): Trace {
  const { trace, error } = decodeIn(allocationHistoryFormat, utf8(text));
  if (error) throw error;
  return trace;
}

test("CircuitPython's own file of the fixture gives the tree that CircuitPython printed", (t) => {
  const bytes = fixture('micropython-microbit/allocation_history.json.gz');
  t.is(detectFormat(bytes.subarray(0, 65536), false).id, 'allocation-history');
  const trace = decode(bytes.toString());
  t.is(trace.info.unitBytes, 16);
  const total = callTreeText(callTree(trace)).trim().split('\n').at(-1);
  t.is(total, '204 total blocks');
  t.is(microbitOutput().at(-1) || microbitOutput().at(-2), total);
  t.is(callTreeText(callTree(trace)), callTreeText(callTree(microbitTrace())));
});

test('a file of this project reads back to the same lifespans, addresses and sizes', (t) => {
  fc.assert(
    fc.property(heapTrace(), (trace) => {
      // Failed requests are in no lifespan: their numbers are free, and later events move up.
      const again = decode(historyText(trace));
      const [a, b] = [lifespans(trace), lifespans(again)];
      t.is(b.count, a.count);
      t.deepEqual([...b.address], [...a.address]);
      t.deepEqual([...b.sizeBytes], [...a.sizeBytes]);
      t.deepEqual([...b.endCause], [...a.endCause]);
    }),
    { numRuns: 60 },
  );
});

test('keeps backtraces, reallocations and sweeps', (t) => {
  const text = `region gc 0x20000000 4096 16
    alloc 0x20000010 32 main@m.c:1 > new@n.c:2
    realloc 0x20000010 -> 0x20000100 64 main@m.c:3
    alloc 0x20000040 16
    sweep 0x20000100 main@m.c:4 > gc_sweep@gc.c:9`;
  const before = traceFromText(text, { unitBytes: 16 });
  const after = decode(historyText(before));
  t.deepEqual([...after.events.kind], [...before.events.kind]);
  t.deepEqual([...after.events.address], [...before.events.address]);
  t.is(historyText(after), historyText(before), 'writing it again gives the same file');
});

test('survives every cut, and says what is wrong with what is not such a file', (t) => {
  survivesEveryCut(
    t,
    allocationHistoryFormat,
    utf8(historyText(traceFromText('alloc 0x1000 32 main@m.c:1\nfree 0x1000\nalloc 0x2000 8'))),
  );
  const wrong = (text: string) => decodeIn(allocationHistoryFormat, utf8(text)).error;
  t.is(wrong('{"a": 1}')?.code, 'HH1926');
  t.is(wrong('[{"start_block": 1')?.code, 'HH1925');
  t.regex(wrong('[{"start_block": -1}]')?.message ?? '', /record 0: start_block: found -1, expected an integer from 0/);
  const record = { start_block: 1, size: 1, start_time: 5, end_time: 2, start_trace: [], end_trace: '' };
  t.regex(wrong(JSON.stringify([record]))?.message ?? '', /end_time: found 2, expected one after start_time/);
  t.is(decode('[]').eventCount, 0);
});
