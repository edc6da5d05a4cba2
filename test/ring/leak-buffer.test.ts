import test from 'ava';
import fc from 'fast-check';
import { MAX_GRAPHS } from '../../lib/ring/graph-limit.js';
import { LeakBuffer } from '../../lib/ring/leak-buffer.js';
import { traceOf } from '../../lib/trace/collect-trace.js';
import type { HeapEvent, TraceRecord } from '../../lib/trace/heap-event.js';
import { graphOf } from '../support/object-graphs.js';

const alloc = (address: number, sizeBytes = 16): HeapEvent => ({ kind: 'alloc', address, sizeBytes });
const free = (address: number): HeapEvent => ({ kind: 'free', address });

function filled(capacity: number, records: readonly TraceRecord[]): LeakBuffer {
  const buffer = new LeakBuffer(capacity);
  buffer.reset();
  for (const record of records) buffer.add(record);
  return buffer;
}

test('a block that is freed is forgotten; marks keep their places', (t) => {
  const buffer = filled(10, [alloc(1), { kind: 'mark', name: 'm' }, alloc(2), alloc(3), free(2), free(9)]);
  const trace = traceOf(buffer.records());
  t.deepEqual([...trace.events.address], [1, 3]);
  t.deepEqual(
    trace.marks.map(({ beforeSeq, name }) => [beforeSeq, name]),
    [[1, 'm']],
  );
  t.is(trace.info.dropped?.collapsed, 1);
  t.true(trace.info.complete);
});

test('what does not fit is missed and told; a freed block makes room again', (t) => {
  const buffer = filled(2, [alloc(1), alloc(2), alloc(3), free(1), alloc(4), free(3)]);
  const trace = traceOf(buffer.records());
  t.deepEqual([...trace.events.address], [2, 4]);
  t.deepEqual(
    trace.gaps.map(({ reason, lostEvents }) => [reason, lostEvents]),
    [['only 2 records fit', 1]],
  );
  t.false(trace.info.complete);
});

test('a block that changed its size is an allocation of the new size', (t) => {
  const buffer = filled(4, [alloc(1), { kind: 'realloc', address: 7, sizeBytes: 64, fromAddress: 1 }]);
  const trace = traceOf(buffer.records());
  t.deepEqual([...trace.events.address], [7]);
  t.deepEqual([...trace.events.sizeBytes], [64]);
});

test('what happens while it is frozen is counted; blocks lost at a restart of the heap are no leaks', (t) => {
  const buffer = filled(9, [alloc(1)]);
  buffer.freeze();
  buffer.add(alloc(2));
  buffer.resume();
  buffer.add(alloc(3));
  t.deepEqual(
    traceOf(buffer.records()).gaps.map(({ beforeSeq, lostEvents }) => [beforeSeq, lostEvents]),
    [[1, 1]],
  );
  buffer.add({ kind: 'epoch', reason: 'gc_init' });
  buffer.add(alloc(4));
  const trace = traceOf(buffer.records());
  t.deepEqual([...trace.events.address], [4]);
  t.regex(trace.notes.at(-1)?.text ?? '', /began anew 1 times; 2 blocks/);
});

test('holds exactly what is alive, whatever happened', (t) => {
  const step = fc.record({ free: fc.boolean(), address: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const live = new Set<number>();
      const events = steps.flatMap(({ free: isFree, address }) => {
        if (isFree !== live.has(address)) return [];
        if (isFree) live.delete(address);
        else live.add(address);
        return [isFree ? free(address) : alloc(address)];
      });
      const trace = traceOf(filled(1000, events).records());
      t.deepEqual([...trace.events.address], [...live]);
    }),
  );
});

test('who held which block at a mark keeps its place; of many readings the last are kept', (t) => {
  const graph: TraceRecord = { kind: 'graph', graph: graphOf(['a'], []) };
  const buffer = filled(100, [alloc(1), graph, { kind: 'mark', name: 'm' }, alloc(2)]);
  t.is(traceOf(buffer.records()).graphs[0]?.beforeSeq, 1);
  for (let n = 0; n < MAX_GRAPHS; n++) buffer.add(graph);
  const trace = traceOf(buffer.records());
  t.is(trace.graphs.length, MAX_GRAPHS);
  t.is(trace.graphs[0]?.beforeSeq, 2);
  t.true(trace.notes.some(({ code }) => code === 'objects'));
});
