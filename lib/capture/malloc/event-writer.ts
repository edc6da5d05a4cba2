import type { HeapBlock } from '../../allocators/heap-walk.js';
import { type Address, type Bytes, formatCount, type Microseconds, type Seq } from '../../base/units.js';
import type { StackSample } from '../../link/debug-link.js';
import {
  type Backtrace,
  EXISTING_BACKTRACE,
  type HeapEvent,
  type TraceInfo,
  type TraceRecord,
} from '../../trace/heap-event.js';
import { LiveHeap } from '../../trace/live-heap.js';
import { RecordsByAddress } from '../../trace/records-by-address.js';
import type { MallocHook } from '../engine.js';
import type { CallEvent } from './call-hook.js';
import type { LargestSampler } from './largest-sampler.js';

/** What a call or the allocation table says, before it has its place among the events. Sizes are what was asked for. */
export interface UnwrittenEvent {
  readonly event: CallEvent | { readonly kind: 'sweep'; readonly address: Address } | TableEvent;
  readonly backtrace?: Backtrace;
  readonly sample?: StackSample | undefined;
  readonly task: number | undefined;
  /** When it happened, on the capture's clock. */
  readonly atUs: Microseconds;
}

/** Read from the allocation table: what was asked for is not known, `blockSizeBytes` is what is occupied. */
export type TableEvent =
  | { readonly kind: 'alloc'; readonly address: Address; readonly blockSizeBytes: Bytes }
  | {
      readonly kind: 'realloc';
      readonly address: Address;
      readonly fromAddress: Address;
      readonly blockSizeBytes: Bytes;
    };

interface Placed {
  readonly address: Address;
  readonly sizeBytes: Bytes;
}

/** Makes records of events in their final order, and keeps the live set that they imply. */
export class EventWriter {
  /** How many events were written. */
  made: Seq = 0;
  /** How many of them tell what was alive before. */
  existing = 0;
  private readonly heap = new LiveHeap();
  /** The live blocks by where they lie, to find what lies over them. */
  private placed = new RecordsByAddress<Placed>();
  private readonly seesAll: boolean;
  private contradictions = 0;
  private firstContradiction = '';

  constructor(
    private readonly hook: MallocHook,
    private readonly sampler: LargestSampler | undefined,
    attached: boolean,
  ) {
    const seesFrees = hook.readsTables || hook.calls.some(({ kind }) => kind === 'free');
    // A call that was under way when the capture attached gives out, or frees, what nobody saw.
    this.seesAll = hook.unseen.length === 0 && seesFrees && !attached;
  }

  get live(): ReadonlyMap<Address, Bytes> {
    return this.heap.blocks;
  }

  *write(events: readonly UnwrittenEvent[]): Generator<TraceRecord> {
    for (const { event, backtrace, sample, task, atUs } of events) {
      const made: HeapEvent = {
        ...this.sized(event),
        ...(backtrace === undefined ? {} : { backtrace }),
        atUs,
        ...(task === undefined ? {} : { task }),
      };
      this.follow(made);
      this.heap.add(made);
      const raw: TraceRecord[] = sample ? [{ kind: 'raw', sample: { seq: this.made, ...sample } }] : [];
      this.made++;
      if (this.sampler) yield* this.sampler.hold(made, raw);
      else yield* [made, ...raw];
    }
  }

  /** What was alive before the capture. */
  *writeExisting(blocks: readonly HeapBlock[]): Generator<TraceRecord> {
    for (const { pointer, usableBytes } of blocks) {
      const event = {
        kind: 'existing',
        address: pointer,
        sizeBytes: usableBytes,
        backtrace: EXISTING_BACKTRACE,
      } as const;
      this.heap.add(event);
      this.made++;
      this.existing++;
      yield event;
    }
  }

  *beginAnew(reason: string): Generator<TraceRecord> {
    if (this.sampler) yield* this.sampler.release();
    const epoch = { kind: 'epoch', reason } as const;
    this.heap.add(epoch);
    this.placed = new RecordsByAddress();
    yield epoch;
  }

