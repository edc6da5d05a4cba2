import type { Microseconds, Milliseconds } from '../base/units.js';
import type { Gap, HeapEvent, HeapRegion, RawSample, TraceInfo, TraceRecord } from '../trace/heap-event.js';
import { GraphLimit } from './graph-limit.js';
import {
  changeRingSettings,
  DEFAULT_RING_SETTINGS,
  type RingSettings,
  type RingSettingsChange,
} from './ring-settings.js';

/** `idle`: nothing was recorded yet. `full`: a stop-on-full ring has filled; only `reset` goes on from there. */
export type RingState = 'idle' | 'recording' | 'frozen' | 'full';

/** Counters of events. While no event is missed: `captured = kept events + overwritten + 2 * collapsed`. */
export interface RingCounters {
  /** Events seen while recording, whatever became of them. */
  readonly captured: number;
  /** Events that newer ones replaced (a rolling ring). */
  readonly overwritten: number;
  /** Pairs of an allocation and its free that were dropped together. */
  readonly collapsed: number;
  /** Events that happened while the ring was frozen or full: not counted in `captured`. */
  readonly missed: number;
}

type Positioned = Extract<TraceRecord, { kind: 'mark' | 'gap' | 'epoch' | 'note' | 'level' | 'graph' }>;
type Entry = { readonly event: HeapEvent; raw?: RawSample } | { readonly event?: never; record: Positioned };

/** Notes on a capture as a whole come before its first event; a source that says more than this is not to be bounded by trust. */
const MAX_PREAMBLE = 32;

/**
 * A ring of the newest or the earliest `capacity` records of a stream, with the options that board-side tracers have.
 * Marks, gaps, epochs and notes take a place in the ring too, so memory is bounded whatever the stream holds.
 *
 * @example for await (const record of records) ring.add(record); const trace = traceOf(ring.records());
 */
export class HeapRing {
  private readonly regions = new Map<string, HeapRegion>();
  private sourceInfo: Partial<TraceInfo> = {};
  /** What was said before anything was recorded: it takes no place. */
  private readonly preamble: Positioned[] = [];
  private slots: Entry[] = [];
  private readonly graphs = new GraphLimit();
  /** Slot of the oldest entry; the `used` entries follow it, around the end of the ring. */
  private oldest = 0;
  private used = 0;
  private current: RingState = 'idle';
  private pending: RingSettings;
  private active: RingSettings;
  private captured = 0;
  private overwritten = 0;
  private collapsed = 0;
  private missed = 0;
  /** Events missed since the last freeze, to be told as a gap when recording goes on. */
  private missedSinceStop = 0;
  private inputSeq = 0;
  /** How much later than the stream's clock the present capture was armed. */
  private armedAfterUs: Microseconds = 0;
  /** When the capture was armed: the `atUs` of the events in the ring counts from here. */
  anchorWallMs: Milliseconds;

  /** `anchorWallMs`: the wall time at which the stream's own `atUs` is 0. @throws RangeError when the capacity is not a whole number of at least 1. */
  constructor(
    readonly capacity: number,
    settings: RingSettingsChange = {},
    anchorWallMs: Milliseconds = Date.now(),
  ) {
    if (!Number.isSafeInteger(capacity) || capacity < 1)
      throw new RangeError(`ring capacity: found ${capacity}, expected a whole number of at least 1`);
    this.pending = changeRingSettings(DEFAULT_RING_SETTINGS, settings);
    this.active = this.pending;
    this.anchorWallMs = anchorWallMs;
  }

  get state(): RingState {
    return this.current;
  }

  /** What was configured last: it holds from the next capture on. */
  get settings(): RingSettings {
    return this.pending;
  }

  /** What the capture in the ring was recorded with. */
  get captureSettings(): RingSettings {
    return this.active;
  }

  /** Records in the ring, marks and gaps included. */
  get count(): number {
    return this.used;
  }

  get counters(): RingCounters {
    const { captured, overwritten, collapsed, missed } = this;
    return { captured, overwritten, collapsed, missed };
  }

  get heapRegions(): readonly HeapRegion[] {
    return [...this.regions.values()];
  }

  /** Takes a change that applies to the next capture: at once when nothing was recorded yet, else from `reset` on. */
  configure(change: RingSettingsChange): void {
    this.pending = changeRingSettings(this.pending, change);
    if (this.current === 'idle') this.active = this.pending;
  }

  /** Stops recording and keeps what is there. A full ring stays full. */
  freeze(): void {
    if (this.current !== 'full') this.current = 'frozen';
  }

  /** Goes on after `freeze`. Returns false when the ring is full, which only `reset` can change. */
  resume(): boolean {
    if (this.current === 'full') return false;
    if (this.current === 'frozen') {
      this.current = 'recording';
      this.noteMissed('ring was frozen');
    }
    return true;
  }

  /**
   * Clears the ring and the counters, applies the settings and records again; `atUs` counts from now.
   * Regions and the source's description stay.
   */
  reset(anchorWallMs: Milliseconds = Date.now()): void {
    this.slots = [];
    this.graphs.reset();
    this.oldest = this.used = 0;
    this.captured = this.overwritten = this.collapsed = this.missed = this.missedSinceStop = 0;
    this.active = this.pending;
    this.current = 'recording';
    this.armedAfterUs += (anchorWallMs - this.anchorWallMs) * 1000;
    this.anchorWallMs = anchorWallMs;
  }

