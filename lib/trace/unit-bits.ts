/** Which units are taken. What reaches over the end is cut. */
export class UnitBits {
  private readonly words: Int32Array;

  constructor(private readonly units: number) {
    this.words = new Int32Array((units >>> 5) + 1);
  }

  /** Takes `count` units from `at` on; false, with nothing taken, when one of them is taken. */
  take(at: number, count: number): boolean {
    const bit = at & 31;
    if (bit + count <= 32) {
      const mask = maskOf(bit, count);
      const word = this.words[at >>> 5] as number;
      if ((word & mask) !== 0) return false;
      this.words[at >>> 5] = word | mask;
      return true;
    }
    for (let from = at, end = this.endOf(at, count); from < end; from = nextWord(from)) {
      if (((this.words[from >>> 5] as number) & this.maskIn(from, end)) !== 0) return false;
    }
    for (let from = at, end = this.endOf(at, count); from < end; from = nextWord(from)) {
      this.words[from >>> 5] = (this.words[from >>> 5] as number) | this.maskIn(from, end);
    }
    return true;
  }

  clear(at: number, count: number): void {
    const bit = at & 31;
    if (bit + count <= 32) {
      this.words[at >>> 5] = (this.words[at >>> 5] as number) & ~maskOf(bit, count);
      return;
    }
    for (let from = at, end = this.endOf(at, count); from < end; from = nextWord(from)) {
      this.words[from >>> 5] = (this.words[from >>> 5] as number) & ~this.maskIn(from, end);
    }
  }

  private endOf(at: number, count: number): number {
    return Math.min(this.units, at + count);
  }

  private maskIn(from: number, end: number): number {
    const bit = from & 31;
    return maskOf(bit, Math.min(32 - bit, end - from));
  }
}

function nextWord(at: number): number {
  return (at | 31) + 1;
}

/** `count` bits, 1 to 32, from `bit` on. */
function maskOf(bit: number, count: number): number {
  return (count === 32 ? -1 : (1 << count) - 1) << bit;
}
