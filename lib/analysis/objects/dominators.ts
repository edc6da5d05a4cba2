import type { Bytes } from '../../base/units.js';
import type { ObjectGraph } from '../../trace/object-graph.js';
import { Reach, type Reachable } from '../../trace/reachable.js';

/** What would be free without a block: of a graph's blocks what every way from a root leads through. */
export interface Retained {
  /** By block: the nearest block that every way to it leads through; -1 where there is none, or nothing reaches the block. */
  readonly dominator: Int32Array;
  /** By block: its own size and that of all it dominates; 0 where nothing reaches it. */
  readonly bytes: Float64Array;
  readonly count: Int32Array;
}

/**
 * The retained sizes of all blocks that are reached, by the dominator tree (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm). All roots
 * together are one: what two of them hold is retained by neither.
 */
export function retainedSizes(graph: ObjectGraph, { level }: Pick<Reachable, 'level'>): Retained {
  const order = postOrder(graph, level);
  const number = new Int32Array(graph.count).fill(-1);
  order.forEach((block, index) => {
    number[block] = index;
  });
  const root = order.length;
  // By number in postorder; the one root stands behind all blocks.
  const idom = new Int32Array(root + 1).fill(-1);
  idom[root] = root;
  const { first, from } = predecessors(graph, order, number);
  const isRoot = new Uint8Array(root);
  for (const to of graph.rootTo) if ((number[to] ?? -1) >= 0) isRoot[number[to] ?? 0] = 1;
  for (let changed = true; changed; ) {
    changed = false;
    for (let node = root - 1; node >= 0; node--) {
      let found = isRoot[node] === 1 ? root : -1;
      for (let at = first[node] ?? 0; at < (first[node + 1] ?? 0) && found !== root; at++) {
        const before = from[at] ?? 0;
        if ((idom[before] ?? -1) < 0) continue;
        found = found < 0 ? before : meet(idom, before, found);
      }
      if (found >= 0 && idom[node] !== found) {
        idom[node] = found;
        changed = true;
      }
    }
  }
  return sums(graph, order, idom);
}

function meet(idom: Int32Array, a: number, b: number): number {
  let [one, other] = [a, b];
  while (one !== other) {
    while (one < other) one = idom[one] ?? other;
    while (other < one) other = idom[other] ?? one;
  }
  return one;
}

/** Blocks in postorder of a walk from the roots, without recursion: chains may be as long as the heap. */
function postOrder(graph: ObjectGraph, level: Uint8Array): Int32Array {
  const { firstEdge, edgeTo } = graph;
  const order = new Int32Array(graph.count);
  const next = new Int32Array(graph.count).fill(-1);
  const path = new Int32Array(graph.count);
  let [done, depth] = [0, 0];
  const enter = (block: number) => {
    if ((next[block] ?? 0) >= 0 || level[block] === Reach.none) return;
    next[block] = firstEdge[block] ?? 0;
    path[depth++] = block;
  };
  for (const root of graph.rootTo) {
    enter(root);
    while (depth > 0) {
      const block = path[depth - 1] ?? 0;
      const edge = next[block] ?? 0;
      if (edge < (firstEdge[block + 1] ?? 0)) {
        next[block] = edge + 1;
        enter(edgeTo[edge] ?? 0);
      } else {
        order[done++] = block;
        depth--;
      }
    }
  }
  return order.subarray(0, done);
}

/** By number: the numbers of the blocks that point to it. */
function predecessors(graph: ObjectGraph, order: Int32Array, number: Int32Array) {
  const first = new Int32Array(order.length + 1);
  const edges = (visit: (to: number, from: number) => void) => {
    for (const [from, block] of order.entries()) {
      for (let edge = graph.firstEdge[block] ?? 0; edge < (graph.firstEdge[block + 1] ?? 0); edge++) {
        const to = number[graph.edgeTo[edge] ?? 0] ?? -1;
        if (to >= 0) visit(to, from);
      }
    }
  };
  edges((to) => {
    first[to + 1] = (first[to + 1] ?? 0) + 1;
  });
  for (let node = 0; node < order.length; node++) first[node + 1] = (first[node + 1] ?? 0) + (first[node] ?? 0);
  const at = first.slice();
  const from = new Int32Array(first[order.length] ?? 0);
  edges((to, source) => {
    const place = at[to] ?? 0;
    from[place] = source;
    at[to] = place + 1;
  });
  return { first, from };
}

function sums(graph: ObjectGraph, order: Int32Array, idom: Int32Array): Retained {
  const dominator = new Int32Array(graph.count).fill(-1);
  const bytes = new Float64Array(graph.count);
  const count = new Int32Array(graph.count);
  const add = (block: number, size: Bytes, blocks: number) => {
    bytes[block] = (bytes[block] ?? 0) + size;
    count[block] = (count[block] ?? 0) + blocks;
  };
  for (const block of order) add(block, graph.sizeBytes[block] ?? 0, 1);
  // A block comes before what dominates it.
  for (const [node, block] of order.entries()) {
    const above = order[idom[node] ?? order.length];
    if (above === undefined) continue;
    dominator[block] = above;
    add(above, bytes[block] ?? 0, count[block] ?? 0);
  }
  return { dominator, bytes, count };
}
