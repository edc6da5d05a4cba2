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
  add({ count, firstSeq, kind, openedBlock, endedBlock, endedStart, atUs }: EventRun): boolean {
    const { inEvents, inUs, madeAt } = this;
    for (let i = 0; i < count; i++) {
      const start = endedStart[i] as number;
      const at = atUs?.[i] ?? Number.NaN;
      if (at % 1 !== 0 && !Number.isNaN(at)) return false;
      if (start >= 0) {
        if (kind[i] === EventKind.sweep) this.swept = true;
        inEvents.push(firstSeq + i - start);
        const us = at - (madeAt.values[endedBlock[i] as number] ?? Number.NaN);
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
  /** By block: the number of its size. */
  private readonly sizeOf = intColumn();
  private readonly tooLarge: { seq: Seq; sizeBytes: Bytes }[] = [];

  constructor(private readonly heapBytes: Bytes | undefined) {}

  add({ count, firstSeq, sizeBytes, requestedBytes, openedBlock, endedBlock, endedStart }: EventRun): void {
    const { live, max, total, sizeOf } = this;
    for (let i = 0; i < count; i++) {
      if ((endedStart[i] as number) >= 0) {
        const id = sizeOf.values[endedBlock[i] as number] as number;
        live.values[id] = (live.values[id] as number) - 1;
      }
      const block = openedBlock[i] as number;
      if (block < 0) continue;
      const asked = requestedBytes?.[i] ?? Number.NaN;
      const size = Number.isNaN(asked) ? (sizeBytes[i] as number) : asked;
      const id = this.idOf(size);
      while (sizeOf.length <= block) sizeOf.push(0);
      sizeOf.values[block] = id;
      total.values[id] = (total.values[id] as number) + 1;
      const now = (live.values[id] as number) + 1;
      live.values[id] = now;
      if (now > (max.values[id] as number)) max.values[id] = now;
      if (this.heapBytes !== undefined && size > this.heapBytes && this.tooLarge.length < MAX_LISTED)
        this.tooLarge.push({ seq: firstSeq + i, sizeBytes: size });
    }
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
