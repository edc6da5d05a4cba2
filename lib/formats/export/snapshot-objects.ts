import { firstAtOrAfter } from '../../base/sorted.js';
import type { Seq, StackId } from '../../base/units.js';
import { blockAt, type ObjectGraph, ROOT_KINDS } from '../../trace/object-graph.js';
import { Reach, reachable } from '../../trace/reachable.js';
import type { Trace } from '../../trace/trace.js';
import { doubtLines } from './doubts-text.js';
import { blockNodeId, CallGraph, callNodeId } from './snapshot-calls.js';
import { EdgeType, NODE_FIELDS, NodeType, type SnapshotView } from './snapshot-view.js';
import { StringTable } from './string-table.js';

/**
 * The nodes that stand before all others, by what they hold. Distances count from nodes below the root that are not synthetic: so what a module or a
 * variable holds is nearer than what only the stack or a register does, as in `harvest why`.
 */
const Group = { root: 0, gcRoots: 1, stack: 2, register: 3, named: 4, static: 5, unheld: 6, elsewhere: 7, calls: 8 };
const GROUPS = Object.keys(Group).length;
/** Where the roots of each kind hang, in the order of {@link ROOT_KINDS}. */
const GROUP_OF_ROOT = ROOT_KINDS.map((kind) => Group[kind]);
/** DevTools looks for this name. */
const GC_ROOTS = '(GC roots)';

/** A block of the graph, or one that is alive by the events and not in it. */
interface SnapshotBlock {
  readonly name: string;
  readonly id: number;
  readonly sizeBytes: number;
  readonly address: number;
  /** The call that allocated it; -1 where the trace does not know. */
  readonly stack: StackId;
}

/**
 * A snapshot with the object graph: nodes are the blocks that were in the heap, called by their types or, where those are not known, by the place that
 * allocated them; edges are the pointers. What nothing holds hangs on a node of its own, and what it points to is not retained by it. Edges to the calls
 * that allocated a block are weak: they hold nothing.
 */
export class ObjectSnapshot implements SnapshotView {
  private readonly strings = new StringTable();
  private readonly calls: CallGraph;
  private readonly doubts: readonly string[];
  private readonly level: Uint8Array;
  private readonly blocks: readonly SnapshotBlock[];
  private readonly edgeFields: number[] = [];
  /** By node: how many edges start from it. */
  private readonly edgeCounts: number[] = [];

  constructor(
    trace: Trace,
    private readonly graph: ObjectGraph,
  ) {
    this.calls = new CallGraph(trace);
    this.doubts = [...doubtLines(trace), ...(graph.unsure === undefined ? [] : [`object graph: ${graph.unsure}`])];
    this.level = reachable(graph).level;
    this.blocks = this.allBlocks();
    this.addEdges();
  }

  get nodeCount(): number {
    return this.firstAddress + this.blocks.length;
  }

  get edgeCount(): number {
    return this.edgeFields.length / 3;
  }

  *nodes(): Generator<number> {
    let index = 0;
    const node = (type: number, name: string, id: number, sizeBytes: number) =>
      [type, this.strings.of(name), id, sizeBytes, this.edgeCounts[index++] ?? 0, 0, 0] as const;
    for (const [name, type] of this.groups()) yield* node(type, name, this.freeId(index), 0);
    for (const doubt of this.doubts) yield* node(NodeType.native, `[${doubt}]`, this.freeId(index), 0);
    for (const stack of this.calls.calls) yield* node(NodeType.closure, this.calls.name(stack), callNodeId(stack), 0);
    for (const { name, id, sizeBytes } of this.blocks) yield* node(NodeType.object, name, id, sizeBytes);
    for (const { address } of this.blocks)
      yield* node(NodeType.number, `0x${address.toString(16)}`, this.freeId(index), 0);
  }

  edges(): Iterable<number> {
    return this.edgeFields;
  }

  texts(): Iterable<string> {
    return this.strings.all;
  }

  private groups(): [name: string, type: number][] {
    const { synthetic, native } = NodeType;
    return [
      ['(heap)', synthetic],
      [GC_ROOTS, synthetic],
      ['(stack)', synthetic],
      ['(registers)', synthetic],
      ['modules', native],
      ['variables', native],
      [this.graph.heap === 'objects' ? '(garbage: nothing holds it)' : '(leaked: nothing holds it)', synthetic],
      ['(alive by the events, not in the object graph)', synthetic],
      ['(calls that allocated)', synthetic],
    ];
  }

  private get firstCall(): number {
    return GROUPS + this.doubts.length;
  }

  private get firstBlock(): number {
    return this.firstCall + this.calls.calls.length;
  }

  private get firstAddress(): number {
    return this.firstBlock + this.blocks.length;
  }

  /** Even, behind those of all calls. */
  private freeId(index: number): number {
    return callNodeId(this.calls.stackCount + index);
  }

