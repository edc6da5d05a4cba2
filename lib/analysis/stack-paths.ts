import type { StackId } from '../base/units.js';
import { callerOf } from '../trace/stack-trie.js';
import type { Trace } from '../trace/trace.js';
import type { Places } from './places.js';

/** Deeper calls count as the node's own at this depth: a tree must not exhaust the call stack of who walks it. */
const MAX_TREE_DEPTH = 1000;

/** A tree of places as columns; node 0 is the root and a parent has a lower number than its children. */
export interface PlaceTree {
  /** -1 for the root. */
  readonly parent: readonly number[];
  /** The place of a node; -1 for the root. */
  readonly place: readonly number[];
  /** By stack id: the node that its figures belong to; only set for the stacks that were asked for and their callers. */
  readonly nodeOfStack: Int32Array;
  readonly assumptions: readonly string[];
}

export interface PlaceTreeOptions {
  /** By frame id. */
  readonly hidden: Uint8Array;
  readonly places: Places;
  /** By stack id: only these stacks and their callers become nodes. */
  readonly used: Uint8Array;
  readonly invert: boolean;
}

/**
 * Merges stacks by place: outermost to innermost, or inverted, from each source outwards. Hidden frames never hide figures: a stack
 * of hidden frames only is shown as the outermost of them.
 */
export function placeTree(trace: Trace, options: PlaceTreeOptions): PlaceTree {
  return new PlaceTreeBuilder(trace, options).build();
}

class PlaceTreeBuilder {
  private readonly parent: number[] = [-1];
  private readonly place: number[] = [-1];
  private readonly depth: number[] = [0];
  private readonly children = new Map<number, number>();
  private readonly nodeOfStack: Int32Array;
  private cut = 0;

  constructor(
    private readonly trace: Trace,
    private readonly options: PlaceTreeOptions,
  ) {
    this.nodeOfStack = new Int32Array(trace.stacks.count);
  }

  build(): PlaceTree {
    if (this.options.invert) this.mergeInverted();
    else this.mergeFromOutermost();
    const assumptions = this.cut === 0 ? [] : [`call paths deeper than ${MAX_TREE_DEPTH} are cut there`];
    const { parent, place, nodeOfStack } = this;
    return { parent, place, nodeOfStack, assumptions };
  }

  /** A stack's parent is always older than itself, so one pass in the order of the ids sees every caller first. */
  private mergeFromOutermost(): void {
    const { frame, count } = this.trace.stacks;
    const needed = this.withCallers();
    const pruned = new Uint8Array(count);
    // By stack: one more than the outermost frame where nothing but hidden frames was seen so far, else 0.
    const allHidden = new Int32Array(count);
    for (let stack = 0; stack < count; stack++) {
      if (!needed[stack]) continue;
      const caller = callerOf(this.trace.stacks, stack);
      const outermost = caller < 0 ? 0 : (allHidden[caller] ?? 0);
      // Hidden callers of what is shown are passed over: only from a shown frame on are hidden ones the caller's own.
      const node = caller < 0 || outermost > 0 ? 0 : (this.nodeOfStack[caller] ?? 0);
      const id = frame[stack] ?? -1;
      if (this.options.hidden[id] && (caller < 0 || outermost > 0)) {
        allHidden[stack] = outermost || id + 1;
        if (this.options.used[stack]) this.nodeOfStack[stack] = this.child(0, (allHidden[stack] ?? 1) - 1);
      } else if ((caller >= 0 && pruned[caller]) || this.options.hidden[id]) {
        pruned[stack] = 1;
        this.nodeOfStack[stack] = node;
      } else this.nodeOfStack[stack] = this.child(node, id);
    }
  }

  private mergeInverted(): void {
    const { parent, frame, count } = this.trace.stacks;
    for (let stack = 0; stack < count; stack++) {
      if (!this.options.used[stack]) continue;
      let node = 0;
      let outermost = -1;
      for (let at: StackId = stack; at >= 0; ) {
        const id = frame[at] ?? -1;
        if (!this.options.hidden[id]) node = this.child(node, id);
        outermost = id;
        const up = parent[at] ?? -1;
        if (up >= at || (this.depth[node] ?? 0) >= MAX_TREE_DEPTH) break;
        at = up;
      }
      this.nodeOfStack[stack] = node === 0 ? this.child(0, outermost) : node;
    }
  }

  private withCallers(): Uint8Array {
    const { stacks } = this.trace;
    const needed = Uint8Array.from(this.options.used);
    for (let stack = stacks.count - 1; stack >= 0; stack--) {
      const caller = callerOf(stacks, stack);
      if (needed[stack] && caller >= 0) needed[caller] = 1;
    }
    return needed;
  }

  private child(node: number, frame: number): number {
    const place = this.options.places.ofFrame[frame] ?? -1;
    if (place < 0) return node;
    const depth = (this.depth[node] ?? 0) + 1;
    if (depth > MAX_TREE_DEPTH) {
      this.cut++;
      return node;
    }
    const key = node * (this.options.places.list.length + 1) + place;
    const known = this.children.get(key);
    if (known !== undefined) return known;
    const id = this.parent.length;
    this.parent.push(node);
    this.place.push(place);
    this.depth.push(depth);
    this.children.set(key, id);
    return id;
  }
}
