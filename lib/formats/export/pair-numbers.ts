import type { Bytes, StackId } from '../../base/units.js';

/** A slot: the stack plus 2, the size, the number; all 0 where it is empty. */
const SLOT = 4;
const FIRST_SLOTS = 1024;
const MAX_INT = 2 ** 31;

/** Pairs of a stack (-1: none) and a size, numbered from 0 in the order in which they come. A pair that is known is one place in memory away. */
export class PairNumbers {
  count = 0;
  /** At most half are used. */
  private slots = new Int32Array(FIRST_SLOTS * SLOT);
  /** Sizes that no slot holds, numbered. */
  private readonly largeSizes = new Map<Bytes, number>();

  /** The number of a pair; a new one has the number that `count` was. */
  numberOf(stack: StackId, sizeBytes: Bytes): number {
    const { slots } = this;
    const size = sizeBytes < MAX_INT ? sizeBytes : this.largeSize(sizeBytes);
    const mask = slots.length - 1;
    for (let at = hashOf(stack, size) & mask; ; at = (at + SLOT) & mask) {
      const found = slots[at] as number;
      if (found === stack + 2 && slots[at + 1] === size) return slots[at + 2] as number;
      if (found === 0) return this.add(at, stack, size);
    }
  }

  private add(at: number, stack: StackId, size: number): number {
    const { slots } = this;
    const number = this.count++;
    slots[at] = stack + 2;
    slots[at + 1] = size;
    slots[at + 2] = number;
    if (this.count * SLOT * 2 > slots.length) this.grow();
    return number;
  }

  private grow(): void {
    const before = this.slots;
    const slots = new Int32Array(before.length * 2);
    const mask = slots.length - 1;
    for (let from = 0; from < before.length; from += SLOT) {
      if (before[from] === 0) continue;
      let at = hashOf((before[from] as number) - 2, before[from + 1] as number) & mask;
      while (slots[at] !== 0) at = (at + SLOT) & mask;
      slots.set(before.subarray(from, from + SLOT), at);
    }
    this.slots = slots;
  }

  private largeSize(sizeBytes: Bytes): number {
    const number = this.largeSizes.get(sizeBytes) ?? this.largeSizes.size;
    this.largeSizes.set(sizeBytes, number);
    return -1 - number;
  }
}

/** Where a pair's slot is looked for first. */
function hashOf(stack: StackId, size: number): number {
  const mixed = Math.imul(Math.imul(stack + 2, 0x9e37_79b1) ^ size, 0x85eb_ca6b);
  return (mixed ^ (mixed >>> 15)) * SLOT;
}
