import type { Address, Bytes } from '../../base/units.js';

/** The free pieces of a heap in address order, merged where they touch: what the classic fits choose from. */
export class GapList {
  readonly address: number[];
  readonly size: number[];
  freeBytes: Bytes;

  constructor(baseAddress: Address, sizeBytes: Bytes) {
    this.address = sizeBytes > 0 ? [baseAddress] : [];
    this.size = sizeBytes > 0 ? [sizeBytes] : [];
    this.freeBytes = Math.max(0, sizeBytes);
  }

  get count(): number {
    return this.address.length;
  }

  get largestFreeBytes(): Bytes {
    return this.size.reduce((max, size) => Math.max(max, size), 0);
  }

  /** Takes the low end of a gap; what remains below `minRemainderBytes` goes with it. Returns the bytes taken. */
  take(index: number, sizeBytes: Bytes, minRemainderBytes: Bytes): Bytes {
    const size = this.size[index] ?? 0;
    const taken = size - sizeBytes < minRemainderBytes ? size : sizeBytes;
    this.freeBytes -= taken;
    if (taken === size) {
      this.address.splice(index, 1);
      this.size.splice(index, 1);
    } else {
      this.address[index] = (this.address[index] ?? 0) + taken;
      this.size[index] = size - taken;
    }
    return taken;
  }

  /** Gives a piece back and merges it with its neighbours. */
  give(address: Address, sizeBytes: Bytes): void {
    const at = this.firstAtOrAfter(address);
    this.freeBytes += sizeBytes;
    const joinsLeft = at > 0 && (this.address[at - 1] ?? 0) + (this.size[at - 1] ?? 0) === address;
    const joinsRight = at < this.count && address + sizeBytes === this.address[at];
    if (joinsLeft) {
      this.size[at - 1] = (this.size[at - 1] ?? 0) + sizeBytes + (joinsRight ? (this.size[at] ?? 0) : 0);
      if (joinsRight) {
        this.address.splice(at, 1);
        this.size.splice(at, 1);
      }
    } else if (joinsRight) {
      this.address[at] = address;
      this.size[at] = (this.size[at] ?? 0) + sizeBytes;
    } else {
      this.address.splice(at, 0, address);
      this.size.splice(at, 0, sizeBytes);
    }
  }

  /** The index of the gap that begins at an address, or -1. */
  indexOf(address: Address): number {
    const at = this.firstAtOrAfter(address);
    return this.address[at] === address ? at : -1;
  }

  /** The index of the first gap at or above an address; the count when there is none. */
  firstAtOrAfter(address: Address): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.address[middle] ?? 0) < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
