import type { Bytes, Seq } from '../../base/units.js';
import { floatColumn, intColumn } from '../../trace/column.js';
import type { EventRun } from '../../trace/event-run.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import type { StatsFigures } from '../heap-stats.js';
import { type Lifetimes, lifetimesFrom } from '../lifetimes.js';
import { closePhase, type OpenPhase, openPhase, type Phase, withoutEmptyStart } from '../phases.js';
import { MAX_LISTED, SizeIds, type SizeTable, sizeRows } from '../size-table.js';
import { type SourceRow, type StackSources, sourceRows } from '../source-table.js';

/** How long blocks lived, in events and by the clock. */
export class LifetimeCounter {
  private readonly inEvents = intColumn();
  private readonly inUs = floatColumn();
  /** By block: when it was made. */
  private readonly madeAt = floatColumn();
  private swept = false;

  /** False for times of fractions of a microsecond: their sum depends on the order. */
  add(run: EventRun): boolean {
    // Where no event tells its time, no block's row is looked up for it: that is a miss of the cache for each.
    if (run.atUs === undefined && this.madeAt.length === 0) {
      this.addEvents(run);
      return true;
    }
    return this.addTimed(run);
  }

  private addEvents({ count, firstSeq, kind, endedStart }: EventRun): void {
    const { inEvents } = this;
    for (let i = 0; i < count; i++) {
      const start = endedStart[i] as number;
      if (start < 0) continue;
      if (kind[i] === EventKind.sweep) this.swept = true;
      inEvents.push(firstSeq + i - start);
    }
  }

  private addTimed({ count, firstSeq, kind, openedBlock, endedBlock, endedStart, atUs }: EventRun): boolean {
    const { inEvents, inUs, madeAt } = this;
    for (let i = 0; i < count; i++) {
      const start = endedStart[i] as number;
      const at = atUs?.[i] ?? Number.NaN;
      if (at % 1 !== 0 && !Number.isNaN(at)) return false;
      if (start >= 0) {
        if (kind[i] === EventKind.sweep) this.swept = true;
        inEvents.push(firstSeq + i - start);
        // A block that was made while no event told its time has none.
        const block = endedBlock[i] as number;
        const us = at - (block < madeAt.length ? (madeAt.values[block] as number) : Number.NaN);
        if (!Number.isNaN(us)) inUs.push(us);
      }
      const block = openedBlock[i] as number;
      if (block < 0) continue;
      while (madeAt.length <= block) madeAt.push(Number.NaN);
      madeAt.values[block] = at;
    }
    return true;
  }

  result(): Lifetimes {
    return lifetimesFrom(this.inEvents.view(), this.inUs.view(), this.swept);
  }
}

/** Blocks by the size that was asked for. */
export class SizeCounter {
  private readonly ids = new SizeIds();
  private readonly live = intColumn();
  private readonly max = intColumn();
  private readonly total = intColumn();
  /** By block: the number of the size that was asked for, plus 1; 0 and beyond the end where that is the block's own. */
  private readonly askedOf = intColumn();
  private readonly tooLarge: { seq: Seq; sizeBytes: Bytes }[] = [];

  constructor(private readonly heapBytes: Bytes | undefined) {}

  add(run: EventRun): void {
    const { count, firstSeq, sizeBytes, requestedBytes, openedBlock, endedStart } = run;
    const { live, max, total } = this;
    for (let i = 0; i < count; i++) {
      if ((endedStart[i] as number) >= 0) {
        const id = this.endedId(run, i);
        live.values[id] = (live.values[id] as number) - 1;
      }
      const block = openedBlock[i] as number;
      if (block < 0) continue;
      const own = sizeBytes[i] as number;
      const asked = requestedBytes?.[i] ?? Number.NaN;
      const size = Number.isNaN(asked) ? own : asked;
      const id = this.idOf(size);
      this.remember(block, size === own ? 0 : id + 1);
      total.values[id] = (total.values[id] as number) + 1;
      const now = (live.values[id] as number) + 1;
      live.values[id] = now;
      if (now > (max.values[id] as number)) max.values[id] = now;
      if (this.heapBytes !== undefined && size > this.heapBytes && this.tooLarge.length < MAX_LISTED)
        this.tooLarge.push({ seq: firstSeq + i, sizeBytes: size });
    }
  }

  private endedId({ endedBlock, endedSize }: EventRun, index: number): number {
    const { askedOf } = this;
    const block = askedOf.length === 0 ? 0 : (endedBlock[index] as number);
    const asked = block < askedOf.length ? (askedOf.values[block] as number) : 0;
    return asked === 0 ? this.idOf(endedSize[index] as number) : asked - 1;
  }

