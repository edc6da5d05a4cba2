import { type AddressGrid, MAX_DENSE_UNITS } from './address-index.js';
import type { Numbers } from './column.js';
import type { Peak } from './event-run.js';
import type { FindingKind } from './finding-list.js';
import { EndCause, type LifespanColumns } from './lifespan-columns.js';
import { EventKind, type Trace } from './trace.js';
import { UnitBits } from './unit-bits.js';

/** In the table of what is alive: nothing was ever here, and what was here is gone. */
const NEVER = -2;
const GONE = -1;

export interface DenseScan {
  readonly trace: Trace;
  readonly grid: AddressGrid;
  readonly columns: LifespanColumns;
  /** Told of what cannot be; the scan goes on. */
  readonly find: (kind: FindingKind, seq: number) => void;
}

/** What a scan found besides the lifespans. */
export interface DenseResult {
  readonly peak: Peak;
  /** Allocations alive at the end. */
  readonly alive: number;
}

/**
 * Follows the blocks of a trace whose addresses lie close together, as they do on a microcontroller: one table look-up an event, and a bitmap
 * of the units that are taken. Undefined, with the columns in disorder, as soon as a block lies over another one: what is true then takes more
 * to find out.
 */
export function scanDense({ trace, grid, columns, find }: DenseScan): DenseResult | undefined {
  const { kind, sizeBytes, fromAddress } = trace.events;
  const { startSeq, endSeq, endCause, ended } = columns;
  const { align, units } = grid;
  const { address, base } = narrowed(trace.events.address, grid.base);
  const shift = 31 - Math.clz32(align);
  const between = align - 1;
  // By unit: the lifespan that begins there and its size, side by side in memory as they are needed together.
  const live = new Int32Array(units * 2).fill(NEVER);
  const taken = new UnitBits(units);
  const n = trace.eventCount;
  let [count, alive, bytes, ends] = [0, 0, 0, 0];
  let [peakBytes, peakCount, peakSeq] = [-1, 0, -1];
  for (let seq = 0; seq < n; seq++) {
    const what = kind[seq] as number;
    if (what === EventKind.failed) continue;
    const offset = ((address[seq] as number) - base) >>> 0;
    const index = (offset & between) === 0 ? offset >>> shift : units;
    const opens = what === EventKind.alloc || what === EventKind.existing || what === EventKind.realloc;
    if (!opens || what === EventKind.realloc) {
      const moved = what === EventKind.realloc ? (fromAddress?.[seq] ?? Number.NaN) : Number.NaN;
      const from = Number.isNaN(moved) ? index : unitAt(moved, grid);
      const span = from < units ? (live[from * 2] as number) : NEVER;
      if (span >= 0) {
        const size = (live[from * 2 + 1] as number) >>> 0;
        live[from * 2] = GONE;
        endSeq[span] = seq;
        endCause[span] = causeOf(what);
        ended[ends++] = span;
        taken.clear(from, unitsOf(size, shift));
        bytes -= size;
        alive--;
      } else if (what === EventKind.realloc) find('unknown-realloc', seq);
      else find(span === NEVER ? 'unknown-free' : 'double-free', seq);
    }
    if (!opens) continue;
    const size = sizeBytes[seq] as number;
    if (size === 0) find('zero-size', seq);
    if (index >= units || !taken.take(index, unitsOf(size, shift))) return undefined;
    const span = count++;
    startSeq[span] = seq;
    endSeq[span] = n;
    live[index * 2] = span;
    live[index * 2 + 1] = size;
    bytes += size;
    alive++;
    if (bytes > peakBytes) [peakBytes, peakCount, peakSeq] = [bytes, alive, seq];
  }
  return { peak: { bytes: Math.max(0, peakBytes), count: peakCount, seq: peakSeq }, alive };
}

/** Whether a trace is one for {@link scanDense}. */
export function isDense({ info, epochs, events }: Trace, grid: AddressGrid): boolean {
  const close =
    info.hasAddresses && epochs.length === 0 && grid.units <= MAX_DENSE_UNITS && Number.isInteger(grid.align);
  return close && events.sizeBytes instanceof Uint32Array;
}

/** Addresses in 32 bits and what to subtract from them. Such a trace spans less than 2^32 bytes. */
function narrowed(address: Numbers, base: number): { readonly address: Uint32Array; readonly base: number } {
  if (address instanceof Uint32Array) return { address, base: base >>> 0 };
  // What lies elsewhere gets an odd address at which nothing begins: beyond the last unit of the smallest alignment.
  const offsetOf = (at: number) =>
    at >= base && at - base < 0xffff_ffff && Number.isInteger(at) ? at - base : 0xffff_ffff;
  return { address: Uint32Array.from(address, offsetOf), base: 0 };
}

/** The unit that an address begins; one past the last for others. */
function unitAt(address: number, { base, align, units }: AddressGrid): number {
  const at = (address - base) / align;
  return Number.isInteger(at) && at >= 0 && at < units ? at : units;
}

/** A block of no bytes has a place, too. */
function unitsOf(sizeBytes: number, shift: number): number {
  return sizeBytes === 0 ? 1 : ((sizeBytes - 1) >>> shift) + 1;
}

function causeOf(kind: number): number {
  if (kind === EventKind.sweep) return EndCause.sweep;
  return kind === EventKind.free ? EndCause.free : EndCause.realloc;
}
