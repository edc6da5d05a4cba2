import type { Address, Milliseconds } from '../base/units.js';
import type { AllocEvent, HeapEvent, HeapRegion, ReallocEvent, TraceInfo, TraceRecord } from '../trace/heap-event.js';
import { GraphLimit } from './graph-limit.js';

type Kept = Extract<TraceRecord, { kind: 'alloc' | 'mark' | 'gap' | 'note' | 'level' | 'graph' }>;

/**
 * Records that forget a block when it is freed: what is left are the blocks that are alive, in the order of their allocation.
 * Marks, gaps and notes take a place as well, so memory is bounded. What does not fit is missed, and told as a gap; a block that is
 * freed makes room again. Failed requests are not kept. A block that changed its size counts as allocated then.
 */
export class LeakBuffer {
  private readonly regions = new Map<string, HeapRegion>();
  private info: Partial<TraceInfo> = {};
  private readonly kept = new Map<number, Kept>();
  private readonly alive = new Map<Address, number>();
  private readonly graphs = new GraphLimit();
  private nextKey = 0;
  private epochs = 0;
  private lostAtEpochs = 0;
  private forgotten = 0;
  private missed = 0;
  private missedSinceStop = 0;
  private frozen = true;
  private startedAtWallMs: Milliseconds | undefined;

  constructor(readonly capacity: number) {}

  freeze(): void {
    this.frozen = true;
  }

  /** Goes on after `freeze`; a gap tells what was missed. */
  resume(): void {
    if (!this.frozen) return;
    this.frozen = false;
    if (this.missedSinceStop > 0) this.keep(this.stoppedGap());
    this.missedSinceStop = 0;
  }

  /** Forgets everything but the regions and the source's description, and records. */
  reset(): void {
    this.kept.clear();
    this.graphs.reset();
    this.alive.clear();
    this.epochs = this.lostAtEpochs = this.forgotten = this.missed = this.missedSinceStop = 0;
    this.frozen = false;
    this.startedAtWallMs = Date.now();
  }

  add(record: TraceRecord): void {
    switch (record.kind) {
      case 'info':
        this.info = { ...this.info, ...record.info };
        break;
      case 'region':
        this.regions.set(record.region.name, record.region);
        break;
      case 'status':
      case 'raw':
        break;
      case 'graph':
        if (!this.frozen) this.keepGraph(record);
        break;
      case 'mark':
      case 'gap':
      case 'note':
      case 'level':
        if (!this.frozen) this.keep(record);
        break;
      case 'epoch':
        if (!this.frozen) this.begin();
        break;
      default:
        if (this.frozen) this.missedSinceStop++;
        else this.addEvent(record);
    }
  }

  /** The blocks that are alive as a stream of allocations, with what is known of the source before them. */
  *records(): Generator<TraceRecord> {
    const { forgotten, missed, missedSinceStop } = this;
    for (const region of this.regions.values()) yield { kind: 'region', region };
    const dropped = { collapsed: forgotten, skipped: missed + missedSinceStop };
    const started = this.startedAtWallMs === undefined ? {} : { startedAtWallMs: this.startedAtWallMs };
    yield { kind: 'info', info: { ...this.info, ...started, dropped } };
    yield { kind: 'note', code: 'leaks-only', text: `${forgotten} blocks that were freed again are not in this trace` };
    if (this.epochs > 0) {
      const text = `the heap began anew ${this.epochs} times; ${this.lostAtEpochs} blocks were lost then, which are no leaks`;
      yield { kind: 'note', code: 'leaks-only-epochs', text };
    }
    yield* this.kept.values();
    if (missed > 0) yield { kind: 'gap', reason: `only ${this.capacity} records fit`, lostEvents: missed };
    if (missedSinceStop > 0) yield this.stoppedGap();
  }

  private addEvent(event: HeapEvent): void {
    switch (event.kind) {
      case 'free':
      case 'sweep':
        this.forget(event.address);
        break;
      case 'realloc':
        this.forget(event.fromAddress);
        this.allocate(asAllocation(event));
        break;
      case 'alloc':
        this.allocate(event);
        break;
      case 'existing':
        this.allocate({ ...event, kind: 'alloc' });
        break;
      case 'failed':
        break;
    }
  }

  private allocate(event: AllocEvent): void {
    const replaced = this.alive.get(event.address);
    if (replaced !== undefined) this.kept.delete(replaced);
    this.alive.delete(event.address);
    if (this.keep(event)) this.alive.set(event.address, this.nextKey - 1);
  }

  private forget(address: Address): void {
    const key = this.alive.get(address);
    if (key === undefined) return;
    this.alive.delete(address);
    this.kept.delete(key);
    this.forgotten++;
  }

  private begin(): void {
    this.epochs++;
    this.lostAtEpochs += this.alive.size;
    for (const key of this.alive.values()) this.kept.delete(key);
    this.alive.clear();
  }

  private keepGraph(record: Kept): void {
    const key = this.nextKey;
    if (this.keep(record)) this.graphs.add((note) => this.kept.set(key, note));
  }

  private keep(record: Kept): boolean {
    if (this.kept.size >= this.capacity) {
      this.missed++;
      return false;
    }
    this.kept.set(this.nextKey++, record);
    return true;
  }

  private stoppedGap(): Extract<TraceRecord, { kind: 'gap' }> {
    return { kind: 'gap', reason: 'tracing was stopped', lostEvents: this.missedSinceStop };
  }
}

function asAllocation({ fromAddress: _from, fromSizeBytes: _size, ...event }: ReallocEvent): AllocEvent {
  return { ...event, kind: 'alloc' };
}
