import type { Address, Bytes } from '../units.js';
import { OrderedBits } from './ordered-bits.js';
import { EventKind, type Trace } from './trace.js';

/** 32 MiB of bitmap at the most: 4 GiB of heap at an alignment of 16. */
const MAX_UNITS = 2 ** 28;

export interface OverlapVisitor {
  /** The size of the live block at this start. */
  sizeAt(start: Address): Bytes;
  covered(start: Address): void;
}

/** Knows the live blocks in address order and tells which of them a new block lies over. */
export class OverlapFinder {
  private readonly starts: OrderedBits;

  private constructor(
    private readonly base: Address,
    private readonly align: Bytes,
    units: number,
  ) {
    this.starts = new OrderedBits(units);
  }

  /** Undefined when the trace's addresses span too much memory to be indexed. */
  static forTrace(trace: Trace): OverlapFinder | undefined {
    const { kind, address } = trace.events;
    let low = Number.POSITIVE_INFINITY;
    let high = 0;
    for (let i = 0; i < trace.eventCount; i++) {
      if (kind[i] !== EventKind.alloc && kind[i] !== EventKind.realloc) continue;
      const at = address[i] ?? 0;
      if (at < low) low = at;
      if (at > high) high = at;
    }
    if (low > high) return new OverlapFinder(0, 1, 1);
    let align = 16;
    for (let i = 0; i < trace.eventCount && align > 1; i++) {
      if (kind[i] !== EventKind.alloc && kind[i] !== EventKind.realloc) continue;
      while (((address[i] ?? 0) - low) % align !== 0) align /= 2;
    }
    const units = (high - low) / align + 1;
    return units <= MAX_UNITS ? new OverlapFinder(low, align, units) : undefined;
  }

  /** Registers a block; calls `covered` with the start of every live block that it overlaps (which is to be released). */
  takeOver(address: Address, sizeBytes: Bytes, { sizeAt, covered }: OverlapVisitor): void {
    const at = ((address - this.base) / this.align) | 0;
    const before = this.starts.atOrBefore(at - 1);
    if (before >= 0) {
      const start = this.base + before * this.align;
      if (start + sizeAt(start) > address) covered(start);
    }
    const last = Math.floor((address + sizeBytes - 1 - this.base) / this.align);
    for (let next = this.starts.atOrAfter(at + 1); next >= 0 && next <= last; next = this.starts.atOrAfter(next + 1)) {
      covered(this.base + next * this.align);
    }
    this.starts.add(at);
  }

  /** Forgets a block that was registered. */
  release(address: Address): void {
    this.starts.delete(((address - this.base) / this.align) | 0);
  }
}
