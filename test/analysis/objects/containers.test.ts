import test from 'ava';
import { growingContainers } from '../../../lib/analysis/objects/containers.js';
import { traceOf } from '../../../lib/trace/collect-trace.js';
import type { TraceRecord } from '../../../lib/trace/heap-event.js';
import { graphOf } from '../../support/object-graphs.js';

const GROWN = Array.from({ length: 20 }, (_, i) => `grown${i}`);
const SET_UP = Array.from({ length: 10 }, (_, i) => `setup${i}`);
/** In the order of allocation: what is set up comes with the first ten of what grows. */
const NAMES = ['names:dict', 'log:list', 'table:list', ...GROWN.flatMap((name, i) => [name, SET_UP[i] ?? []].flat())];
const GRAPH = graphOf(NAMES, [
  'named __main__.__dict__ -> names',
  "names ['log'] -> log",
  "names ['table'] -> table",
  ...GROWN.map((name, i) => `log [${i}] -> ${name}`),
  ...SET_UP.map((name, i) => `table [${i}] -> ${name}`),
]);

const allocations: readonly TraceRecord[] = [...GRAPH.address].map((address) => ({
  kind: 'alloc',
  address,
  sizeBytes: 16,
}));
const graph: TraceRecord = { kind: 'graph', graph: GRAPH };

test('what holds blocks of every fifth of the window grows; what was filled at its begin does not', (t) => {
  // Its 20 elements, and the list itself.
  const found = growingContainers(traceOf([...allocations, graph]));
  t.deepEqual(found, [{ path: "__main__.__dict__['log']", type: 'list', count: 21, bytes: 336 }]);
});

test('a container that gives back what it took holds blocks of the last part only', (t) => {
  const freed = [...GRAPH.address].slice(3).map((address): TraceRecord => ({ kind: 'free', address }));
  const taken = [...GRAPH.address].slice(3).map((address): TraceRecord => ({ kind: 'alloc', address, sizeBytes: 16 }));
  t.deepEqual(growingContainers(traceOf([...allocations, ...freed, ...taken, graph])), []);
});

test('without a graph of the end, or in a window that ends before, nothing is said to grow', (t) => {
  t.deepEqual(growingContainers(traceOf(allocations)), []);
  const mark: TraceRecord = { kind: 'mark', name: 'half' };
  const trace = traceOf([...allocations.slice(0, 16), mark, ...allocations.slice(16), graph]);
  t.deepEqual(growingContainers(trace, { to: 'half' }), []);
});

test('what grows in two elements of one list of lists is told once, as that list', (t) => {
  const lists = ['a', 'b'];
  const names = ['names:dict', 'rows:list', 'a:list', 'b:list'];
  for (let i = 0; i < 20; i++) for (const list of lists) names.push(`${list}${i}:list`);
  const grown = graphOf(names, [
    'named __main__.__dict__ -> names',
    "names ['rows'] -> rows",
    'rows [0] -> a',
    'rows [1] -> b',
    ...lists.flatMap((list) => Array.from({ length: 20 }, (_, i) => `${list} [${i}] -> ${list}${i}`)),
  ]);
  const taken = [...grown.address].map((address): TraceRecord => ({ kind: 'alloc', address, sizeBytes: 16 }));
  t.deepEqual(growingContainers(traceOf([...taken, { kind: 'graph', graph: grown }])), [
    { path: "__main__.__dict__['rows']", type: 'list', count: 43, bytes: 688 },
  ]);
});
