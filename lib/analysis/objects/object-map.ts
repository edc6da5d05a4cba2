import type { Address, Bytes } from '../../base/units.js';
import { blockAt, type ObjectGraph, ROOT_KINDS, type RootKind } from '../../trace/object-graph.js';
import { Reach, type Reachable, reachable } from '../../trace/reachable.js';
import { type Retained, retainedSizes } from './dominators.js';
import { pathText, pathTo, shapeText, typeOf } from './path-text.js';

/** Why a block is alive, or that nothing holds it. */
export interface WhyAlive {
  readonly address: Address;
  readonly sizeBytes: Bytes;
  /** What the block is, as the graph names it: `list`, `Dog`; `block` where nothing tells. */
  readonly type: string;
  /**
   * `held`: from a root, by pointers to the beginnings of blocks. `inside`: only by pointers into the inside of a block on the way. `garbage`: by nothing, in
   * the heap of a collector, which will free it. `leaked`: by nothing, in the heap of an allocator.
   */
  readonly state: 'held' | 'inside' | 'garbage' | 'leaked';
  /** `__main__.__dict__['cache'] -> list[3] -> Dog.tricks`; empty where nothing holds it. */
  readonly path: string;
  readonly root?: RootKind;
  /** What would be free without it, its own size included; 0 where nothing holds it. */
  readonly retainedBytes: Bytes;
  readonly retainedCount: number;
}

/** A type of object, and what there is of it. */
export interface TypeRow {
  readonly type: string;
  readonly count: number;
  readonly bytes: Bytes;
  /** Of them what nothing holds. */
  readonly unheldCount: number;
  readonly unheldBytes: Bytes;
}

/** A graph with what was worked out of it: the same for all questions. */
export class ObjectMap {
  private known: Retained | undefined;
  private readonly reach: Reachable;

  constructor(readonly graph: ObjectGraph) {
    this.reach = reachable(graph);
  }

  /** The block that an address lies in; -1 for none. */
  blockAt(address: Address): number {
    return blockAt(this.graph, address);
  }

  why(block: number): WhyAlive {
    const { graph, reach } = this;
    const root = ROOT_KINDS[graph.rootKind[reach.root[block] ?? -1] ?? -1];
    return {
      address: graph.address[block] ?? 0,
      sizeBytes: graph.sizeBytes[block] ?? 0,
      type: typeOf(graph, block),
      state: this.stateOf(block),
      path: pathText(graph, pathTo(graph, reach, block)),
      ...(root === undefined ? {} : { root }),
      retainedBytes: this.retained.bytes[block] ?? 0,
      retainedCount: this.retained.count[block] ?? 0,
    };
  }

  /** The way to a block without what differs between the elements of one container; empty where nothing holds it. */
  shapeOf(block: number): string {
    return shapeText(this.graph, pathTo(this.graph, this.reach, block));
  }

  stateOf(block: number): WhyAlive['state'] {
    const level = this.reach.level[block];
    if (level === Reach.whole) return 'held';
    if (level === Reach.inside) return 'inside';
    return this.graph.heap === 'objects' ? 'garbage' : 'leaked';
  }

  /** By type, the most bytes first. */
  types(): TypeRow[] {
    const { graph } = this;
    const rows = new Map<string, { count: number; bytes: Bytes; unheldCount: number; unheldBytes: Bytes }>();
    for (let block = 0; block < graph.count; block++) {
      const type = typeOf(graph, block);
      const row = rows.get(type) ?? { count: 0, bytes: 0, unheldCount: 0, unheldBytes: 0 };
      rows.set(type, row);
      const bytes = graph.sizeBytes[block] ?? 0;
      row.count++;
      row.bytes += bytes;
      if (this.reach.level[block] !== Reach.none) continue;
      row.unheldCount++;
      row.unheldBytes += bytes;
    }
    return [...rows]
      .map(([type, row]) => ({ type, ...row }))
      .sort((a, b) => b.bytes - a.bytes || (a.type < b.type ? -1 : 1));
  }

  /** The blocks that retain the most, the most first; what is retained by one of them as a whole counts for that one only. */
  largest(limit: number): WhyAlive[] {
    const { bytes, dominator } = this.retained;
    const blocks = [...bytes.keys()].filter(
      (block) => (bytes[block] ?? 0) > 0 && !this.isMostOf(dominator[block] ?? -1, block),
    );
    blocks.sort((a, b) => (bytes[b] ?? 0) - (bytes[a] ?? 0) || a - b);
    return blocks.slice(0, limit).map((block) => this.why(block));
  }

  /** Whether a block is nearly all of what the one above it retains: that one says the same. */
  private isMostOf(above: number, block: number): boolean {
    const { bytes } = this.retained;
    return above >= 0 && (bytes[block] ?? 0) >= 0.9 * (bytes[above] ?? 0);
  }

  private get retained(): Retained {
    this.known ??= retainedSizes(this.graph, this.reach);
    return this.known;
  }
}
