import type { StackId } from '../../base/units.js';
import { EndCause, type Lifespans, lifespans } from '../../trace/lifespans.js';
import type { Trace } from '../../trace/trace.js';
import { doubtLines } from './doubts-text.js';
import { jsonElements } from './json-pieces.js';
import { frameLabel } from './stack-weights.js';
import { StringTable } from './string-table.js';
import type { TraceWriter } from './trace-writer.js';

/**
 * V8's heap snapshot of what is alive at the end. A block is an object, its class the place that allocated it, so that the summary adds up by source;
 * its retainers are the calls that led there. A block keeps its id from snapshot to snapshot of one trace: two moments can be compared.
 */
export const heapSnapshotWriter: TraceWriter = {
  id: 'heapsnapshot',
  title: 'V8 .heapsnapshot of what is alive at the end (Chrome DevTools, Memory)',
  extension: '.heapsnapshot',
  write: writeHeapSnapshot,
};

const NODE_TYPES = [
  'hidden',
  'array',
  'string',
  'object',
  'code',
  'closure',
  'regexp',
  'number',
  'native',
  'synthetic',
];
const EDGE_TYPES = ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak'];
const META = {
  node_fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'trace_node_id', 'detachedness'],
  node_types: [NODE_TYPES, 'string', 'number', 'number', 'number', 'number', 'number'],
  edge_fields: ['type', 'name_or_index', 'to_node'],
  edge_types: [EDGE_TYPES, 'string_or_number', 'node'],
  trace_function_info_fields: ['function_id', 'name', 'script_name', 'script_id', 'line', 'column'],
  trace_node_fields: ['id', 'function_info_index', 'count', 'size', 'children'],
  sample_fields: ['timestamp_us', 'last_assigned_id'],
  location_fields: ['object_index', 'script_id', 'line', 'column'],
};
const FIELDS = META.node_fields.length;
const NodeType = { object: 3, closure: 5, native: 8, synthetic: 9 } as const;
const PROPERTY = 2;

function* writeHeapSnapshot(trace: Trace): Generator<string> {
  const graph = new CallGraph(trace);
  const doubts = doubtLines(trace);
  const { calls, blocks } = graph;
  const snapshot = {
    meta: META,
    node_count: 1 + doubts.length + calls.length + blocks.length,
    edge_count: doubts.length + calls.length + blocks.length,
    trace_function_count: 0,
  };
  yield `{"snapshot":${JSON.stringify(snapshot)},\n"nodes":[`;
  const strings = new StringTable();
  yield* jsonElements(nodes(graph, doubts, strings));
  yield '],\n"edges":[';
  yield* jsonElements(edges(graph, doubts, strings));
  yield '],\n"trace_function_infos":[],"trace_tree":[],"samples":[],"locations":[],\n"strings":[';
  yield* jsonElements(allStrings(graph, strings));
  yield ']}\n';
}

/** Node 0 is the root, then doubts, then calls, then blocks, each in their order. Calls have even ids, blocks odd ones: by their event. */
function* nodes(graph: CallGraph, doubts: readonly string[], strings: StringTable): Generator<number> {
  const { trace, spans, calls, blocks } = graph;
  const node = (type: number, name: string, id: number, selfSize: number, edgeCount: number) =>
    [type, strings.of(name), id, selfSize, edgeCount, 0, 0] as const;
  yield* node(NodeType.synthetic, '(heap)', 0, 0, doubts.length + graph.edgesFrom(-1));
  for (const [i, doubt] of doubts.entries())
    yield* node(NodeType.native, `[${doubt}]`, 2 + 2 * (graph.stackCount + i), 0, 0);
  for (const stack of calls) yield* node(NodeType.closure, graph.name(stack), 2 + 2 * stack, 0, graph.edgesFrom(stack));
  for (const span of blocks) {
    const seq = spans.startSeq[span] ?? 0;
    const stack = trace.events.stack[seq] ?? -1;
    yield* node(NodeType.object, graph.name(stack), 1 + 2 * seq, spans.sizeBytes[span] ?? 0, 0);
  }
}

/** In the order of the nodes that they start from: the calls that a call makes, then the blocks that it allocated itself. */
function* edges(graph: CallGraph, doubts: readonly string[], strings: StringTable): Generator<number> {
  const callsFrom = 1 + doubts.length;
  const blocksFrom = callsFrom + graph.calls.length;
  // The names of the edges to blocks, their addresses, stand behind all others: one each.
  for (const [i] of doubts.entries()) yield* [PROPERTY, strings.of('note'), (1 + i) * FIELDS];
  const callEdge = strings.of('call');
  for (const stack of everyCaller(graph)) {
    for (let i = graph.firstCall(stack); i >= 0; i = graph.nextCall(i))
      yield* [PROPERTY, callEdge, (callsFrom + i) * FIELDS];
    for (let i = graph.firstBlock(stack); i >= 0; i = graph.nextBlock(i))
      yield* [PROPERTY, strings.count + i, (blocksFrom + i) * FIELDS];
  }
}

