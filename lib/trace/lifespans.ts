import type { Address, Bytes, Seq } from '../base/units.js';
import { type AddressGrid, type AddressIndex, addressGrid, addressIndex } from './address-index.js';
import { ABSENT, AddressMap } from './address-map.js';
import type { Numbers } from './column.js';
import { isDense, scanDense } from './dense-lifespans.js';
import type { Peak } from './event-run.js';
import { type Finding, FindingList } from './finding-list.js';
import {
  atOpening,
  closedByEvent,
  EndCause,
  type LifespanColumns,
  lifespanColumns,
  openedByEvent,
} from './lifespan-columns.js';
import { OverlapFinder } from './overlap-finder.js';
import { SizeMatcher } from './size-matcher.js';
import { EventKind, type Trace } from './trace.js';

export type { Peak } from './event-run.js';
export type { Finding, FindingKind } from './finding-list.js';
export { END_CAUSES, EndCause } from './lifespan-columns.js';

/** The life of every allocation, as columns, in order of allocation. */
export interface Lifespans {
  readonly count: number;
  /** The event that made it. */
  readonly startSeq: Int32Array;
  /** The event that ended it; the event count for those alive at the end. */
  readonly endSeq: Int32Array;
  readonly endCause: Uint8Array;
  /** The lifespans that ended, in the order of their ends; those that one event ends by number. */
  readonly ended: Int32Array;
  readonly address: Numbers;
  readonly sizeBytes: Numbers;
  /** By event: the lifespan that the event opened, or -1. */
  readonly openedBy: Int32Array;
  /** By event: the lifespan that the event closed (free, sweep, realloc), or -1. */
  readonly closedBy: Int32Array;
  /** The most that was alive at one moment, where the scan came by it. */
  readonly peak?: Peak;
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
  const grid = addressGrid(trace);
  const spans = denseLifespans(trace, grid) ?? new LifespanScan(trace, grid).run();
  known.set(trace, spans);
  return spans;
}

/** For a trace with the same events as another one: its lifespans are not looked for again. */
export function rememberLifespans(trace: Trace, spans: Lifespans): void {
  known.set(trace, spans);
}

/** What of lifespans the events do not tell: with these and the trace another thread has all of them. */
export type LifespanParts = Omit<Lifespans, 'address' | 'sizeBytes' | 'openedBy' | 'closedBy'>;

/** Plain data, to be sent. */
export function lifespanParts(spans: Lifespans): LifespanParts {
  const { count, startSeq, endSeq, endCause, ended, peak, findings, assumptions } = spans;
  return { count, startSeq, endSeq, endCause, ended, ...(peak ? { peak } : {}), findings, assumptions };
}

/** For a trace that came from another thread together with the parts of its lifespans: they are not looked for again. */
export function lifespansFromParts(
  trace: Trace,
  { count, startSeq, endSeq, endCause, ended, ...rest }: LifespanParts,
): Lifespans {
  const columns = { startSeq, endSeq, endCause, ended };
  const spans = lifespansOf(trace, { columns, count, ends: ended.length, ...rest });
  known.set(trace, spans);
  return spans;
}

/** Undefined where the addresses lie too far apart, the heap began anew, or blocks lie over one another. */
function denseLifespans(trace: Trace, grid: AddressGrid): Lifespans | undefined {
  if (!isDense(trace, grid)) return undefined;
  const columns = lifespanColumns(grid.opened);
  const found = new FindingList();
  const scan = scanDense({ trace, grid, columns, find: (kind, seq) => found.add(kind, seq) });
  if (!scan) return undefined;
  const [count, ends] = [grid.opened, grid.opened - scan.alive];
  return lifespansOf(trace, { columns, count, ends, peak: scan.peak, findings: found.list(), assumptions: [] });
}

interface ScanResult extends Pick<Lifespans, 'findings' | 'assumptions' | 'peak'> {
  readonly columns: LifespanColumns;
  readonly count: number;
  /** How many of them ended. */
  readonly ends: number;
}

