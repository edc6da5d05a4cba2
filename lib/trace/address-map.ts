import type { Address } from '../base/units.js';

/** What {@link AddressMap.get} answers for an address that was never set. */
export const ABSENT = -2;

/**
 * A map from addresses to integers on typed arrays: about four times as fast as `Map` for millions of addresses
 * above 2^30, which V8 boxes. Values are any integer above ABSENT; entries are overwritten, never removed
 * (set -1 for "was here"), so the size is bounded by the number of distinct addresses.
 */
export class AddressMap {
  private keys: Float64Array;
  private values: Int32Array;
  private mask: number;
  private used = 0;

  constructor(capacity = 1024) {
    let size = 64;
    while (size < capacity * 2) size *= 2;
    this.keys = new Float64Array(size).fill(Number.NaN);
    this.values = new Int32Array(size);
    this.mask = size - 1;
  }

  /** The number of distinct addresses that were ever set. */
  get size(): number {
    return this.used;
  }

  get(address: Address): number {
    const slot = this.slotOf(address);
    return this.keys[slot] === address ? (this.values[slot] ?? ABSENT) : ABSENT;
  }

  set(address: Address, value: number): void {
    const slot = this.slotOf(address);
    if (this.keys[slot] !== address) {
      this.keys[slot] = address;
      this.used++;
    }
    this.values[slot] = value;
    if (this.used * 2 > this.keys.length) this.grow();
  }

  /** Overwrites the value of an address that was set before; returns the old one, or ABSENT and does nothing. */
  replace(address: Address, value: number): number {
    const slot = this.slotOf(address);
    if (this.keys[slot] !== address) return ABSENT;
    const before = this.values[slot] ?? ABSENT;
    this.values[slot] = value;
    return before;
  }

  private slotOf(address: Address): number {
    const low = address | 0;
    const high = (address / 4294967296) | 0;
    let hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = hash & this.mask;
    for (;;) {
      const key = this.keys[slot] ?? Number.NaN;
      // NaN marks an empty slot.
      if (key === address || Number.isNaN(key)) return slot;
      slot = (slot + 1) & this.mask;
    }
  }

  private grow(): void {
    const { keys, values } = this;
    this.keys = new Float64Array(keys.length * 2).fill(Number.NaN);
    this.values = new Int32Array(keys.length * 2);
    this.mask = this.keys.length - 1;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? Number.NaN;
      if (Number.isNaN(key)) continue;
      const slot = this.slotOf(key);
      this.keys[slot] = key;
      this.values[slot] = values[i] ?? 0;
    }
  }
}
