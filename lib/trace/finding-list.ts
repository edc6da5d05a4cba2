import type { Seq } from '../base/units.js';

/** What contradicts the order of a sound heap. */
export type FindingKind =
  | 'unknown-free'
  | 'double-free'
  | 'overlap'
  | 'alloc-over-live'
  | 'zero-size'
  | 'unknown-realloc';

/** Things in the events that cannot be true together. They are counted; the first of each kind are listed. */
export interface Finding {
  readonly kind: FindingKind;
  readonly count: number;
  /** At most 20, ascending. */
  readonly firstSeqs: readonly Seq[];
}

/** Collects findings, in the order in which their kinds came. */
export class FindingList {
  private readonly found = new Map<FindingKind, { count: number; firstSeqs: Seq[] }>();

  add(kind: FindingKind, seq: Seq): void {
    const entry = this.found.get(kind) ?? { count: 0, firstSeqs: [] };
    entry.count++;
    if (entry.firstSeqs.length < 20) entry.firstSeqs.push(seq);
    this.found.set(kind, entry);
  }

  list(): Finding[] {
    return [...this.found].map(([kind, { count, firstSeqs }]) => ({ kind, count, firstSeqs }));
  }
}
