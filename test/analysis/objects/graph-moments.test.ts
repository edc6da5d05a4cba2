import test from 'ava';
import { heapStats } from '../../../lib/analysis/heap-stats.js';
import { growingContainers } from '../../../lib/analysis/objects/containers.js';
import { graphBefore, graphMoment, typesAtMarks } from '../../../lib/analysis/objects/graph-moments.js';
import { provenLeaks } from '../../../lib/analysis/objects/proven-leaks.js';
import { aliveBlocks } from '../../../lib/analysis/objects/why-source.js';
import { heapStatsText } from '../../../lib/report/heap-stats-text.js';
import { traceOf } from '../../../lib/trace/collect-trace.js';
import type { TraceRecord } from '../../../lib/trace/heap-event.js';
import { graphOf } from '../../support/object-graphs.js';

const NAMES = ['log:list', ...Array.from({ length: 20 }, (_, i) => `n${i}:bytearray`)];
const graphAfter = (count: number): TraceRecord => ({
  kind: 'graph',
  graph: graphOf(NAMES.slice(0, count), [
    "named __main__.__dict__['log'] -> log",
    ...NAMES.slice(1, count).map((name, i) => `log [${i}] -> ${name.split(':')[0]}`),
  ]),
});
const mark = (name: string): TraceRecord => ({ kind: 'mark', name });
const allocations = NAMES.map((_, i): TraceRecord => ({ kind: 'alloc', address: 0x1000 + 16 * i, sizeBytes: 16 }));
const free: TraceRecord = { kind: 'free', address: 0x1010 };

/** Read at two marks, not at a third; then one block is freed, and nothing is read. */
const trace = traceOf([
  ...allocations.slice(0, 6),
  graphAfter(6),
  mark('before'),
  mark('unread'),
  ...allocations.slice(6),
  graphAfter(21),
  mark('after'),
  free,
  mark('late'),
]);

test('the moment of a mark has the graph that was read there, and the trace up to then', (t) => {
  const before = graphMoment(trace, 'before');
  t.is(before?.graph.count, 6);
  t.is(before?.trace.eventCount, 6);
  t.is(before && aliveBlocks(before.trace).length, 6);
  t.is(graphMoment(trace, 'after')?.trace.eventCount, 21);
});

test('without a name it is the last moment, with its mark; a trace without a graph has none', (t) => {
  const last = graphMoment(trace);
  t.is(last?.mark, 'after');
  t.is(last?.graph.count, 21);
  t.is(graphMoment(traceOf(allocations)), undefined);
  t.is(graphMoment(traceOf(allocations), 'before'), undefined);
  const atEnd = graphMoment(traceOf([...allocations, graphAfter(21)]));
  t.is(atEnd?.mark, undefined);
  t.is(atEnd?.trace.eventCount, 21);
});

test('a mark at which nothing was read is refused, naming those where it was', (t) => {
  for (const name of ['late', 'nowhere'])
    t.throws(() => graphMoment(trace, name), { code: 'HH2170', message: /expected 'before', 'unread', 'after'/ });
});

test('what was read in the middle says nothing of the end', (t) => {
  t.is(graphBefore(trace, trace.eventCount), undefined);
  t.is(provenLeaks(trace), undefined);
  t.is(heapStats(trace).types, undefined);
  t.is(graphBefore(traceOf([...allocations, graphAfter(21)]), 21)?.count, 21);
});

test('a window that ends at such a mark tells the containers that grow in it', (t) => {
  const found = growingContainers(trace, { from: 'before', to: 'after' });
  t.deepEqual(found, [{ path: "__main__.__dict__['log']", type: 'list', count: 15, bytes: 240 }]);
});

test('the statistics tell what there is of each type at each mark', (t) => {
  const rows = typesAtMarks(trace).map(({ mark: name, types }) => [name, ...types.map((row) => [row.type, row.bytes])]);
  t.deepEqual(rows, [
    ['before', ['bytearray', 80], ['list', 16]],
    ['unread', ['bytearray', 80], ['list', 16]],
    ['after', ['bytearray', 320], ['list', 16]],
  ]);
  t.regex(heapStatsText(heapStats(trace)), /before +unread +after +type\n +80 B +80 B +320 B +bytearray\n/);
});

test('of several graphs at one place the last one counts', (t) => {
  const twice = traceOf([...allocations, graphAfter(6), graphAfter(21), mark('here')]);
  t.is(graphMoment(twice, 'here')?.graph.count, 21);
});

test('with as many marks as graphs, each graph is looked at a few times, not once for each mark', (t) => {
  const [graph] = trace.graphs;
  if (!graph) return t.fail();
  let looks = 0;
  const graphs = Array.from({ length: 1000 }, (_, seq) => ({
    ...graph,
    get beforeSeq() {
      looks++;
      return seq;
    },
  }));
  const marks = graphs.map((_, beforeSeq) => ({ name: 'm', beforeSeq }));
  t.is(typesAtMarks({ ...trace, marks, graphs }).length, 64);
  t.true(looks <= 10 * graphs.length, `${looks} looks`);
});
