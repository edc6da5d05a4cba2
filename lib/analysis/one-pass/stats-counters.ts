import type { Bytes, Seq } from '../../base/units.js';
import { floatColumn, intColumn } from '../../trace/column.js';
import type { EventRun } from '../../trace/event-run.js';
import { RUN_EVENTS } from '../../trace/run-scan.js';
import { EventKind } from '../../trace/trace.js';
import { type Lifetimes, lifetimesFrom } from '../lifetimes.js';
import { addToBucket, type BucketSums } from '../size-buckets.js';
import { MAX_LISTED, SizeIds, type SizeTable, sizeRows } from '../size-table.js';

/** Sizes below are counted in a table with a row for each. */
const SMALL_SIZES = 65536;

/** Lifetimes of fewer events are counted in a table with a row for each, by the kernel. */
const SHORT_EVENTS = 1 << 15;

/** How long blocks lived, in events and by the clock. */
export class LifetimeCounter {
  /** What is not counted in `short`. */
  private readonly inEvents = intColumn();
  private short: Int32Array | undefined;
  private readonly inUs = floatColumn();
  /** By block: when it was made. */
  private readonly madeAt = floatColumn();
  private swept = false;
  /** What the kernel tells of a run. */
  private ofRun: Int32Array | undefined;

  /** False for times of fractions of a microsecond: their sum depends on the order. */
  add(run: EventRun): boolean {
    // Where no event tells its time, no block's row is looked up for it: that is a miss of the cache for each.
    if (run.atUs === undefined && this.madeAt.length === 0) {
      this.addEvents(run);
      return true;
    }
    return this.addTimed(run);
  }

  private addEvents({ count, firstSeq, kind, endedStart, kernel }: EventRun): void {
    const { inEvents } = this;
    if (kernel && kind.indexOf(EventKind.sweep) < 0) {
      this.ofRun ??= kernel.integers(RUN_EVENTS);
      this.short ??= kernel.integers(SHORT_EVENTS);
      const { ofRun, short } = this;
      const long = kernel.exports.lifetimes(count, firstSeq, short.byteOffset, SHORT_EVENTS, ofRun.byteOffset);
      const from = inEvents.extend(long);
      inEvents.values.set(ofRun.subarray(0, long), from);
      return;
    }
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
    this.countShort();
    return lifetimesFrom(this.inEvents.view(), this.inUs.view(), this.swept, this.short);
  }

  /** Runs that the kernel did not count tell of short lifetimes, too. */
  private countShort(): void {
    const { short, inEvents } = this;
    if (!short) return;
    const { values, length } = inEvents;
    let long = 0;
    for (let i = 0; i < length; i++) {
      const lived = values[i] as number;
      if (lived < short.length) short[lived] = (short[lived] as number) + 1;
      else values[long++] = lived;
    }
    inEvents.truncate(long);
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
  /** Of the kernel, by size: how many are alive, the most that were, and all (the first row's fourth: the largest size); undefined without it. */
  private rows: Int32Array | undefined;
  private byKernel: boolean;

  /** `buckets`: where those go, too, that are counted by the kernel. */
  constructor(
    private readonly heapBytes: Bytes | undefined,
    private readonly buckets: BucketSums,
  ) {
    this.byKernel = heapBytes === undefined || heapBytes >= SMALL_SIZES;
  }

  /** Whether the kernel counted them. */
  add(run: EventRun): boolean {
    if (this.addByKernel(run)) return true;
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
    return false;
  }

  /** False where sizes are large, or others than were asked for: they are counted here from then on. */
  private addByKernel({ count, sizeBytes, requestedBytes, kernel }: EventRun): boolean {
    if (!(kernel && this.byKernel)) return false;
    this.rows ??= kernel.integers(SMALL_SIZES * 4);
    const { rows } = this;
    const isCounted =
      requestedBytes === undefined &&
      kernel.exports.sumSizes(count, sizeBytes.byteOffset, rows.byteOffset, SMALL_SIZES) !== 0;
    if (!isCounted) this.leaveKernel();
    return isCounted;
  }

  private leaveKernel(): void {
    const { rows } = this;
    const largest = rows?.[3] ?? 0;
    for (let size = 0; rows && size <= largest; size++) {
      const row = size * 4;
      const total = rows[row + 2] as number;
      if (total === 0) continue;
      addToBucket(this.buckets, size, total);
      const id = this.idOf(size);
      this.live.values[id] = rows[row] as number;
      this.max.values[id] = rows[row + 1] as number;
      this.total.values[id] = total;
    }
    this.rows = undefined;
    this.byKernel = false;
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
    this.leaveKernel();
    return { ...sizeRows(this.ids.sizes, this.max.values, this.total.values), tooLarge: this.tooLarge, findings };
  }

  private idOf(sizeBytes: Bytes): number {
    const id = this.ids.of(sizeBytes);
    if (id === this.live.length) for (const column of [this.live, this.max, this.total]) column.push(0);
    return id;
  }
}
