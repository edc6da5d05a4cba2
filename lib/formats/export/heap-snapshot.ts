import type { Trace } from '../../trace/trace.js';
import { jsonElements } from './json-pieces.js';
import { CallSnapshot } from './snapshot-calls.js';
import { ObjectSnapshot } from './snapshot-objects.js';
import { SNAPSHOT_META, type SnapshotView } from './snapshot-view.js';
import type { TraceWriter } from './trace-writer.js';

/**
 * V8's heap snapshot of what is alive at the end. Where the trace has the object graph of that moment, its nodes are the objects of the target, and
 * their retainers who holds them. Else a block is an object whose class is the place that allocated it, so that the summary adds up by source, and
 * its retainers are the calls that led there. A block keeps its id from snapshot to snapshot of one trace: two moments can be compared.
 */
export const heapSnapshotWriter: TraceWriter = {
  id: 'heapsnapshot',
  title: 'V8 .heapsnapshot of what is alive at the end (Chrome DevTools, Memory)',
  extension: '.heapsnapshot',
  write: writeHeapSnapshot,
};

function* writeHeapSnapshot(trace: Trace): Generator<string> {
  const graph = trace.graphs.at(-1);
  const isOfEnd = graph !== undefined && graph.beforeSeq >= trace.eventCount;
  const view: SnapshotView = isOfEnd ? new ObjectSnapshot(trace, graph) : new CallSnapshot(trace);
  const snapshot = {
    meta: SNAPSHOT_META,
    node_count: view.nodeCount,
    edge_count: view.edgeCount,
    trace_function_count: 0,
  };
  yield `{"snapshot":${JSON.stringify(snapshot)},\n"nodes":[`;
  yield* jsonElements(view.nodes());
  yield '],\n"edges":[';
  yield* jsonElements(view.edges());
  yield '],\n"trace_function_infos":[],"trace_tree":[],"samples":[],"locations":[],\n"strings":[';
  yield* jsonElements(view.texts());
  yield ']}\n';
}