  /** Those of the graph in its order, then those that it does not have. */
  private allBlocks(): SnapshotBlock[] {
    const { graph, calls } = this;
    const { spans, trace } = calls;
    const spanOf = new Map<number, number>();
    const elsewhere: SnapshotBlock[] = [];
    for (const span of calls.blocks) {
      const block = trace.info.hasAddresses ? blockAt(graph, spans.address[span] ?? 0) : -1;
      if (block >= 0 && !spanOf.has(block)) spanOf.set(block, span);
      else if (block < 0) elsewhere.push(this.blockOf(calls.name(calls.stackOf(span)), span));
    }
    const blocks = Array.from({ length: graph.count }, (_, block): SnapshotBlock => {
      const type = graph.texts[graph.type[block] ?? 0] ?? '';
      const span = spanOf.get(block);
      const place = span === undefined ? 'block' : calls.name(calls.stackOf(span));
      const own = { address: graph.address[block] ?? 0, sizeBytes: graph.sizeBytes[block] ?? 0 };
      const name = type === '' ? place : type;
      return span === undefined
        ? { ...own, name, stack: -1, id: this.freeId(GROUPS + this.doubts.length + block) }
        : { ...this.blockOf(name, span), ...own };
    });
    return [...blocks, ...elsewhere];
  }

  private blockOf(name: string, span: number): SnapshotBlock {
    const { spans } = this.calls;
    const seq: Seq = spans.startSeq[span] ?? 0;
    const [address = 0, sizeBytes = 0] = [spans.address[span], spans.sizeBytes[span]];
    return { name, id: blockNodeId(seq), sizeBytes, address, stack: this.calls.stackOf(span) };
  }

  private addEdges(): void {
    const { calls, doubts, graph } = this;
    this.node(() => {
      for (const [index, [name]] of this.groups().entries())
        if (index > 0 && index !== Group.stack && index !== Group.register) this.edge(EdgeType.property, name, index);
      for (const [i] of doubts.entries()) this.edge(EdgeType.property, 'note', GROUPS + i);
    });
    this.node(() => {
      for (const group of [Group.stack, Group.register]) this.edge(EdgeType.element, group, group);
    });
    for (let group = Group.stack; group <= Group.static; group++) this.node(() => this.addRoots(group));
    const unheld = [...this.level.keys()].filter((block) => this.level[block] === Reach.none);
    this.node(() => this.addElements(unheld));
    this.node(() => this.addElements(Array.from(this.blocks.keys()).slice(graph.count)));
    this.node(() => this.addCalls(-1));
    for (const _ of doubts) this.node(() => undefined);
    for (const stack of calls.calls) this.node(() => this.addCalls(stack));
    for (const index of this.blocks.keys()) this.node(() => this.addEdgesOf(index));
    for (const _ of this.blocks) this.node(() => undefined);
  }

  private addRoots(group: number): void {
    const { rootTo, rootLabel, rootKind, rootInside, texts } = this.graph;
    for (const [root, to] of rootTo.entries()) {
      if (GROUP_OF_ROOT[rootKind[root] ?? 0] !== group) continue;
      const type = rootInside[root] === 1 ? EdgeType.internal : EdgeType.property;
      this.edge(type, texts[rootLabel[root] ?? 0] ?? '', this.firstBlock + to);
    }
  }

  private addElements(blocks: readonly number[]): void {
    for (const [i, block] of blocks.entries()) this.edge(EdgeType.element, i, this.firstBlock + block);
  }

  private addCalls(stack: StackId): void {
    for (const i of this.calls.callsFrom(stack)) this.edge(EdgeType.property, 'call', this.firstCall + i);
  }

  private addEdgesOf(index: number): void {
    const { firstEdge, edgeTo } = this.graph;
    this.edge(EdgeType.property, 'address', this.firstAddress + index);
    const stack = this.blocks[index]?.stack ?? -1;
    if (stack >= 0) this.edge(EdgeType.weak, 'allocated by', this.firstCall + firstAtOrAfter(this.calls.calls, stack));
    for (let edge = firstEdge[index] ?? 0; edge < (firstEdge[index + 1] ?? 0); edge++) {
      const to = edgeTo[edge] ?? 0;
      const { type, name } = this.shownEdge(edge, to);
      // What is garbage itself retains nothing of what is not.
      const isWeak = this.level[index] === Reach.none && this.level[to] !== Reach.none;
      if (isWeak) this.edge(EdgeType.weak, String(name), this.firstBlock + to);
      else this.edge(type, name, this.firstBlock + to);
    }
  }

  /** As DevTools writes names: elements by number, members without the dot, what has no name by what it leads to. */
  private shownEdge(edge: number, to: number): { readonly type: number; readonly name: string | number } {
    const { edgeLabel, edgeInside, type, texts } = this.graph;
    const label = texts[edgeLabel[edge] ?? 0] ?? '';
    const element = /^\[(\d{1,9})\]$/.exec(label)?.[1];
    if (element !== undefined && edgeInside[edge] === 0) return { type: EdgeType.element, name: Number(element) };
    if (label === '') return { type: EdgeType.internal, name: texts[type[to] ?? 0] || 'storage' };
    const isNamed = /^[.[]/.test(label) && edgeInside[edge] === 0;
    return { type: isNamed ? EdgeType.property : EdgeType.internal, name: label.replace(/^\.|^ /, '') };
  }

  private node(addEdges: () => void): void {
    const before = this.edgeCount;
    addEdges();
    this.edgeCounts.push(this.edgeCount - before);
  }

  /** `name`: a text, or of an element its number. */
  private edge(type: number, name: string | number, to: number): void {
    this.edgeFields.push(type, typeof name === 'number' ? name : this.strings.of(name), to * NODE_FIELDS);
  }
}
