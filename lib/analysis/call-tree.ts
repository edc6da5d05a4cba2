import { defined } from '../base/defined.js';
import type { Blocks, Bytes, Seq, StackId } from '../base/units.js';
import { EndCause, type Finding, type Lifespans, lifespans } from '../trace/lifespans.js';
import { type StackDoubts, stackDoubts } from '../trace/stack-doubts.js';
import type { Trace } from '../trace/trace.js';
import { heapPeak } from './heap-usage.js';
import { framesToHide, type HideOptions } from './hidden-frames.js';
import { compareText, NO_PLACE, type Place, placesOf } from './places.js';
import { unitCounter } from './span-units.js';
import { type PlaceTree, placeTree } from './stack-paths.js';

/** How much of something: allocations, allocation units (CircuitPython's blocks), bytes. */
export interface Amount {
  readonly count: number;
  readonly units: Blocks;
  readonly bytes: Bytes;
}

/** The figures that every node has; each is the node's own plus its subtree's. */
export const CALL_FIGURES = ['live', 'peak', 'total', 'temporary', 'at'] as const;
/**
 * `live`: alive at the end. `peak`: alive at the moment of the heap's peak. `total`: ever allocated.
 * `temporary`: freed before another allocation happened. `at`: alive after the event that was asked for, else 0.
 */
export type CallFigure = (typeof CALL_FIGURES)[number];

/** One place of the call tree with the figures of everything below it. */
export interface CallNode extends Place {
  readonly live: Amount;
  readonly peak: Amount;
  readonly total: Amount;
  readonly temporary: Amount;
  readonly at: Amount;
  /** In the order of their location, then their function name, as strings. */
  readonly children: readonly CallNode[];
}

/** The allocations of a trace by their call paths. */
export interface CallTree {
  readonly schema: 'heap-harvest/call-tree@1';
  /** Its own place is empty; its figures are those of the whole trace. */
  readonly root: CallNode;
  /** True when the children of a node are its callers, and the root's children the allocations' sources. */
  readonly inverted: boolean;
  readonly unitBytes: Bytes;
  readonly sizeKind: 'requested' | 'block';
  /** The event of the heap's peak; -1 without allocations. */
  readonly peakSeq: Seq;
  readonly atSeq?: Seq;
  readonly complete: boolean;
  /** What is not sure of the backtraces; absent when all are whole and exact. */
  readonly stacks?: StackDoubts;
  readonly findings: readonly Finding[];
  readonly assumptions: readonly string[];
}

/** What stands in a call tree, and at which moment its `at` figures are taken. */
export interface CallTreeOptions extends HideOptions {
  /** Also counts what is alive right after this event. */
  readonly atSeq?: Seq;
  /** Children are callers, from the source of each allocation outwards; default: children are callees. */
  readonly invert?: boolean;
}

/** One column a figure and unit: count, units, bytes of the first figure, then of the next. */
export const TREE_COLUMNS = CALL_FIGURES.length * 3;

/**
 * The call tree of a trace: per call path and source line what is alive at the end, at the peak, in total, and temporary.
 * Frames of the allocator are hidden: from the outermost hidden frame on, everything counts as its caller's own. Where nothing
 * but hidden frames was recorded, the outermost of them is shown.
 */
export function callTree(trace: Trace, options: CallTreeOptions = {}): CallTree {
  const spans = lifespans(trace);
  const peakSeq = heapPeak(trace, spans).seq;
  const self = selfFigures(trace, spans, { peakSeq, atSeq: options.atSeq ?? -1 });
  return treeOfFigures(trace, { self, peakSeq, findings: spans.findings, assumptions: spans.assumptions }, options);
}

/** What a tree is made of. */
export interface TreeFigures extends Pick<CallTree, 'peakSeq' | 'findings' | 'assumptions'> {
  readonly self: SelfFigures;
}

/** The tree of figures that were summed already: of the trace only its stacks are looked at. */
export function treeOfFigures(trace: Trace, figures: TreeFigures, options: CallTreeOptions): CallTree {
  const { self: bySelf, peakSeq } = figures;
  const places = placesOf(trace);
  const { hidden, assumptions } = framesToHide(trace, options);
  const tree = placeTree(trace, {
    hidden,
    places,
    used: bySelf.used,
    invert: options.invert ?? false,
  });
  const sums = inclusiveSums(tree, bySelf);
  return {
    schema: 'heap-harvest/call-tree@1',
    root: nodesOf(tree, places.list, sums),
    inverted: options.invert ?? false,
    unitBytes: trace.info.unitBytes,
    sizeKind: trace.info.sizeKind,
    peakSeq,
    ...(options.atSeq === undefined ? {} : { atSeq: options.atSeq }),
    complete: trace.info.complete,
    ...defined({ stacks: stackDoubts(trace) }),
    findings: figures.findings,
    assumptions: [...figures.assumptions, ...assumptions, ...tree.assumptions],
  };
}

