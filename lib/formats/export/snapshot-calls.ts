import type { StackId } from '../../base/units.js';
import { EndCause, type Lifespans, lifespans } from '../../trace/lifespans.js';
import { callerOf } from '../../trace/stack-trie.js';
import type { Trace } from '../../trace/trace.js';
import { doubtLines } from './doubts-text.js';
import { EdgeType, NODE_FIELDS, NodeType, type SnapshotView } from './snapshot-view.js';
import { frameLabel } from './stack-weights.js';
import { StringTable } from './string-table.js';

/** A snapshot of a trace that does not say who holds a block: its retainers are the calls that led there, from the inside out. */
export class CallSnapshot implements SnapshotView {
  private readonly strings = new StringTable();
  private readonly graph: CallGraph;
  private readonly doubts: readonly string[];

  constructor(trace: Trace) {
    this.graph = new CallGraph(trace);
    this.doubts = doubtLines(trace);
  }

  get nodeCount(): number {
    return 1 + this.edgeCount;
  }

  get edgeCount(): number {
    return this.doubts.length + this.graph.calls.length + this.graph.blocks.length;
  }

  /** Node 0 is the root, then doubts, then calls, then blocks, each in their order. Calls have even ids, blocks odd ones: by their event. */
  *nodes(): Generator<number> {
    const { graph, doubts, strings } = this;
    const { spans, calls, blocks } = graph;
    const node = (type: number, name: string, id: number, selfSize: number, edgeCount: number) =>
      [type, strings.of(name), id, selfSize, edgeCount, 0, 0] as const;
    yield* node(NodeType.synthetic, '(heap)', 0, 0, doubts.length + graph.edgesFrom(-1));
    for (const [i, doubt] of doubts.entries())
      yield* node(NodeType.native, `[${doubt}]`, 2 + 2 * (graph.stackCount + i), 0, 0);
    for (const stack of calls)
      yield* node(NodeType.closure, graph.name(stack), callNodeId(stack), 0, graph.edgesFrom(stack));
    for (const span of blocks) {
      const seq = spans.startSeq[span] ?? 0;
      yield* node(NodeType.object, graph.name(graph.stackOf(span)), blockNodeId(seq), spans.sizeBytes[span] ?? 0, 0);
    }
  }

  /** In the order of the nodes that they start from: the calls that a call makes, then the blocks that it allocated itself. */
  *edges(): Generator<number> {
    const { graph, doubts, strings } = this;
    const callsFrom = 1 + doubts.length;
    const blocksFrom = callsFrom + graph.calls.length;
    // The names of the edges to blocks, their addresses, stand behind all others: one each.
    for (const [i] of doubts.entries()) yield* [EdgeType.property, strings.of('note'), (1 + i) * NODE_FIELDS];
    const callEdge = strings.of('call');
    for (const stack of everyCaller(graph)) {
      for (const i of graph.callsFrom(stack)) yield* [EdgeType.property, callEdge, (callsFrom + i) * NODE_FIELDS];
      for (const i of graph.blocksFrom(stack))
        yield* [EdgeType.property, strings.count + i, (blocksFrom + i) * NODE_FIELDS];
    }
  }

  *texts(): Generator<string> {
    const { trace, spans, blocks } = this.graph;
    yield* this.strings.all;
    for (const span of blocks) {
      yield trace.info.hasAddresses
        ? `0x${(spans.address[span] ?? 0).toString(16)}`
        : `event ${spans.startSeq[span] ?? 0}`;
    }
  }
}

/** A block keeps it from snapshot to snapshot of one trace. */
export function blockNodeId(seq: number): number {
  return 1 + 2 * seq;
}

export function callNodeId(stack: StackId): number {
  return 2 + 2 * stack;
}

function* everyCaller({ calls }: CallGraph): Generator<StackId> {
  yield -1;
  yield* calls;
}

/** The stacks that lead to live blocks, and the blocks, both as lists that are linked by whom they belong to. */
export class CallGraph {
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
    const { count } = trace.stacks;
    this.stackCount = count;
    this.blocks = Int32Array.from(aliveSpans(this.spans));
    const isUsed = new Uint8Array(count);
    for (const span of this.blocks) {
      const stack = this.stackOf(span);
      if (stack >= 0) isUsed[stack] = 1;
    }
    for (let stack = count - 1; stack >= 0; stack--) {
      const up = callerOf(trace.stacks, stack);
      if (isUsed[stack] && up >= 0) isUsed[up] = 1;
    }
    this.calls = Int32Array.from(isUsed.keys()).filter((stack) => isUsed[stack] === 1);
    const list = (length: number) => new Int32Array(length).fill(-1);
    this.heads = { calls: list(count + 1), blocks: list(count + 1) };
    this.nexts = { calls: list(this.calls.length), blocks: list(this.blocks.length) };
    this.counts = new Int32Array(count + 1);
    // From the last on, so that each list is in order.
    for (let i = this.calls.length - 1; i >= 0; i--) {
      this.link('calls', callerOf(trace.stacks, this.calls[i] ?? 0), i);
    }
    for (let i = this.blocks.length - 1; i >= 0; i--) this.link('blocks', this.stackOf(this.blocks[i] ?? 0), i);
  }

  edgesFrom(stack: StackId): number {
    return this.counts[1 + stack] ?? 0;
  }

  /** Indices of `calls`, in order; of -1 the outermost ones. */
  *callsFrom(stack: StackId): Generator<number> {
    for (let i = this.heads.calls[1 + stack] ?? -1; i >= 0; i = this.nexts.calls[i] ?? -1) yield i;
  }

  /** Indices of `blocks`, in order: what a call allocated itself. */
  *blocksFrom(stack: StackId): Generator<number> {
    for (let i = this.heads.blocks[1 + stack] ?? -1; i >= 0; i = this.nexts.blocks[i] ?? -1) yield i;
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

  /** The call that allocated a block; -1 without a backtrace. */
  stackOf(span: number): StackId {
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
