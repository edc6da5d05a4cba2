import type { Address, Bytes } from '../base/units.js';
import { ABSENT, AddressMap } from './address-map.js';
import { EventKind, type Trace } from './trace.js';

/** The addresses at which a trace allocates: `base`, `base + align`, ... */
export interface AddressGrid {
  readonly base: Address;
  /** A power of two. */
  readonly align: Bytes;
  readonly units: number;
}

/** A map from addresses to integers above {@link ABSENT}, which it answers for those that were never set. */
export interface AddressIndex {
  /** 0 as long as nothing was set. */
  readonly size: number;
  get(address: Address): number;
  set(address: Address, value: number): void;
  /** Overwrites the value of an address that was set before; returns the old one, or ABSENT and does nothing. */
  replace(address: Address, value: number): number;
}

/** Up to 4 MiB of table: a heap of 8 MiB at an alignment of 8. Beyond that a hash map has fewer cache misses. */
export const MAX_DENSE_UNITS = 2 ** 20;
const MAX_ALIGN = 4096;

/** A plain array where the addresses lie close together, as they do on a microcontroller. */
export function addressIndex(grid: AddressGrid): AddressIndex {
  return grid.units <= MAX_DENSE_UNITS ? new DenseIndex(grid) : new AddressMap();
}

class DenseIndex implements AddressIndex {
  size = 0;
  private readonly base: Address;
  private readonly align: Bytes;
  private readonly values: Int32Array;

  constructor(grid: AddressGrid) {
    this.base = grid.base;
    this.align = grid.align;
    this.values = new Int32Array(grid.units).fill(ABSENT);
  }

  get(address: Address): number {
    const at = (address - this.base) / this.align;
    // As an integer: V8 looks a fractional number up in a typed array by way of its decimal text.
    const index = at | 0;
    return index === at ? (this.values[index] ?? ABSENT) : ABSENT;
  }

  set(address: Address, value: number): void {
    this.values[((address - this.base) / this.align) | 0] = value;
    this.size++;
  }

  replace(address: Address, value: number): number {
    const at = (address - this.base) / this.align;
    const index = at | 0;
    const before = index === at ? (this.values[index] ?? ABSENT) : ABSENT;
    if (before !== ABSENT) this.values[index] = value;
    return before;
  }
}

function opensLifespan(kind: number | undefined): boolean {
  return kind === EventKind.alloc || kind === EventKind.realloc || kind === EventKind.existing;
}

/** The grid of all allocations; one unit at 0 for a trace without any. */
export function addressGrid(trace: Trace): AddressGrid {
  const { kind, address } = trace.events;
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let i = 0; i < trace.eventCount; i++) {
    if (!opensLifespan(kind[i])) continue;
    const at = address[i] ?? 0;
    if (at < low) low = at;
    if (at > high) high = at;
  }
  if (low > high) return { base: 0, align: 1, units: 1 };
  let align = MAX_ALIGN;
  for (let i = 0; i < trace.eventCount && align > 1; i++) {
    if (!opensLifespan(kind[i])) continue;
    while (((address[i] ?? 0) - low) % align !== 0) align /= 2;
  }
  return { base: low, align, units: (high - low) / align + 1 };
}