function* everyCaller({ calls }: CallGraph): Generator<StackId> {
  yield -1;
  yield* calls;
}

function* allStrings({ trace, spans, blocks }: CallGraph, strings: StringTable): Generator<string> {
  yield* strings.all;
  for (const span of blocks) {
    yield trace.info.hasAddresses
      ? `0x${(spans.address[span] ?? 0).toString(16)}`
      : `event ${spans.startSeq[span] ?? 0}`;
  }
}

/** The stacks that lead to live blocks, and the blocks, both as lists that are linked by whom they belong to. */
class CallGraph {
  readonly spans: Lifespans;
  /** Stack ids, ascending: a caller before what it calls. */
  readonly calls: Int32Array;
  /** Numbers of lifespans. */
  readonly blocks: Int32Array;
  readonly stackCount: number;
  /** By 1 + stack: the first of its list, as an index of calls or blocks. */
  private readonly heads: { readonly calls: Int32Array; readonly blocks: Int32Array };
  private readonly nexts: { readonly calls: Int32Array; readonly blocks: Int32Array };
  private readonly counts: Int32Array;
  private readonly names: string[] = [];

  constructor(readonly trace: Trace) {
    this.spans = lifespans(trace);
    const { parent, count } = trace.stacks;
    this.stackCount = count;
    this.blocks = Int32Array.from(aliveSpans(this.spans));
    const isUsed = new Uint8Array(count);
    for (const span of this.blocks) {
      const stack = this.stackOf(span);
      if (stack >= 0) isUsed[stack] = 1;
    }
    for (let stack = count - 1; stack >= 0; stack--) {
      const up = parent[stack] ?? -1;
      if (isUsed[stack] && up >= 0 && up < stack) isUsed[up] = 1;
    }
    this.calls = Int32Array.from(isUsed.keys()).filter((stack) => isUsed[stack] === 1);
    const list = (length: number) => new Int32Array(length).fill(-1);
    this.heads = { calls: list(count + 1), blocks: list(count + 1) };
    this.nexts = { calls: list(this.calls.length), blocks: list(this.blocks.length) };
    this.counts = new Int32Array(count + 1);
    // From the last on, so that each list is in order.
    for (let i = this.calls.length - 1; i >= 0; i--) {
      const stack = this.calls[i] ?? 0;
      const up = parent[stack] ?? -1;
      this.link('calls', up < stack ? up : -1, i);
    }
    for (let i = this.blocks.length - 1; i >= 0; i--) this.link('blocks', this.stackOf(this.blocks[i] ?? 0), i);
  }

  edgesFrom(stack: StackId): number {
    return this.counts[1 + stack] ?? 0;
  }

  firstCall(stack: StackId): number {
    return this.heads.calls[1 + stack] ?? -1;
  }

  nextCall(i: number): number {
    return this.nexts.calls[i] ?? -1;
  }

  firstBlock(stack: StackId): number {
    return this.heads.blocks[1 + stack] ?? -1;
  }

  nextBlock(i: number): number {
    return this.nexts.blocks[i] ?? -1;
  }

  /** `function (file:line)` of a stack's innermost call. */
  name(stack: StackId): string {
    const frame = stack < 0 ? -1 : (this.trace.stacks.frame[stack] ?? -1);
    const known = this.names[frame + 1];
    if (known !== undefined) return known;
    const { name, file, line } = frameLabel(this.trace, frame);
    const text = file === '' ? name : `${name} (${file}:${line})`;
    this.names[frame + 1] = text;
    return text;
  }

  private stackOf(span: number): StackId {
    const stack = this.trace.events.stack[this.spans.startSeq[span] ?? 0] ?? -1;
    return stack < this.stackCount ? stack : -1;
  }

  private link(list: 'calls' | 'blocks', stack: StackId, i: number): void {
    this.nexts[list][i] = this.heads[list][1 + stack] ?? -1;
    this.heads[list][1 + stack] = i;
    this.counts[1 + stack] = (this.counts[1 + stack] ?? 0) + 1;
  }
}

function* aliveSpans({ count, endCause }: Lifespans): Generator<number> {
  for (let span = 0; span < count; span++) if (endCause[span] === EndCause.alive) yield span;
}
