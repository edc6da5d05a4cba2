import type { FrameId, StackId } from '../base/units.js';
import { intColumn } from './column.js';
import { hashSlots, slotsFor } from './hash-slots.js';

/** Backtraces as a prefix trie: a stack is its innermost frame's node, `parent` leads towards the outermost (-1 at its end). */
export interface StackTable {
  readonly count: number;
  readonly parent: Int32Array;
  readonly frame: Int32Array;
}

/** The stack of a stack's caller; -1 for the outermost. A caller is always older; anything else is a damaged table. */
export function callerOf({ parent }: StackTable, stack: StackId): StackId {
  const up = parent[stack] ?? -1;
  return up >= 0 && up < stack ? up : -1;
}

/** The row of a stack in a table with one for each of `count` stacks, and a last one for events without a backtrace. */
export function stackRow(stack: StackId, count: number): number {
  return stack >= 0 && stack < count ? stack : count;
}

/** The stack of such a row; -1 for the last one. */
export function stackOfRow(row: number, count: number): StackId {
  return row < count ? row : -1;
}

const MAX_STACKS = 2 ** 28;
const FIRST_SLOTS = 1024;

/**
 * Backtraces as a prefix trie: each node is a frame and the node of its caller. The nodes lie in columns, and a hash table of their
 * numbers finds a pair again: a capture of long backtraces asks for one node a frame of every event.
 */
export class StackTrie {
  readonly parent = intColumn();
  readonly frame = intColumn();
  /** Node numbers plus 1; 0 is an empty slot. At most half are used. */
  private slots = new Int32Array(FIRST_SLOTS);

  /** The node of `frame` called from `parent` (-1: the outermost), made when it is new. @throws RangeError beyond 2^28 nodes */
  push(parent: StackId, frame: FrameId): StackId {
    const mask = this.slots.length - 1;
    const parents = this.parent.values;
    const frames = this.frame.values;
    let slot = hashOf(parent, frame) & mask;
    for (;;) {
      const id = (this.slots[slot] ?? 0) - 1;
      if (id < 0) return this.add(parent, frame, slot);
      if (parents[id] === parent && frames[id] === frame) return id;
      slot = (slot + 1) & mask;
    }
  }

  /** The nodes so far; they stay as they are when more are pushed. */
  table(): StackTable {
    return { count: this.parent.length, parent: this.parent.view(), frame: this.frame.view() };
  }

  private add(parent: StackId, frame: FrameId, slot: number): StackId {
    const id = this.parent.length;
    if (id >= MAX_STACKS) throw new RangeError(`stack table: more than ${MAX_STACKS} distinct stacks`);
    this.parent.push(parent);
    this.frame.push(frame);
    this.slots[slot] = id + 1;
    if (id * 2 >= this.slots.length) this.grow();
    return id;
  }

  /** So many more may come: spares growing step by step. */
  expect(more: number): void {
    const nodes = this.parent.length + more;
    for (const column of [this.parent, this.frame]) column.expect(nodes);
    if (nodes * 2 >= this.slots.length) this.grow(slotsFor(nodes));
  }

  private grow(length = this.slots.length * 2): void {
    const { parent, frame, count } = this.table();
    this.slots = hashSlots(length, count, (id) => hashOf(parent[id] as number, frame[id] as number));
  }
}

function hashOf(parent: StackId, frame: FrameId): number {
  const mixed = Math.imul(parent + 1, 0x9e3779b1) ^ Math.imul(frame + 1, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
