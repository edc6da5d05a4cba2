import { intColumn } from './column.js';

/** What a chunk that is lost would have told. */
export const UNKNOWN_ID = -2;

/** The builder's ids by the journal's: equal unless a journal repeats an entry or a part of it is lost. */
export class IdMap {
  private readonly ids = intColumn();
  private same = true;

  get length(): number {
    return this.ids.length;
  }

  /** Whether every id is the builder's own: nothing needs to be looked up. */
  get isIdentity(): boolean {
    return this.same;
  }

  /** So many entries come that are the builder's own already; only as long as all before them are. */
  skip(count: number): void {
    for (let i = 0; i < count; i++) this.ids.push(this.ids.length);
  }

  /** So many more may come: spares growing step by step. */
  expect(more: number): void {
    this.ids.expect(this.ids.length + more);
  }

  add(id: number): void {
    if (id !== this.ids.length) this.same = false;
    this.ids.push(id);
  }

  /** The next entry has this index: those before it that did not come are unknown. */
  continueAt(index: number): void {
    while (this.ids.length < index) this.add(UNKNOWN_ID);
  }

  /** The builder's id; UNKNOWN_ID for a lost entry, undefined for one that never was. */
  get(index: number): number | undefined {
    return index < this.ids.length ? this.ids.values[index] : undefined;
  }
}

/** Numbers of events in a journal of which parts are lost, turned into those of what is left. */
export class EventNumbers {
  /** The number that the journal's next event has. */
  next = 0;
  private readonly lostFrom: number[] = [];
  private readonly lostTo: number[] = [];
  /** Lost events up to and with each range. */
  private readonly lostSum: number[] = [];

  /** Events up to `seq` did not come. Returns how many. */
  loseUpTo(seq: number): number {
    const lost = seq - this.next;
    if (lost <= 0) return 0;
    this.lostFrom.push(this.next);
    this.lostTo.push(seq);
    this.lostSum.push((this.lostSum.at(-1) ?? 0) + lost);
    this.next = seq;
    return lost;
  }

  /** The number among those that are left; of a lost event that of the next one. */
  kept(seq: number): number {
    const range = this.rangeAt(seq);
    if (range < 0) return seq;
    const lostBefore =
      (this.lostSum[range - 1] ?? 0) + Math.min(seq, this.lostTo[range] ?? 0) - (this.lostFrom[range] ?? 0);
    return seq - lostBefore;
  }

  isLost(seq: number): boolean {
    return seq < (this.lostTo[this.rangeAt(seq)] ?? 0);
  }

  /** The last range that begins at or before an event; -1 when none does. */
  private rangeAt(seq: number): number {
    let [low, high] = [0, this.lostFrom.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.lostFrom[middle] ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
