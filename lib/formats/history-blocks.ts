import type { Address, Bytes } from '../base/units.js';
import type { HeapRegion } from '../trace/heap-event.js';
import type { Trace } from '../trace/trace.js';

/** Where blocks lie, counted in allocation units. */
export interface BlockNumbers {
  blockOf(address: Address): number;
  /** The allocation unit there. */
  unitAt(address: Address): Bytes;
}

/** Blocks count from the base of their region; outside of all, from that of the first. */
export function blockNumbers(trace: Trace): BlockNumbers {
  const first = trace.regions[0] ?? { name: '', baseAddress: 0, sizeBytes: 0, unitBytes: trace.info.unitBytes };
  let last = first;
  const regionOf = (address: Address): HeapRegion => {
    if (address >= last.baseAddress && address < last.baseAddress + last.sizeBytes) return last;
    last = trace.regions.find((r) => address >= r.baseAddress && address < r.baseAddress + r.sizeBytes) ?? first;
    return last;
  };
  const unitOf = (region: HeapRegion) => region.unitBytes ?? trace.info.unitBytes;
  return {
    unitAt: (address) => unitOf(regionOf(address)),
    blockOf: (address) => {
      const region = regionOf(address);
      return Math.floor((address - region.baseAddress) / unitOf(region));
    },
  };
}