  /**
   * Whether one of the events that came `since` has a block where the one at `address` was, of which those `before`, that are not written
   * yet, may tell.
   */
  isTaken(
    address: Address,
    { before, since }: { readonly before: readonly UnwrittenEvent[]; readonly since: readonly UnwrittenEvent[] },
  ): boolean {
    const waiting = before.flatMap(({ event }) => blockOf(event) ?? []).findLast((block) => block.address === address);
    const end = address + Math.max(1, waiting?.sizeBytes ?? this.heap.blocks.get(address) ?? 1);
    return since.some(({ event }) => {
      const block = blockOf(event);
      return block && block.address < end && block.address + Math.max(1, block.sizeBytes) > address;
    });
  }

  /** Why the trace is not to be trusted; empty when nothing in it contradicts itself. */
  doubt(): Pick<TraceInfo, 'doubtful'> {
    if (this.contradictions === 0) return {};
    const events =
      this.contradictions === 1 ? '1 event contradicts' : `${formatCount(this.contradictions)} events contradict`;
    return { doubtful: `${events} the ones before, the first ${this.firstContradiction}` };
  }

  /** What cannot be is told where everything was seen; where something is known to be missing, that says enough. */
  private follow(event: HeapEvent): void {
    if (!this.seesAll) return;
    const gives = event.kind === 'alloc' || event.kind === 'realloc';
    const under = gives ? this.placed.overlapping(event.address, event.sizeBytes) : [];
    this.check(event, under);
    if (event.kind === 'free' || event.kind === 'sweep') this.placed.delete(event.address);
    if (event.kind === 'realloc') this.placed.delete(event.fromAddress);
    // Of blocks that lie over each other the older ones are gone, so that each contradiction counts once.
    for (const { address } of under) this.placed.delete(address);
    if (gives) this.placed.set({ address: event.address, sizeBytes: event.sizeBytes });
  }

  /** `under`: the live blocks where the event's lies. */
  private check(event: HeapEvent, under: readonly Placed[]): void {
    const { blocks } = this.heap;
    switch (event.kind) {
      case 'alloc':
        if (under.length > 0) this.contradicts('an allocation over a live block');
        break;
      case 'realloc':
        if (!blocks.has(event.fromAddress)) this.contradicts('a reallocation of a block that is not alive');
        if (under.some(({ address }) => address !== event.fromAddress))
          this.contradicts('a reallocation over a live block');
        break;
      case 'free':
      case 'sweep':
        if (!blocks.has(event.address)) this.contradicts('a free of a block that is not alive');
        break;
      case 'failed':
      case 'existing':
    }
  }

  private contradicts(what: string): void {
    if (this.contradictions++ === 0) this.firstContradiction = `${what} (event ${formatCount(this.made)})`;
  }

  /** With the size that the trace counts in: what was asked for, or in a heap of blocks what is occupied. */
  private sized(event: UnwrittenEvent['event']): HeapEvent {
    if (event.kind !== 'alloc' && event.kind !== 'realloc') return event;
    if ('blockSizeBytes' in event) {
      const { blockSizeBytes, ...rest } = event;
      return { ...rest, sizeBytes: blockSizeBytes };
    }
    const { blockBytes } = this.hook;
    if (blockBytes === undefined) return event;
    const requestedBytes = event.sizeBytes;
    return { ...event, sizeBytes: Math.ceil(requestedBytes / blockBytes) * blockBytes, requestedBytes };
  }
}

/** The block that an event gave out. */
function blockOf(event: UnwrittenEvent['event']): Placed | undefined {
  if (event.kind !== 'alloc' && event.kind !== 'realloc') return undefined;
  return { address: event.address, sizeBytes: 'blockSizeBytes' in event ? event.blockSizeBytes : event.sizeBytes };
}
