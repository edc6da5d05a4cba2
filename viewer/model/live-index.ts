import { type Lifespans, lastAtOrBefore } from '../../lib/public/browser.js';
import type { AddressOrder } from './address-order.js';
import { endedThrough } from './event-spans.js';

/** How many moments of a trace are kept; a move from the nearest one takes half a part of the trace at most. */
const CHECKPOINTS = 64;
/** Shorter moves are made from where the set is. */
const NEAR_EVENTS = 2000;

/**
 * The live blocks as a bit for each lifespan in address order, at a few moments spread over the trace. Any other moment is a short
 * walk from one of them, so that a step of the slider costs the blocks that are alive and not those that ever were.
 */
export interface LiveIndex {
  /** By lifespan: its place in address order. */
  readonly placeOf: Int32Array;
  readonly everyEvents: number;
  /** The moments one after the other, `wordCount` each: right after the events `everyEvents`, twice that, and so on. */
  readonly moments: Uint32Array;
  readonly wordCount: number;
}

export function liveIndex(spans: Lifespans, order: AddressOrder, eventCount: number): LiveIndex {
  const placeOf = new Int32Array(spans.count);
  for (let i = 0; i < spans.count; i++) placeOf[order.span[i] as number] = i;
  const wordCount = (spans.count + 31) >>> 5;
  const everyEvents = Math.max(NEAR_EVENTS, Math.ceil(eventCount / CHECKPOINTS));
  const count = Math.floor(Math.max(0, eventCount - 1) / everyEvents);
  const moments = new Uint32Array(count * wordCount);
  const index = { placeOf, everyEvents, moments, wordCount };
  const set = new LiveSet({ ...index, moments: new Uint32Array(0) }, spans, order);
  for (let i = 0; i < count; i++) moments.set(set.at((i + 1) * everyEvents), i * wordCount);
  return index;
}

/** The live blocks at one moment, which moves. Blocks of no bytes are left out: they lie nowhere. */
export class LiveSet {
  private readonly bits: Uint32Array;
  private seq = -1;

  constructor(
    private readonly index: LiveIndex,
    private readonly spans: Lifespans,
    private readonly order: AddressOrder,
  ) {
    this.bits = new Uint32Array(index.wordCount);
  }

  /** The bits right after an event; they change with the next call. */
  at(seq: number): Uint32Array {
    const { moments, wordCount, everyEvents } = this.index;
    const kept = wordCount === 0 ? 0 : moments.length / wordCount;
    const nearest = Math.min(kept, Math.round(seq / everyEvents));
    const distance = Math.abs(seq - nearest * everyEvents);
    if (Math.abs(seq - this.seq) > Math.max(NEAR_EVENTS, distance)) {
      if (nearest > 0) {
        this.bits.set(moments.subarray((nearest - 1) * wordCount, nearest * wordCount));
        this.seq = nearest * everyEvents;
      } else if (seq < this.seq) {
        this.bits.fill(0);
        this.seq = -1;
      }
    }
    if (seq > this.seq) this.forward(seq);
    else if (seq < this.seq) this.backward(seq);
    this.seq = seq;
    return this.bits;
  }

  private forward(to: number): void {
    const { startSeq, endSeq, ended, count } = this.spans;
    const from = this.seq;
    for (let i = endedThrough(this.spans, from); i < ended.length; i++) {
      const span = ended[i] as number;
      if ((endSeq[span] as number) > to) break;
      this.clear(span);
    }
    for (let span = lastAtOrBefore(startSeq, from, count) + 1; span < count; span++) {
      if ((startSeq[span] as number) > to) break;
      if ((endSeq[span] as number) > to) this.set(span);
    }
  }

  private backward(to: number): void {
    const { startSeq, endSeq, ended, count } = this.spans;
    const from = this.seq;
    for (let span = lastAtOrBefore(startSeq, to, count) + 1; span < count; span++) {
      if ((startSeq[span] as number) > from) break;
      this.clear(span);
    }
    for (let i = endedThrough(this.spans, to); i < ended.length; i++) {
      const span = ended[i] as number;
      if ((endSeq[span] as number) > from) break;
      if ((startSeq[span] as number) <= to) this.set(span);
    }
  }

  private set(span: number): void {
    const place = this.index.placeOf[span] as number;
    if (this.order.sizeBytes[place] === 0) return;
    this.bits[place >>> 5] = (this.bits[place >>> 5] as number) | (1 << (place & 31));
  }

  private clear(span: number): void {
    const place = this.index.placeOf[span] as number;
    this.bits[place >>> 5] = (this.bits[place >>> 5] as number) & ~(1 << (place & 31));
  }
}

/** The first set bit from a place on; -1 when there is none before `to`. */
export function nextBit(bits: Uint32Array, from: number, to: number): number {
  if (from >= to) return -1;
  let word = from >>> 5;
  let rest = (bits[word] as number) & (-1 << (from & 31));
  while (rest === 0) {
    word++;
    if (word << 5 >= to) return -1;
    rest = bits[word] as number;
  }
  const place = (word << 5) + 31 - Math.clz32(rest & -rest);
  return place < to ? place : -1;
}

/** The last set bit at a place or before it; -1 when there is none. */
export function bitBefore(bits: Uint32Array, place: number): number {
  if (place < 0) return -1;
  let word = place >>> 5;
  let rest = (bits[word] as number) & (-1 >>> (31 - (place & 31)));
  while (rest === 0) {
    if (--word < 0) return -1;
    rest = bits[word] as number;
  }
  return (word << 5) + 31 - Math.clz32(rest);
}
