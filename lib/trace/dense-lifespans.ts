import { type AddressGrid, MAX_DENSE_UNITS } from './address-index.js';
import type { Numbers } from './column.js';
import { EndCause, type FindingKind, type LifespanColumns } from './lifespan-columns.js';
import { EventKind, type Trace } from './trace.js';

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

/**
 * Follows the blocks of a trace whose addresses lie close together, as they do on a microcontroller: one table look-up an event, and a bitmap
 * of the units that are taken. Returns how many lifespans there are; -1, with the columns in disorder, as soon as a block lies over another
 * one: what is true then takes more to find out.
 */
export function scanDense({ trace, grid, columns, find }: DenseScan): number {
  const { kind, address, sizeBytes, fromAddress } = trace.events;
  const { startSeq, endSeq, endCause, closedBy } = columns;
  const { base, align, units } = grid;
  // Exact, as it is a power of two.
  const perByte = 1 / align;
  const spanAddress: Numbers = columns.address;
  const spanSize: Numbers = columns.sizeBytes;
  const live = new Int32Array(units).fill(NEVER);
  const taken = new UnitBits(units);
  const n = trace.eventCount;
  let count = 0;
  for (let seq = 0; seq < n; seq++) {
    const what = kind[seq] as number;
    if (what === EventKind.failed) continue;
    const at = ((address[seq] as number) - base) * perByte;
    const opens = what === EventKind.alloc || what === EventKind.existing || what === EventKind.realloc;
    if (!opens || what === EventKind.realloc) {
      const moved = what === EventKind.realloc ? (fromAddress?.[seq] ?? Number.NaN) : Number.NaN;
      const from = Number.isNaN(moved) ? at : (moved - base) * perByte;
      // As an integer: V8 looks a fractional number up in a typed array by way of its decimal text.
      const index = from | 0;
      const span = index === from && index < units && index >= 0 ? (live[index] as number) : NEVER;
      if (span >= 0) {
        live[index] = GONE;
        closedBy[seq] = span;
        endSeq[span] = seq;
        endCause[span] = causeOf(what);
        taken.clear(index, unitsOf(spanSize[span] as number, align));
      } else if (what === EventKind.realloc) find('unknown-realloc', seq);
      else find(span === NEVER ? 'unknown-free' : 'double-free', seq);
    }
    if (!opens) continue;
    const index = at | 0;
    if (index !== at || index >= units) return -1;
    const size = sizeBytes[seq] as number;
    if (size === 0) find('zero-size', seq);
    if (!taken.take(index, unitsOf(size, align))) return -1;
    const span = count++;
    startSeq[span] = seq;
    endSeq[span] = n;
    spanAddress[span] = address[seq] as number;
    spanSize[span] = size;
    live[index] = span;
  }
  return count;
}

/** Whether a trace is one for {@link scanDense}. */
export function isDense(trace: Trace, grid: AddressGrid): boolean {
  return trace.info.hasAddresses && trace.epochs.length === 0 && grid.units <= MAX_DENSE_UNITS;
}

/** A block of no bytes has a place, too. */
function unitsOf(sizeBytes: number, align: number): number {
  return sizeBytes <= align ? 1 : Math.ceil(sizeBytes / align);
}

function causeOf(kind: number): number {
  if (kind === EventKind.sweep) return EndCause.sweep;
  return kind === EventKind.free ? EndCause.free : EndCause.realloc;
}

/** Which units are taken. What reaches over the end is cut. */
class UnitBits {
  private readonly words: Int32Array;

  constructor(private readonly units: number) {
    this.words = new Int32Array((units >>> 5) + 1);
  }

  /** Takes `count` units from `at` on; false, with nothing taken, when one of them is taken. */
  take(at: number, count: number): boolean {
    const bit = at & 31;
    if (bit + count <= 32) {
      const mask = maskOf(bit, count);
      const word = this.words[at >>> 5] as number;
      if ((word & mask) !== 0) return false;
      this.words[at >>> 5] = word | mask;
      return true;
    }
    for (let from = at, end = this.endOf(at, count); from < end; from = nextWord(from)) {
      if (((this.words[from >>> 5] as number) & this.maskIn(from, end)) !== 0) return false;
    }
    for (let from = at, end = this.endOf(at, count); from < end; from = nextWord(from)) {
      this.words[from >>> 5] = (this.words[from >>> 5] as number) | this.maskIn(from, end);
    }
    return true;
  }

  clear(at: number, count: number): void {
    const bit = at & 31;
    if (bit + count <= 32) {
      this.words[at >>> 5] = (this.words[at >>> 5] as number) & ~maskOf(bit, count);
      return;
    }
    for (let from = at, end = this.endOf(at, count); from < end; from = nextWord(from)) {
      this.words[from >>> 5] = (this.words[from >>> 5] as number) & ~this.maskIn(from, end);
    }
  }

  private endOf(at: number, count: number): number {
    return Math.min(this.units, at + count);
  }

  private maskIn(from: number, end: number): number {
    const bit = from & 31;
    return maskOf(bit, Math.min(32 - bit, end - from));
  }
}

function nextWord(at: number): number {
  return (at | 31) + 1;
}

/** `count` bits, 1 to 32, from `bit` on. */
function maskOf(bit: number, count: number): number {
  return (count === 32 ? -1 : (1 << count) - 1) << bit;
}
