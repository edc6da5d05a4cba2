import type { Address, Bytes, Seq } from '../base/units.js';
import { type AddressIndex, addressGrid, addressIndex } from './address-index.js';
import { ABSENT, AddressMap } from './address-map.js';
import { OverlapFinder } from './overlap-finder.js';
import { SizeMatcher } from './size-matcher.js';
import { EventKind, type Trace } from './trace.js';

/** How an allocation ended; codes of {@link Lifespans.endCause}, in the order of {@link END_CAUSES}. */
export const EndCause = { alive: 0, free: 1, sweep: 2, realloc: 3, epoch: 4, implied: 5 } as const;
/**
 * `epoch`: the heap began anew. `implied`: a later allocation lies over it, so its end was not seen (an event is missing).
 */
export const END_CAUSES = ['alive', 'free', 'sweep', 'realloc', 'epoch', 'implied'] as const;

/** Things in the events that cannot be true together. They are counted; the first of each kind are listed. */
export interface Finding {
  readonly kind: FindingKind;
  readonly count: number;
  /** At most 20, ascending. */
  readonly firstSeqs: readonly Seq[];
}
/** What contradicts the order of a sound heap. */
export type FindingKind =
  | 'unknown-free'
  | 'double-free'
  | 'overlap'
  | 'alloc-over-live'
  | 'zero-size'
  | 'unknown-realloc';

/** The life of every allocation, as columns, in order of allocation. */
export interface Lifespans {
  readonly count: number;
  /** The event that made it. */
  readonly startSeq: Int32Array;
  /** The event that ended it; the event count for those alive at the end. */
  readonly endSeq: Int32Array;
  readonly endCause: Uint8Array;
  readonly address: Float64Array;
  readonly sizeBytes: Float64Array;
  /** By event: the lifespan that the event opened, or -1. */
  readonly openedBy: Int32Array;
  /** By event: the lifespan that the event closed (free, sweep, realloc), or -1. */
  readonly closedBy: Int32Array;
  /** Empty for a consistent trace. */
  readonly findings: readonly Finding[];
  /** Notes on what was assumed: `frees matched by size, oldest first`. Empty when nothing was. */
  readonly assumptions: readonly string[];
}

const known = new WeakMap<Trace, Lifespans>();

/**
 * The lifespan of every allocation in a trace, each with the event that ended it and why; computed once for a trace and given up
 * with it. Never throws: a free of an unknown block, a double free or an overlap becomes a finding.
 * In a trace without addresses a free closes the oldest live block of its size.
 */
export function lifespans(trace: Trace): Lifespans {
  const before = known.get(trace);
  if (before) return before;
  const spans = new LifespanScan(trace).run();
  known.set(trace, spans);
  return spans;
}

class LifespanScan {
  private readonly startSeq: Int32Array;
  private readonly endSeq: Int32Array;
  private readonly endCause: Uint8Array;
  private readonly address: Float64Array;
  private readonly sizeBytes: Float64Array;
  private readonly openedBy: Int32Array;
  private readonly closedBy: Int32Array;
  private live: AddressIndex;
  private readonly bySize: SizeMatcher | undefined;
  private readonly overlaps: OverlapFinder | undefined;
  private readonly found = new Map<FindingKind, { count: number; firstSeqs: Seq[] }>();
  private readonly assumptions: string[] = [];
  private count = 0;
  /** The event that is being looked at. */
  private current: Seq = 0;
  private readonly overlapVisitor = {
    sizeAt: (start: Address): Bytes => {
      const span = this.live.get(start);
      return span < 0 ? 0 : (this.sizeBytes[span] ?? 0);
    },
    covered: (start: Address): void => {
      this.find('overlap', this.current);
      const covered = this.live.get(start);
      if (covered >= this.epochStart) this.close(covered, this.current, EndCause.implied);
    },
  };
  /** Spans below this index belong to an earlier epoch. */
  private epochStart = 0;

  constructor(private readonly trace: Trace) {
    const n = trace.eventCount;
    this.startSeq = new Int32Array(n);
    this.endSeq = new Int32Array(n).fill(n);
    this.endCause = new Uint8Array(n);
    this.address = new Float64Array(n);
    this.sizeBytes = new Float64Array(n);
    this.openedBy = new Int32Array(n).fill(-1);
    this.closedBy = new Int32Array(n).fill(-1);
    const grid = addressGrid(trace);
    // Small where there are epochs: there may be as many as events, and each begins a new index.
    this.live = trace.epochs.length > 0 ? new AddressMap(32) : addressIndex(grid);
    if (trace.info.hasAddresses) {
      this.overlaps = OverlapFinder.forGrid(grid);
      if (!this.overlaps && n > 0) this.assumptions.push('addresses are too far apart: overlaps were not looked for');
    } else {
      this.bySize = new SizeMatcher();
      // A snapshot has no frees to match.
      if ((trace.info.contents ?? 'history') === 'history')
        this.assumptions.push('the source has no addresses: a free closes the oldest live block of its size');
    }
  }

