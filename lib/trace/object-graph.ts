import { lastAtOrBefore } from '../base/sorted.js';
import type { Address, Bytes, Seq } from '../base/units.js';

/**
 * What holds a block from outside of the heap. `named`: a root that has a name of its own in the language (a module's globals). `static`: a
 * variable. `stack` and `register`: what runs at that moment.
 */
export const ROOT_KINDS = ['named', 'static', 'stack', 'register'] as const;
/** One of {@link ROOT_KINDS}. */
export type RootKind = (typeof ROOT_KINDS)[number];

/**
 * Which blocks of a heap hold which at one moment, read from a halted target's memory: every word that points to a block counts, whatever it is
 * (conservative). Columns by block, edge and root; plain data.
 */
export interface ObjectGraph {
  /** It was read before the event of this number; equal to the event count when after the last. */
  readonly beforeSeq: Seq;
  /** `objects`: the heap of an interpreter, whose collector frees what nothing reaches. `blocks`: of an allocator; what nothing reaches has leaked. */
  readonly heap: 'objects' | 'blocks';
  readonly count: number;
  /** By block, ascending. */
  readonly address: Float64Array;
  readonly sizeBytes: Float64Array;
  /** What the block is, an index of `texts`: `list`, `Dog`, `dict table`; an empty text where nothing tells it. */
  readonly type: Int32Array;
  /** The edges of block `n` are those from `firstEdge[n]` up to `firstEdge[n + 1]`. One more than there are blocks. */
  readonly firstEdge: Int32Array;
  /** The block that an edge points to. */
  readonly edgeTo: Int32Array;
  /** What the edge is called, an index of `texts`: `['cache']`, `[3]`, `.tricks`, `+0x8`. */
  readonly edgeLabel: Int32Array;
  /** 1 where the pointer lies behind the block's beginning. */
  readonly edgeInside: Uint8Array;
  /** Roots in the order in which they are to be believed: names of the language first, what happens to run last. */
  readonly rootTo: Int32Array;
  readonly rootLabel: Int32Array;
  /** Indices of {@link ROOT_KINDS}. */
  readonly rootKind: Uint8Array;
  readonly rootInside: Uint8Array;
  readonly texts: readonly string[];
  /** Why the graph may be wrong: what could not be read, a heap that was changing. Absent when all was read. */
  readonly unsure?: string;
}

/** The block that an address lies in; -1 for none. */
export function blockAt({ address, sizeBytes }: ObjectGraph, at: Address): number {
  const block = lastAtOrBefore(address, at);
  return block >= 0 && at < (address[block] ?? 0) + Math.max(1, sizeBytes[block] ?? 0) ? block : -1;
}

/** A pointer to a block. */
export interface GraphEdge {
  readonly to: number;
  readonly label: string;
  /** The pointer lies behind the block's beginning. */
  readonly inside?: boolean;
}

/** Of the text in front of which nothing is known. */
const NO_TEXT = 0;

/** Collects a graph: first the blocks in order of address, then the roots, then the edges block by block. */
export class ObjectGraphBuilder {
  private readonly texts: string[] = [''];
  private readonly textIds = new Map<string, number>([['', NO_TEXT]]);
  private readonly address: Address[] = [];
  private readonly sizeBytes: Bytes[] = [];
  private readonly type: number[] = [];
  private readonly firstEdge: number[] = [0];
  private readonly edges: { readonly to: number[]; readonly label: number[]; readonly inside: number[] } = newColumns();
  private readonly roots: { readonly to: number[]; readonly label: number[]; readonly inside: number[] } = newColumns();
  private readonly rootKind: number[] = [];

  addBlock(address: Address, sizeBytes: Bytes): void {
    this.address.push(address);
    this.sizeBytes.push(sizeBytes);
    this.type.push(NO_TEXT);
  }

  setType(block: number, type: string): void {
    this.type[block] = this.textId(type);
  }

  addRoot(kind: RootKind, { to, label, inside = false }: GraphEdge): void {
    this.rootKind.push(ROOT_KINDS.indexOf(kind));
    push(this.roots, to, this.textId(label), inside);
  }

  /** An edge of the block whose edges are being added. */
  addEdge({ to, label, inside = false }: GraphEdge): void {
    push(this.edges, to, this.textId(label), inside);
  }

  /** The edges of the next block, from the first block on, are all there. */
  endBlock(): void {
    this.firstEdge.push(this.edges.to.length);
  }

  build(about: Pick<ObjectGraph, 'heap' | 'beforeSeq' | 'unsure'>): ObjectGraph {
    const { edges, roots } = this;
    while (this.firstEdge.length <= this.address.length) this.endBlock();
    return {
      ...about,
      count: this.address.length,
      address: Float64Array.from(this.address),
      sizeBytes: Float64Array.from(this.sizeBytes),
      type: Int32Array.from(this.type),
      firstEdge: Int32Array.from(this.firstEdge),
      edgeTo: Int32Array.from(edges.to),
      edgeLabel: Int32Array.from(edges.label),
      edgeInside: Uint8Array.from(edges.inside),
      rootTo: Int32Array.from(roots.to),
      rootLabel: Int32Array.from(roots.label),
      rootKind: Uint8Array.from(this.rootKind),
      rootInside: Uint8Array.from(roots.inside),
      texts: [...this.texts],
    };
  }

  private textId(text: string): number {
    const known = this.textIds.get(text);
    if (known !== undefined) return known;
    this.textIds.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

function newColumns() {
  return { to: [] as number[], label: [] as number[], inside: [] as number[] };
}

function push(columns: ReturnType<typeof newColumns>, to: number, label: number, inside: boolean): void {
  columns.to.push(to);
  columns.label.push(label);
  columns.inside.push(inside ? 1 : 0);
}
