import type { Address, Bytes } from '../base/units.js';
import { ABSENT, AddressMap } from './address-map.js';
import { OPENS } from './lifespan-columns.js';
import type { Trace } from './trace.js';

/** The addresses at which a trace allocates: `base`, `base + align`, ... */
export interface AddressGrid {
  readonly base: Address;
  /** A power of two. */
  readonly align: Bytes;
  readonly units: number;
  /** How many events allocate: each begins a lifespan. */
  readonly opened: number;
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

/** The grid of all allocations; one unit at 0 for a trace without any. */
export function addressGrid({ events: { kind, address }, eventCount }: Trace): AddressGrid {
  let first = 0;
  while (first < eventCount && OPENS[kind[first] as number] === 0) first++;
  if (first === eventCount) return { base: 0, align: 1, units: 1, opened: 0 };
  const at = { from: first, to: eventCount };
  const { base, high, align, opened } =
    address instanceof Uint32Array ? narrowGrid(kind, address, at) : wideGrid(kind, address, at);
  return { base, align, units: (high - base) / align + 1, opened };
}

interface Events {
  readonly from: number;
  readonly to: number;
}

/** Without a branch that depends on the kind: kinds come in no order that a processor could foresee. */
function narrowGrid(kind: Uint8Array, address: Uint32Array, { from, to }: Events) {
  const first = address[from] as number;
  let [base, high, opened, differing] = [first, first, 0, 0];
  for (let i = from; i < to; i++) {
    const opens = OPENS[kind[i] as number] as number;
    const at = opens === 1 ? (address[i] as number) : first;
    opened += opens;
    differing |= at ^ first;
    base = at < base ? at : base;
    high = at > high ? at : high;
  }
  // The lowest bit in which two addresses differ.
  const align = differing === 0 ? MAX_ALIGN : Math.min(MAX_ALIGN, (differing & -differing) >>> 0);
  return { base, high, align, opened };
}

function wideGrid(kind: Uint8Array, address: Float64Array, { from, to }: Events) {
  let [base, high, opened] = [Number.POSITIVE_INFINITY, 0, 0];
  for (let i = from; i < to; i++) {
    if (OPENS[kind[i] as number] === 0) continue;
    const at = address[i] as number;
    opened++;
    if (at < base) base = at;
    if (at > high) high = at;
  }
  let align = MAX_ALIGN;
  for (let i = from; i < to && align > 1; i++) {
    if (OPENS[kind[i] as number] === 0) continue;
    while (((address[i] as number) - base) % align !== 0) align /= 2;
  }
  return { base, high, align, opened };
}
