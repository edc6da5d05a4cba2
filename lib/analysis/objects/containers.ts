import type { Bytes } from '../../base/units.js';
import { blockAt, type ObjectGraph } from '../../trace/object-graph.js';
import { type Reachable, reachable } from '../../trace/reachable.js';
import type { Trace } from '../../trace/trace.js';
import { type BoundaryOptions, boundariesOf } from '../boundaries.js';
import type { HideOptions } from '../hidden-frames.js';
import { graphBefore, upTo } from './graph-moments.js';
import { pathText, pathTo, typeOf } from './path-text.js';
import { aliveBlocks } from './why-source.js';

/** What holds blocks of every part of a window: it takes more than it gives back. */
export interface GrowingContainer {
  /** The way to it, by names: `__main__.__dict__['dogs'] -> dict['rex'] -> Dog.tricks`. */
  readonly path: string;
  /** `list`, `dict`, `Node`. */
  readonly type: string;
  /** What was allocated in the window, is alive at the end, and is held through it; itself included. */
  readonly count: number;
  readonly bytes: Bytes;
}

/** The window is looked at in so many parts of as many events each: what grows holds blocks of every one. */
const PARTS = 5;
const ALL_PARTS = (1 << PARTS) - 1;
/** With fewer blocks chance may do the same. */
const MIN_BLOCKS = 2 * PARTS;
/** Each part holds at least this share of what would be even: else it was filled at one time. */
const LEAST_SHARE = 0.25;
/** A chain's next element is so many steps away: the element, and its attributes' storage. */
const CHAIN_STEPS = 3;

/**
 * The containers that grow, the most bytes first: those through which blocks of every fifth of the window are held at its end. One that gives
 * back what it takes holds blocks of the last part only; what was set up once, of the first. Empty for a trace without an object graph of the
 * window's end: the trace's, or a mark at which one was read.
 */
export function growingContainers(trace: Trace, options: BoundaryOptions & HideOptions = {}): GrowingContainer[] {
  const window = boundariesOf(trace, options);
  const [from, to] = [window[0]?.beforeSeq ?? 0, window.at(-1)?.beforeSeq ?? trace.eventCount];
  const graph = graphBefore(trace, to);
  if (!graph) return [];
  const reach = reachable(graph);
  const held = new Held(graph, reach);
  for (const { address, seq } of aliveBlocks(to < trace.eventCount ? upTo(trace, graph) : trace, options)) {
    const block = seq >= from && seq < to ? blockAt(graph, address) : -1;
    if (block >= 0) held.add(block, Math.min(PARTS - 1, Math.floor(((seq - from) * PARTS) / Math.max(1, to - from))));
  }
  return held.containers();
}

/** By block: what of the window is held through it, on the ways that are told. */
class Held {
  /** Rows of `PARTS` a block. */
  private readonly counts: Int32Array;
  private readonly bytes: Float64Array;

  constructor(
    private readonly graph: ObjectGraph,
    private readonly reach: Reachable,
  ) {
    this.counts = new Int32Array(graph.count * PARTS);
    this.bytes = new Float64Array(graph.count);
  }

  add(block: number, part: number): void {
    this.counts[block * PARTS + part] = (this.counts[block * PARTS + part] ?? 0) + 1;
    this.bytes[block] = (this.bytes[block] ?? 0) + (this.graph.sizeBytes[block] ?? 0);
  }

  containers(): GrowingContainer[] {
    const { order, parent } = this.reach;
    const isBelow = new Uint8Array(this.graph.count);
    const found: number[] = [];
    // The farthest from a root first: each block's figures are whole before they are added to those of what holds it.
    for (let at = order.length - 1; at >= 0; at--) {
      const block = order[at] ?? 0;
      const above = parent[block] ?? -1;
      if (isBelow[block] === 0 && this.grows(block)) {
        found.push(block);
        isBelow[block] = 1;
      }
      if (above < 0) continue;
      if (isBelow[block] === 1) isBelow[above] = 1;
      this.addTo(above, block);
    }
    const links = this.links();
    // What grows in several elements of one chain is that chain.
    const heads = new Set(found.map((block) => this.chainHead(this.objectOf(block), links)));
    return [...heads].map((block) => this.told(block)).sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1));
  }

  private addTo(above: number, block: number): void {
    for (let part = 0; part < PARTS; part++) {
      this.counts[above * PARTS + part] =
        (this.counts[above * PARTS + part] ?? 0) + (this.counts[block * PARTS + part] ?? 0);
    }
    this.bytes[above] = (this.bytes[above] ?? 0) + (this.bytes[block] ?? 0);
  }

  private grows(block: number): boolean {
    let parts = 0;
    const all = this.countOf(block);
    const least = (LEAST_SHARE * all) / PARTS;
    for (let part = 0; part < PARTS; part++) {
      const count = this.counts[block * PARTS + part] ?? 0;
      if (count > 0 && count >= least) parts |= 1 << part;
    }
    return parts === ALL_PARTS && all >= MIN_BLOCKS;
  }

  private countOf(block: number): number {
    let sum = 0;
    for (let part = 0; part < PARTS; part++) sum += this.counts[block * PARTS + part] ?? 0;
    return sum;
  }

  /** Of an object's storage the object. */
  private objectOf(block: number): number {
    const { edge, parent } = this.reach;
    const { edgeLabel, texts } = this.graph;
    const by = edge[block] ?? -1;
    return by >= 0 && texts[edgeLabel[by] ?? 0] === '' ? (parent[block] ?? block) : block;
  }

  /** Of a chain of objects, each held by the one before under one name, the first; any other block itself. */
  private chainHead(block: number, links: ReadonlySet<number>): number {
    let head = block;
    for (let above = links.has(block) ? this.linkAbove(head) : -1; above >= 0; above = this.linkAbove(head)) {
      head = above;
      if (this.nameOf(head) !== this.nameOf(block)) break;
    }
    return head;
  }

  /** The blocks that hold the next element of a chain under the name that they are held under themselves. */
  private links(): Set<number> {
    const found = new Set<number>();
    for (const block of this.reach.order) {
      const above = this.linkAbove(block);
      if (above >= 0 && this.nameOf(above) === this.nameOf(block)) found.add(above);
    }
    return found;
  }

  /** The nearest object of the same type that holds a block, a few steps above it; -1 where there is none. */
  private linkAbove(block: number): number {
    const { parent } = this.reach;
    const type = this.graph.type[block];
    for (let at = parent[block] ?? -1, steps = 1; at >= 0 && steps <= CHAIN_STEPS; at = parent[at] ?? -1, steps++) {
      if (this.graph.type[at] === type) return typeOf(this.graph, at) === 'block' ? -1 : at;
    }
    return -1;
  }

  /** What the edge that leads to a block on its way is called, an index of the graph's texts. */
  private nameOf(block: number): number {
    const by = this.reach.edge[block] ?? -1;
    return by < 0 ? -1 : (this.graph.edgeLabel[by] ?? 0);
  }

  private told(block: number): GrowingContainer {
    const { graph, reach } = this;
    return {
      path: pathText(graph, pathTo(graph, reach, block)),
      type: typeOf(graph, block),
      count: this.countOf(block),
      bytes: this.bytes[block] ?? 0,
    };
  }
}
