import { EndCause, type Lifespans } from '../../lib/public/browser.js';

/**
 * Which lifespan an event opened or closed, at a bit an event for each where a column of numbers would take 32: lifespans are numbered in the order
 * of their begins, and listed in the order of their ends, so that counting the bits before an event says which one it is.
 */
export class EventSpans {
  private readonly opens: CountedBits;
  private readonly closes: CountedBits;
  /** Those that an event itself ended, in that order. */
  private readonly closing: Int32Array;

  constructor(private readonly spans: Lifespans) {
    const { startSeq, endSeq, endCause, ended, count } = spans;
    const eventCount = lengthOf(spans);
    this.opens = new CountedBits(eventCount, (set) => {
      for (let span = 0; span < count; span++) set(startSeq[span] as number);
    });
    let closings = 0;
    this.closes = new CountedBits(eventCount, (set) => {
      for (let span = 0; span < count; span++) {
        if (!isClosing(endCause[span] as number)) continue;
        closings++;
        set(endSeq[span] as number);
      }
    });
    this.closing = closings === ended.length ? ended : ended.filter((span) => isClosing(endCause[span] as number));
  }

  /** The lifespan that an event opened; -1 for none. */
  openedBy(seq: number): number {
    return this.opens.numberOf(seq);
  }

  /** The lifespan that an event closed itself: a free, a sweep, a realloc; -1 for none. */
  closedBy(seq: number): number {
    const at = this.closes.numberOf(seq);
    return at < 0 ? -1 : (this.closing[at] as number);
  }

  /** The lifespan that an event opened, or the one that it closed; -1 for none. */
  of(seq: number): number {
    const opened = this.openedBy(seq);
    return opened >= 0 ? opened : this.closedBy(seq);
  }

  /** How many lifespans there are right after an event. */
  liveCount(seq: number): number {
    return this.opens.through(seq) - endedThrough(this.spans, seq);
  }
}

const made = new WeakMap<Lifespans, EventSpans>();

/** Made when first asked for, and kept with the lifespans. */
export function eventSpans(spans: Lifespans): EventSpans {
  const before = made.get(spans);
  if (before) return before;
  const found = new EventSpans(spans);
  made.set(spans, found);
  return found;
}

/** How many lifespans ended by an event: they are in the order of their ends. */
export function endedThrough({ ended, endSeq }: Lifespans, seq: number): number {
  let low = 0;
  let high = ended.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((endSeq[ended[middle] as number] as number) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isClosing(cause: number): boolean {
  return cause === EndCause.free || cause === EndCause.sweep || cause === EndCause.realloc;
}

/** One more than the last event that opened or closed one: no other is asked for. */
function lengthOf({ startSeq, endSeq, ended, count }: Lifespans): number {
  const lastEnded = ended[ended.length - 1] ?? -1;
  return (
    1 + Math.max(count > 0 ? (startSeq[count - 1] as number) : -1, lastEnded < 0 ? -1 : (endSeq[lastEnded] as number))
  );
}

/** Bits, with the number of those before every 32nd. */
class CountedBits {
  private readonly words: Uint32Array;
  private readonly before: Uint32Array;
  private readonly all: number;

  constructor(length: number, fill: (set: (at: number) => void) => void) {
    const words = new Uint32Array((length + 31) >>> 5);
    fill((at) => {
      words[at >>> 5] = (words[at >>> 5] as number) | (1 << (at & 31));
    });
    const before = new Uint32Array(words.length);
    let count = 0;
    for (let i = 0; i < words.length; i++) {
      before[i] = count;
      count += bitCount(words[i] as number);
    }
    this.words = words;
    this.before = before;
    this.all = count;
  }

  /** How many set bits lie before a set one; -1 for one that is not set. */
  numberOf(at: number): number {
    const { words, before } = this;
    const index = at >>> 5;
    if (at < 0 || index >= words.length) return -1;
    const word = words[index] as number;
    const bit = 1 << (at & 31);
    return (word & bit) === 0 ? -1 : (before[index] as number) + bitCount(word & (bit - 1));
  }

  /** How many bits are set up to one and with it. */
  through(at: number): number {
    const { words, before } = this;
    const index = at >>> 5;
    if (at < 0) return 0;
    if (index >= words.length) return this.all;
    return (before[index] as number) + bitCount((words[index] as number) & (-1 >>> (31 - (at & 31))));
  }
}

function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
