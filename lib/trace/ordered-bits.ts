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
    let at = index;
    for (let depth = 0; depth < this.levels.length; depth++) {
      const level = this.levels[depth] as Int32Array;
      const word = at >>> 5;
      const before = level[word] as number;
      level[word] = before | (1 << (at & 31));
      // The levels above know already that there is something.
      if (before !== 0) return;
      at = word;
    }
  }

  delete(index: number): void {
    let at = index;
    for (let depth = 0; depth < this.levels.length; depth++) {
      const level = this.levels[depth] as Int32Array;
      const word = at >>> 5;
      const left = (level[word] as number) & ~(1 << (at & 31));
      level[word] = left;
      if (left !== 0) return;
      at = word;
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
