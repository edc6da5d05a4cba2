import type { Address, Bytes } from '../base/units.js';

interface Placed {
  readonly address: Address;
  readonly sizeBytes: Bytes;
}

/** Above this many records only equal addresses are found: an ordered array would make hostile inputs quadratic. */
const ORDERED_LIMIT = 65_536;

/** Records by their address, with a search for those that a range lies over. */
export class RecordsByAddress<R extends Placed> {
  private readonly byAddress = new Map<Address, R>();
  /** Ascending; undefined once there were too many. */
  private ordered: Address[] | undefined = [];

  set(record: R): void {
    if (!this.byAddress.has(record.address)) this.insert(record.address);
    this.byAddress.set(record.address, record);
  }

  delete(address: Address): void {
    if (!this.byAddress.delete(address) || !this.ordered) return;
    const at = this.lowerBound(this.ordered, address);
    if (this.ordered[at] === address) this.ordered.splice(at, 1);
  }

  values(): Iterable<R> {
    return this.byAddress.values();
  }

  /** The records that share a byte with the range (or its address, where it is empty), ascending by address. */
  overlapping(address: Address, sizeBytes: Bytes): R[] {
    const { ordered } = this;
    if (!ordered) {
      const same = this.byAddress.get(address);
      return same ? [same] : [];
    }
    const found: R[] = [];
    let at = this.lowerBound(ordered, address);
    const before = this.byAddress.get(ordered[at - 1] ?? -1);
    if (before && before.address + before.sizeBytes > address) found.push(before);
    for (; at < ordered.length; at++) {
      const record = this.byAddress.get(ordered[at] ?? -1);
      if (!record || record.address >= address + Math.max(1, sizeBytes)) break;
      found.push(record);
    }
    return found;
  }

  private insert(address: Address): void {
    if (!this.ordered) return;
    if (this.ordered.length >= ORDERED_LIMIT) {
      this.ordered = undefined;
      return;
    }
    this.ordered.splice(this.lowerBound(this.ordered, address), 0, address);
  }

  private lowerBound(ordered: readonly Address[], address: Address): number {
    let low = 0;
    let high = ordered.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ordered[middle] ?? 0) < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