  /** Nothing is kept, and none looked up, as long as every block has the size that was asked for. */
  private remember(block: number, asked: number): void {
    const { askedOf } = this;
    if (asked === 0 && block >= askedOf.length) return;
    while (askedOf.length <= block) askedOf.push(0);
    askedOf.values[block] = asked;
  }

  result(findings: SizeTable['findings']): SizeTable {
    return { ...sizeRows(this.ids.sizes, this.max.values, this.total.values), tooLarge: this.tooLarge, findings };
  }

  private idOf(sizeBytes: Bytes): number {
    const id = this.ids.of(sizeBytes);
    if (id === this.live.length) for (const column of [this.live, this.max, this.total]) column.push(0);
    return id;
  }
}

/** Figures by source line. */
export class SourceCounter {
  readonly allocations: Float64Array;
  readonly allocated: Float64Array;
  readonly liveCount: Float64Array;
  readonly live: Float64Array;
  readonly peak: Float64Array;
  readonly temporary: Float64Array;
  private temporaryBytes: Bytes = 0;
  private lastOpened = -1;

  constructor(private readonly sources: StackSources) {
    const column = () => new Float64Array(sources.list.length);
    [this.allocations, this.allocated, this.liveCount] = [column(), column(), column()];
    [this.live, this.peak, this.temporary] = [column(), column(), column()];
  }

  add({ count, firstSeq, kind, sizeBytes, stack, openedBlock, endedStart, endedSize, endedStack }: EventRun): void {
    const { allocations, allocated, liveCount, live, peak, temporary } = this;
    const { sourceOfStack } = this.sources;
    for (let i = 0; i < count; i++) {
      const start = endedStart[i] as number;
      if (start >= 0) {
        const source = sourceOfStack(endedStack[i] as number);
        live[source] = (live[source] as number) - (endedSize[i] as number);
        liveCount[source] = (liveCount[source] as number) - 1;
        if (start === this.lastOpened && kind[i] !== EventKind.realloc) {
          temporary[source] = (temporary[source] as number) + 1;
          this.temporaryBytes += endedSize[i] as number;
        }
      }
      if ((openedBlock[i] as number) < 0) continue;
      const source = sourceOfStack(stack[i] as number);
      const size = sizeBytes[i] as number;
      const now = (live[source] as number) + size;
      live[source] = now;
      liveCount[source] = (liveCount[source] as number) + 1;
      allocations[source] = (allocations[source] as number) + 1;
      allocated[source] = (allocated[source] as number) + size;
      if (now > (peak[source] as number)) peak[source] = now;
      this.lastOpened = firstSeq + i;
    }
  }

  result(): SourceRow[] {
    return sourceRows(this.sources.list, this);
  }

  /** Of all sources together. */
  totals(): StatsFigures['totals'] {
    const sum = (column: Float64Array) => column.reduce((all, one) => all + one, 0);
    return {
      allocatedBytes: sum(this.allocated),
      liveBytes: sum(this.live),
      liveCount: sum(this.liveCount),
      temporary: { count: sum(this.temporary), bytes: this.temporaryBytes },
    };
  }
}

/** Figures from mark to mark, where runs end. */
export class PhaseCounter {
  private readonly phases: Phase[] = [];
  private readonly cuts: readonly { readonly name: string; readonly beforeSeq: Seq }[];
  private next = 1;
  private live = 0;
  private open: OpenPhase;

  constructor({ marks }: Trace) {
    this.cuts = [{ name: '(start)', beforeSeq: 0 }, ...marks];
    this.open = openPhase('(start)', 0, 0);
  }

  add({ count, firstSeq, kind, sizeBytes, openedBlock, endedStart, endedSize }: EventRun): void {
    this.closeUpTo(firstSeq);
    const { open } = this;
    for (let i = 0; i < count; i++) {
      if ((endedStart[i] as number) >= 0) this.live -= endedSize[i] as number;
      switch (kind[i]) {
        case EventKind.alloc:
        case EventKind.realloc:
          open.allocations++;
          break;
        case EventKind.failed:
          open.failures++;
          break;
        case EventKind.existing:
          break;
        default:
          open.frees++;
      }
      if ((openedBlock[i] as number) < 0) continue;
      this.live += sizeBytes[i] as number;
      open.allocatedBytes += sizeBytes[i] as number;
      if (this.live > open.peakBytes) open.peakBytes = this.live;
    }
  }

  result(eventCount: number): Phase[] {
    this.closeUpTo(eventCount);
    return withoutEmptyStart([...this.phases, closePhase(this.open, eventCount, this.live)]);
  }

  private closeUpTo(seq: Seq): void {
    for (let cut = this.cuts[this.next]; cut && cut.beforeSeq <= seq; cut = this.cuts[++this.next]) {
      this.phases.push(closePhase(this.open, cut.beforeSeq, this.live));
      this.open = openPhase(cut.name, cut.beforeSeq, this.live);
    }
  }
}
