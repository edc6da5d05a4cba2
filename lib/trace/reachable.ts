import { type ObjectGraph, ROOT_KINDS } from './object-graph.js';

/** How blocks are reached: nothing holds it, only pointers into the inside of blocks do, or pointers to their beginnings. */
export const Reach = { none: 0, inside: 1, whole: 2 } as const;

/** What the roots of a graph reach. */
export interface Reachable {
  /** By block: one of {@link Reach}. */
  readonly level: Uint8Array;
  /** By block: the edge on the shortest way from a root; -1 where a root holds it itself, or nothing does. */
  readonly edge: Int32Array;
  /** By block: the block that this edge comes from; -1 likewise. */
  readonly parent: Int32Array;
  /** By block: the root at the beginning of that way; -1 where nothing holds it. */
  readonly root: Int32Array;
  /** The blocks that are reached, those nearer to a root first. */
  readonly order: Int32Array;
}

/**
 * What the roots of a graph reach, and on which way: by pointers to beginnings where there is such a way, from a root with a name or a variable rather than
 * from the stack or a register, and of those ways the shortest. Takes time by the number of edges.
 */
export function reachable(graph: ObjectGraph): Reachable {
  return new Search(graph).run();
}

class Search {
  private readonly level: Uint8Array;
  private readonly edge: Int32Array;
  private readonly parent: Int32Array;
  private readonly root: Int32Array;
  private readonly order: Int32Array;
  private found = 0;
  private done = 0;

  constructor(private readonly graph: ObjectGraph) {
    const { count } = graph;
    this.level = new Uint8Array(count);
    this.edge = new Int32Array(count).fill(-1);
    this.parent = new Int32Array(count).fill(-1);
    this.root = new Int32Array(count).fill(-1);
    this.order = new Int32Array(count);
  }

  run(): Reachable {
    const { graph } = this;
    for (const level of [Reach.whole, Reach.inside]) {
      for (const kind of ROOT_KINDS.keys()) {
        for (let root = 0; root < graph.rootTo.length; root++) {
          if (graph.rootKind[root] !== kind || (level === Reach.whole && graph.rootInside[root] === 1)) continue;
          this.reach(graph.rootTo[root] ?? -1, { level, edge: -1, parent: -1, root });
        }
        this.follow(level);
      }
      // What was reached by beginnings is looked at once more, for pointers into the inside.
      this.done = 0;
    }
    const { level, edge, parent, root } = this;
    return { level, edge, parent, root, order: this.order.subarray(0, this.found) };
  }

  private follow(level: number): void {
    const { firstEdge, edgeTo, edgeInside } = this.graph;
    for (; this.done < this.found; this.done++) {
      const block = this.order[this.done] ?? 0;
      for (let edge = firstEdge[block] ?? 0; edge < (firstEdge[block + 1] ?? 0); edge++) {
        if (level === Reach.whole && edgeInside[edge] === 1) continue;
        this.reach(edgeTo[edge] ?? -1, { level, edge, parent: block, root: this.root[block] ?? -1 });
      }
    }
  }

  private reach(
    block: number,
    by: { readonly level: number; readonly edge: number; readonly parent: number; readonly root: number },
  ): void {
    if (block < 0 || this.level[block] !== Reach.none) return;
    this.level[block] = by.level;
    this.edge[block] = by.edge;
    this.parent[block] = by.parent;
    this.root[block] = by.root;
    this.order[this.found++] = block;
  }
}