  run(): Lifespans {
    const { eventCount, epochs } = this.trace;
    let epoch = 0;
    for (let seq = 0; seq < eventCount; seq++) {
      for (let next = epochs[epoch]; next && next.beforeSeq <= seq; next = epochs[++epoch]) this.beginEpoch(seq);
      this.step(seq);
    }
    if (epoch < epochs.length) this.beginEpoch(eventCount);
    const n = this.count;
    return {
      count: n,
      startSeq: this.startSeq.subarray(0, n),
      endSeq: this.endSeq.subarray(0, n),
      endCause: this.endCause.subarray(0, n),
      address: this.address.subarray(0, n),
      sizeBytes: this.sizeBytes.subarray(0, n),
      openedBy: this.openedBy,
      closedBy: this.closedBy,
      findings: [...this.found].map(([kind, { count, firstSeqs }]) => ({ kind, count, firstSeqs })),
      assumptions: this.assumptions,
    };
  }

  private step(seq: Seq): void {
    const { events } = this.trace;
    const address = events.address[seq] ?? 0;
    const sizeBytes = events.sizeBytes[seq] ?? 0;
    switch (events.kind[seq]) {
      case EventKind.alloc:
      case EventKind.existing:
        this.open(seq, address, sizeBytes);
        break;
      case EventKind.free:
        this.closeAt(seq, address, sizeBytes, EndCause.free);
        break;
      case EventKind.sweep:
        this.closeAt(seq, address, sizeBytes, EndCause.sweep);
        break;
      case EventKind.realloc: {
        const from = events.fromAddress?.[seq] ?? Number.NaN;
        const fromSize = events.fromSizeBytes?.[seq] ?? 0;
        this.closeAt(seq, Number.isNaN(from) ? address : from, fromSize, EndCause.realloc);
        this.open(seq, address, sizeBytes);
        break;
      }
      default: // A failed request changes nothing.
    }
  }

  private open(seq: Seq, address: Address, sizeBytes: Bytes): void {
    const span = this.count++;
    this.startSeq[span] = seq;
    this.address[span] = address;
    this.sizeBytes[span] = sizeBytes;
    this.openedBy[seq] = span;
    if (sizeBytes === 0) this.find('zero-size', seq);
    if (this.bySize) {
      this.bySize.push(sizeBytes, span);
      return;
    }
    const before = this.live.get(address);
    if (before >= this.epochStart) {
      this.find('alloc-over-live', seq);
      this.close(before, seq, EndCause.implied);
    }
    this.current = seq;
    this.overlaps?.takeOver(address, sizeBytes, this.overlapVisitor);
    this.live.set(address, span);
  }

  private closeAt(seq: Seq, address: Address, sizeBytes: Bytes, cause: number): void {
    const span = this.bySize ? this.bySize.take(sizeBytes) : this.live.replace(address, -1);
    if (span < this.epochStart || span < 0) {
      if (cause === EndCause.realloc) this.find('unknown-realloc', seq);
      else this.find(span === ABSENT || span >= 0 ? 'unknown-free' : 'double-free', seq);
      return;
    }
    this.closedBy[seq] = span;
    this.endSeq[span] = seq;
    this.endCause[span] = cause;
    if (!this.bySize) this.overlaps?.release(address);
  }

  private close(span: number, seq: Seq, cause: number): void {
    this.endSeq[span] = seq;
    this.endCause[span] = cause;
    if (this.bySize) return;
    const address = this.address[span] ?? 0;
    this.live.set(address, -1);
    this.overlaps?.release(address);
  }

  private beginEpoch(seq: Seq): void {
    for (let span = this.epochStart; span < this.count; span++) {
      if (this.endCause[span] === EndCause.alive) this.close(span, seq, EndCause.epoch);
    }
    this.epochStart = this.count;
    this.bySize?.clear();
    if (this.live.size > 0) this.live = new AddressMap(32);
  }

  private find(kind: FindingKind, seq: Seq): void {
    const entry = this.found.get(kind) ?? { count: 0, firstSeqs: [] };
    entry.count++;
    if (entry.firstSeqs.length < 20) entry.firstSeqs.push(seq);
    this.found.set(kind, entry);
  }
}
