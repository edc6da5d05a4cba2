import type { Address, Blocks, Bytes } from '../base/units.js';
import type { Trace } from '../trace/trace.js';

/** Counts a block in allocation units, rounded up: of the region that holds it where regions differ, else of the trace. */
export function unitCounter(trace: Trace): (address: Address, sizeBytes: Bytes) => Blocks {
  const whole = Math.max(1, trace.info.unitBytes);
  const distinct = new Set(trace.regions.map((region) => region.unitBytes));
  if (distinct.size <= 1) return (_address, sizeBytes) => Math.ceil(sizeBytes / whole);
  const { regions } = trace;
  return (address, sizeBytes) => {
    const home = regions.find((it) => address >= it.baseAddress && address < it.baseAddress + it.sizeBytes);
    return Math.ceil(sizeBytes / Math.max(1, home?.unitBytes ?? whole));
  };
}
