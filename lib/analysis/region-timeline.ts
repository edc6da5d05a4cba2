import { lastAtOrBefore } from '../base/sorted.js';
import type { Bytes, Seq } from '../base/units.js';
import { intColumn, NumberColumn, type Numbers } from '../trace/column.js';
import type { HeapRegion } from '../trace/heap-event.js';
import type { RegionGaps } from './gap-tracker.js';

/** What one of several regions was like: a row for each event that changed it, ascending; a row holds until the next one. */
export interface RegionTimeline {
  readonly region: HeapRegion;
  /** Before the first of these events all of the region was free. */
  readonly seq: Int32Array;
  readonly freeBytes: Numbers;
  readonly largestFreeBytes: Numbers;
}

/** A region at a moment. */
export interface RegionLevel {
  readonly freeBytes: Bytes;
  readonly largestFreeBytes: Bytes;
}

/** A region right after an event. */
export function regionLevelAt({ region, seq, freeBytes, largestFreeBytes }: RegionTimeline, at: Seq): RegionLevel {
  const row = lastAtOrBefore(seq, at);
  if (row < 0) return { freeBytes: region.sizeBytes, largestFreeBytes: region.sizeBytes };
  return { freeBytes: freeBytes[row] as number, largestFreeBytes: largestFreeBytes[row] as number };
}

/** Collects the timelines of several regions. An event mostly changes one of them, so together they are as long as the trace. */
export class RegionTimelines {
  private readonly columns: readonly Columns[];
  private readonly touched: number[] = [];

  constructor(regions: readonly HeapRegion[]) {
    this.columns = regions.map((region) => ({
      region,
      isTouched: false,
      seq: intColumn(),
      freeBytes: new NumberColumn(),
      largestFreeBytes: new NumberColumn(),
    }));
  }

  /** A block came into a region or left it; -1 is none of them. */
  touch(index: number): void {
    const columns = this.columns[index];
    if (!columns || columns.isTouched) return;
    columns.isTouched = true;
    this.touched.push(index);
  }

  /** The event has had all its effects. */
  after(seq: Seq, regions: readonly RegionGaps[]): void {
    for (const index of this.touched) {
      const [columns, gaps] = [this.columns[index], regions[index]];
      if (!columns || !gaps) continue;
      columns.isTouched = false;
      columns.seq.push(seq);
      columns.freeBytes.push(gaps.freeBytes);
      columns.largestFreeBytes.push(gaps.largestFreeBytes);
    }
    this.touched.length = 0;
  }

  result(): RegionTimeline[] {
    return this.columns.map(({ region, seq, freeBytes, largestFreeBytes }) => ({
      region,
      seq: seq.view(),
      freeBytes: freeBytes.view(),
      largestFreeBytes: largestFreeBytes.view(),
    }));
  }
}

interface Columns {
  readonly region: HeapRegion;
  isTouched: boolean;
  readonly seq: ReturnType<typeof intColumn>;
  readonly freeBytes: NumberColumn;
  readonly largestFreeBytes: NumberColumn;
}
