/**
 * A set of small integers that finds neighbours fast: three levels of bitmaps, each bit of a level saying whether
 * a 32-bit word below it has any bit set. All operations look at a handful of words, whatever the distance.
 */
export class OrderedBits {
  private readonly levels: Int32Array[] = [];

  /** Holds integers from 0 to `size` - 1. */
  constructor(readonly size: number) {
    let words = Math.max(1, Math.ceil(size / 32));
    for (;;) {
      this.levels.push(new Int32Array(words));
      if (words === 1) break;
      words = Math.ceil(words / 32);
    }
  }

  has(index: number): boolean {
    return (((this.levels[0]?.[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }

  add(index: number): void {
    this.marked(index, 0);
  }

  delete(index: number): void {
    this.unmarked(index, 0);
  }

  /** Sets a bit of a level, and what the levels above know of it. */
  private marked(index: number, firstDepth: number): void {
    let at = index;
    for (let depth = firstDepth; depth < this.levels.length; depth++) {
      const level = this.levels[depth] as Int32Array;
      const word = at >>> 5;
      const before = level[word] as number;
      level[word] = before | (1 << (at & 31));
      // The levels above know already that there is something.
      if (before !== 0) return;
      at = word;
    }
  }

  private unmarked(index: number, firstDepth: number): void {
    let at = index;
    for (let depth = firstDepth; depth < this.levels.length; depth++) {
      const level = this.levels[depth] as Int32Array;
      const word = at >>> 5;
      const left = (level[word] as number) & ~(1 << (at & 31));
      level[word] = left;
      if (left !== 0) return;
      at = word;
    }
  }

  /** Adds all from `from` up to `to` (without it). */
  addRun(from: number, to: number): void {
    const words = this.levels[0] as Int32Array;
    for (let at = from; at < to; at = (at | 31) + 1) {
      const word = at >>> 5;
      const before = words[word] as number;
      words[word] = before | wordMask(at, to);
      if (before === 0) this.marked(word, 1);
    }
  }

  /** Deletes all from `from` up to `to` (without it). */
  deleteRun(from: number, to: number): void {
    const words = this.levels[0] as Int32Array;
    for (let at = from; at < to; at = (at | 31) + 1) {
      const word = at >>> 5;
      const left = (words[word] as number) & ~wordMask(at, to);
      words[word] = left;
      if (left === 0) this.unmarked(word, 1);
    }
  }

  /** The smallest member >= `index`, or -1. */
  atOrAfter(index: number): number {
    let at = Math.max(0, index);
    for (let depth = 0; depth < this.levels.length; depth++) {
      const level = this.levels[depth];
      const word = at >>> 5;
      if (!level || word >= level.length) return -1;
      const bits = (level[word] as number) & (-1 << (at & 31));
      if (bits !== 0) return this.descend(depth, word * 32 + (31 - Math.clz32(bits & -bits)), false);
      at = word + 1;
    }
    return -1;
  }

  /** The largest member <= `index`, or -1. */
  atOrBefore(index: number): number {
    let at = Math.min(index, this.size - 1);
    for (let depth = 0; depth < this.levels.length && at >= 0; depth++) {
      const word = at >>> 5;
      const bits = (this.levels[depth]?.[word] ?? 0) & (-1 >>> (31 - (at & 31)));
      if (bits !== 0) return this.descend(depth, word * 32 + 31 - Math.clz32(bits), true);
      at = word - 1;
    }
    return -1;
  }

  private descend(depth: number, index: number, last: boolean): number {
    let at = index;
    for (let level = depth - 1; level >= 0; level--) {
      const bits = this.levels[level]?.[at] ?? 0;
      at = at * 32 + (last ? 31 - Math.clz32(bits) : 31 - Math.clz32(bits & -bits));
    }
    return at;
  }
}

/** The bits of the word that `from` lies in, from `from` up to `end` (without it): of runs of bits word by word. */
export function wordMask(from: number, end: number): number {
  const bit = from & 31;
  const count = Math.min(32 - bit, end - from);
  return (count === 32 ? -1 : (1 << count) - 1) << bit;
}