/** What few ask for, and is long, is made when somebody does. */
function lifespansOf({ eventCount, events }: Trace, { columns, count, ends, ...rest }: ScanResult): Lifespans {
  const made: Partial<Record<'address' | 'sizeBytes', Numbers>> & Partial<Record<'openedBy' | 'closedBy', Int32Array>> =
    {};
  return {
    count,
    ...columns,
    ended: columns.ended.subarray(0, ends),
    ...rest,
    get address() {
      made.address ??= atOpening(columns, count, events.address);
      return made.address;
    },
    get sizeBytes() {
      made.sizeBytes ??= atOpening(columns, count, events.sizeBytes);
      return made.sizeBytes;
    },
    get openedBy() {
      made.openedBy ??= openedByEvent(columns, count, eventCount);
      return made.openedBy;
    },
    get closedBy() {
      made.closedBy ??= closedByEvent(columns, count, eventCount);
      return made.closedBy;
    },
  };
}

class LifespanScan {
  private readonly columns: LifespanColumns;
  private live: AddressIndex;
  private readonly bySize: SizeMatcher | undefined;
  private readonly overlaps: OverlapFinder | undefined;
  private readonly found = new FindingList();
  private readonly assumptions: string[] = [];
  private count = 0;
  private ends = 0;
  /** The event that is being looked at. */
  private current: Seq = 0;
  private readonly overlapVisitor = {
    sizeAt: (start: Address): Bytes => {
      const span = this.live.get(start);
      return span < 0 ? 0 : this.openedWith('sizeBytes', span);
    },
    covered: (start: Address): void => {
      this.found.add('overlap', this.current);
      const covered = this.live.get(start);
      if (covered >= this.epochStart) this.close(covered, this.current, EndCause.implied);
    },
  };
  /** Spans below this index belong to an earlier epoch. */
  private epochStart = 0;

  constructor(
    private readonly trace: Trace,
    grid: AddressGrid,
  ) {
    this.columns = lifespanColumns(grid.opened);
    // Small where there are epochs: there may be as many as events, and each begins a new index.
    this.live = trace.epochs.length > 0 ? new AddressMap(32) : addressIndex(grid);
    if (trace.info.hasAddresses) {
      this.overlaps = OverlapFinder.forGrid(grid);
      if (!this.overlaps && trace.eventCount > 0)
        this.assumptions.push('addresses are too far apart: overlaps were not looked for');
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
    const { columns, count, ends, assumptions } = this;
    return lifespansOf(this.trace, { columns, count, ends, findings: this.found.list(), assumptions });
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
    this.columns.startSeq[span] = seq;
    this.columns.endSeq[span] = this.trace.eventCount;
    if (sizeBytes === 0) this.found.add('zero-size', seq);
    if (this.bySize) {
      this.bySize.push(sizeBytes, span);
      return;
    }
    const before = this.live.get(address);
    if (before >= this.epochStart) {
      this.found.add('alloc-over-live', seq);
      this.close(before, seq, EndCause.implied);
    }
    this.current = seq;
    this.overlaps?.takeOver(address, sizeBytes, this.overlapVisitor);
    this.live.set(address, span);
  }

  private closeAt(seq: Seq, address: Address, sizeBytes: Bytes, cause: number): void {
    const span = this.bySize ? this.bySize.take(sizeBytes) : this.live.replace(address, -1);
    if (span < this.epochStart || span < 0) {
      if (cause === EndCause.realloc) this.found.add('unknown-realloc', seq);
      else this.found.add(span === ABSENT || span >= 0 ? 'unknown-free' : 'double-free', seq);
      return;
    }
    this.end(span, seq, cause);
    if (!this.bySize) this.overlaps?.release(address);
  }

  private end(span: number, seq: Seq, cause: number): void {
    this.columns.endSeq[span] = seq;
    this.columns.endCause[span] = cause;
    const { ended, endSeq } = this.columns;
    let at = this.ends++;
    for (; at > 0 && endSeq[ended[at - 1] ?? 0] === seq && (ended[at - 1] ?? 0) > span; at--)
      ended[at] = ended[at - 1] ?? 0;
    ended[at] = span;
  }

  private close(span: number, seq: Seq, cause: number): void {
    this.end(span, seq, cause);
    if (this.bySize) return;
    const address = this.openedWith('address', span);
    this.live.set(address, -1);
    this.overlaps?.release(address);
  }

  private openedWith(column: 'address' | 'sizeBytes', span: number): number {
    return this.trace.events[column][this.columns.startSeq[span] ?? 0] ?? 0;
  }

  private beginEpoch(seq: Seq): void {
    for (let span = this.epochStart; span < this.count; span++) {
      if (this.columns.endCause[span] === EndCause.alive) this.close(span, seq, EndCause.epoch);
    }
    this.epochStart = this.count;
    this.bySize?.clear();
    if (this.live.size > 0) this.live = new AddressMap(32);
  }
}