  add(record: TraceRecord): void {
    switch (record.kind) {
      case 'info':
        this.sourceInfo = { ...this.sourceInfo, ...record.info };
        return;
      case 'region':
        this.regions.set(record.region.name, record.region);
        return;
      case 'status':
        return;
      case 'raw':
        this.addRaw(record.sample);
        return;
      case 'note':
        if (this.current === 'idle' && this.preamble.length < MAX_PREAMBLE) this.preamble.push(record);
        else if (this.recording()) this.push({ record });
        return;
      case 'mark':
      case 'gap':
      case 'epoch':
      case 'level':
        if (this.recording()) this.push({ record });
        return;
      case 'graph':
        this.addGraph(record);
        return;
      default:
        this.inputSeq++;
        this.addEvent(record);
    }
  }

  /** What the ring holds as a stream: regions, the gaps that its options made, the newest `limit` events, counters. */
  *records(limit: number = Number.POSITIVE_INFINITY): Generator<TraceRecord> {
    const { overwritten, collapsed, missed } = this;
    for (const region of this.regions.values()) yield { kind: 'region', region };
    const { dropped, ...info } = this.sourceInfo;
    yield {
      kind: 'info',
      info: {
        ...info,
        startedAtWallMs: this.anchorWallMs,
        dropped: { ...dropped, overwritten, collapsed, skipped: missed },
      },
    };
    yield* this.preamble;
    const kept = this.tail(limit);
    if (overwritten > 0) yield { kind: 'gap', reason: 'overwritten by the rolling ring', lostEvents: overwritten };
    if (kept.left > 0) yield { kind: 'gap', reason: 'only the newest events were asked for', lostEvents: kept.left };
    let seq = 0;
    for (const entry of kept.entries) {
      if (!entry.event) {
        yield entry.record;
        continue;
      }
      yield entry.event;
      if (entry.raw) yield { kind: 'raw', sample: { ...entry.raw, seq } };
      seq++;
    }
    if (this.missedSinceStop > 0) yield this.missedGap(this.current === 'full' ? 'ring was full' : 'ring was frozen');
  }

  private recording(): boolean {
    if (this.current === 'idle') this.current = 'recording';
    return this.current === 'recording';
  }

  private addEvent(event: HeapEvent): void {
    if (!this.recording()) {
      this.missed++;
      this.missedSinceStop++;
      return;
    }
    this.captured++;
    if (this.active.collapsePairs && this.collapses(event)) {
      this.collapsed++;
      return;
    }
    this.push({ event: this.trimmed(event) });
  }

  /** Drops the newest entry when the event frees the very block that it allocated. */
  private collapses(event: HeapEvent): boolean {
    if (event.kind !== 'free' || event.address === 0) return false;
    const newest = this.newest()?.event;
    if (newest?.kind !== 'alloc' || newest.address !== event.address) return false;
    this.used--;
    return true;
  }

  private addGraph(record: Positioned): void {
    if (!this.recording()) return;
    const entry = { record };
    this.push(entry);
    this.graphs.add((note) => {
      entry.record = note;
    });
  }

  private push(entry: Entry): void {
    if (this.used < this.capacity) {
      this.slots[(this.oldest + this.used++) % this.capacity] = entry;
    } else {
      if (this.slots[this.oldest]?.event) this.overwritten++;
      this.slots[this.oldest] = entry;
      this.oldest = (this.oldest + 1) % this.capacity;
    }
    if (this.active.stopOnFull && this.used === this.capacity) this.current = 'full';
  }

  private addRaw(sample: RawSample): void {
    const entry = this.newest();
    if (this.current !== 'frozen' && entry?.event && sample.seq === this.inputSeq - 1) entry.raw = sample;
  }

  private trimmed(event: HeapEvent): HeapEvent {
    const { backtrace, largestBeforeBytes, largestAfterBytes, atUs, ...rest } = event;
    const kept = this.wantsBacktrace(event) ? backtrace?.slice(0, this.active.backtrace.depth) : undefined;
    const largest = this.active.captureLargest;
    return {
      ...rest,
      ...(atUs === undefined ? {} : { atUs: Math.max(0, atUs - this.armedAfterUs) }),
      ...(kept === undefined ? {} : { backtrace: kept }),
      ...(largest && largestBeforeBytes !== undefined ? { largestBeforeBytes } : {}),
      ...(largest && largestAfterBytes !== undefined ? { largestAfterBytes } : {}),
    };
  }

  private wantsBacktrace(event: HeapEvent): boolean {
    const { minSizeBytes, skipFrees } = this.active.backtrace;
    if (event.kind === 'free' || event.kind === 'sweep') return !skipFrees;
    return (event.sizeBytes ?? 0) >= minSizeBytes;
  }

  private noteMissed(reason: string): void {
    if (this.missedSinceStop === 0) return;
    const gap = this.missedGap(reason);
    this.missedSinceStop = 0;
    this.push({ record: gap });
  }

  private missedGap(reason: string): Omit<Gap, 'beforeSeq'> & { readonly kind: 'gap' } {
    return { kind: 'gap', reason, lostEvents: this.missedSinceStop };
  }

  private newest(): Entry | undefined {
    return this.used === 0 ? undefined : this.slots[(this.oldest + this.used - 1) % this.capacity];
  }

  /** The entries from the newest `limit` events on, oldest first, and how many events were left out. */
  private tail(limit: number): { readonly entries: readonly Entry[]; readonly left: number } {
    const wrapped = Math.max(0, this.oldest + this.used - this.capacity);
    const entries = [...this.slots.slice(this.oldest, this.oldest + this.used), ...this.slots.slice(0, wrapped)];
    const events = entries.reduce((sum, entry) => sum + (entry.event ? 1 : 0), 0);
    const left = Math.max(0, events - Math.max(0, limit));
    if (left > 0 && left === events) return { entries: [], left };
    let from = 0;
    for (let skip = left; skip > 0; from++) if (entries[from]?.event) skip--;
    return { entries: entries.slice(from), left };
  }
}