/** What each stack allocated itself. */
export interface SelfFigures {
  /** {@link TREE_COLUMNS} values for each stack; the last row is for events without a backtrace. */
  readonly values: Float64Array;
  /** By stack id: whether any lifespan began there. */
  readonly used: Uint8Array;
}

/** Adds up the figures by stack, without regard to callers: one pass over the lifespans. */
function selfFigures(trace: Trace, spans: Lifespans, at: { peakSeq: Seq; atSeq: Seq }): SelfFigures {
  const { stack, sizeBytes: bytes, address } = trace.events;
  const { count, startSeq, endSeq, endCause } = spans;
  const stackCount = trace.stacks.count;
  const values = new Float64Array((stackCount + 1) * TREE_COLUMNS);
  const used = new Uint8Array(stackCount);
  const unitsOf = unitCounter(trace);
  const { peakSeq, atSeq } = at;
  for (let span = 0; span < count; span++) {
    const start = startSeq[span] as number;
    const end = endSeq[span] as number;
    const sizeBytes = bytes[start] as number;
    const units = unitsOf(address[start] as number, sizeBytes);
    const id: StackId = stack[start] as number;
    const known = id >= 0 && id < stackCount;
    if (known) used[id] = 1;
    const row = (known ? id : stackCount) * TREE_COLUMNS;
    if (endCause[span] === EndCause.alive) addAmount(values, row, units, sizeBytes);
    if (start <= peakSeq && end > peakSeq) addAmount(values, row + 3, units, sizeBytes);
    addAmount(values, row + 6, units, sizeBytes);
    if (isTemporary(spans, span)) addAmount(values, row + 9, units, sizeBytes);
    if (atSeq >= 0 && start <= atSeq && end > atSeq) addAmount(values, row + 12, units, sizeBytes);
  }
  return { values, used };
}

function addAmount(values: Float64Array, at: number, units: Blocks, sizeBytes: Bytes): void {
  values[at] = (values[at] as number) + 1;
  values[at + 1] = (values[at + 1] as number) + units;
  values[at + 2] = (values[at + 2] as number) + sizeBytes;
}

/** Freed (or swept) before another allocation happened. */
export function isTemporary(spans: Lifespans, span: number): boolean {
  const cause = spans.endCause[span];
  if (cause !== EndCause.free && cause !== EndCause.sweep) return false;
  return span + 1 >= spans.count || (spans.startSeq[span + 1] ?? 0) > (spans.endSeq[span] ?? 0);
}

/** Per node of the tree: its own figures plus its subtree's. A child has a higher number than its parent. */
function inclusiveSums(tree: PlaceTree, self: SelfFigures): Float64Array {
  const sums = new Float64Array(tree.parent.length * TREE_COLUMNS);
  const add = (node: number, from: Float64Array, row: number) => {
    for (let column = 0; column < TREE_COLUMNS; column++) {
      const at = node * TREE_COLUMNS + column;
      sums[at] = (sums[at] ?? 0) + (from[row + column] ?? 0);
    }
  };
  const stackCount = self.used.length;
  for (let stack = 0; stack < stackCount; stack++) {
    if (self.used[stack]) add(tree.nodeOfStack[stack] ?? 0, self.values, stack * TREE_COLUMNS);
  }
  add(0, self.values, stackCount * TREE_COLUMNS);
  for (let node = tree.parent.length - 1; node > 0; node--) add(tree.parent[node] ?? 0, sums, node * TREE_COLUMNS);
  return sums;
}

interface MutableNode extends CallNode {
  readonly children: MutableNode[];
}

function nodesOf(tree: PlaceTree, places: readonly Place[], sums: Float64Array): CallNode {
  const nodes: MutableNode[] = [];
  for (let id = 0; id < tree.parent.length; id++) {
    const { location, functionName, file, line } = places[tree.place[id] ?? -1] ?? { ...NO_PLACE, location: '' };
    const row = id * TREE_COLUMNS;
    nodes.push({
      location,
      functionName,
      file,
      line,
      live: amountAt(sums, row),
      peak: amountAt(sums, row + 3),
      total: amountAt(sums, row + 6),
      temporary: amountAt(sums, row + 9),
      at: amountAt(sums, row + 12),
      children: [],
    });
  }
  const root = nodes[0];
  if (!root) throw new RangeError('call tree: no root');
  for (let id = 1; id < nodes.length; id++) {
    const node = nodes[id];
    if (node) nodes[tree.parent[id] ?? 0]?.children.push(node);
  }
  for (const node of nodes) {
    node.children.sort((a, b) => compareText(a.location, b.location) || compareText(a.functionName, b.functionName));
  }
  return root;
}

/** Most nodes have most figures zero: one object for all of them. */
const NOTHING: Amount = { count: 0, units: 0, bytes: 0 };

function amountAt(sums: Float64Array, at: number): Amount {
  if (sums[at] === 0) return NOTHING;
  return { count: sums[at] ?? 0, units: sums[at + 1] ?? 0, bytes: sums[at + 2] ?? 0 };
}
