import type { CallUnderWay } from '../../allocators/malloc-oracle.js';
import type { MemoryPiece } from '../../allocators/memory-pieces.js';
import { type Address, formatAddress, formatCount, type Microseconds, type Seq } from '../../base/units.js';
import type { DebugLink, StackSample } from '../../link/debug-link.js';
import type { Backtrace, TraceRecord } from '../../trace/heap-event.js';
import type { EventClock } from '../clock/event-clock.js';
import type { HarvestPlan, MallocHook } from '../engine.js';
import { oracleOf } from '../last-words.js';
import { heapGraph, requestedGraph } from '../objects/heap-graph.js';
import type { ArmedBreakpoints } from './armed-breakpoints.js';
import { EXCEPTION } from './call-context.js';
import { type CallEvent, givenBlock, type OpenCall, requestedBytes } from './call-hook.js';
import { EventOrder } from './event-order.js';
import { EventWriter, type UnwrittenEvent } from './event-writer.js';
import { HeapReader } from './heap-reader.js';
import { LargestSampler } from './largest-sampler.js';
import type { MallocTracker, TrackerStep } from './malloc-tracker.js';
import { TableReader } from './table-reader.js';

/** Of a call's entry. */
interface CallStack {
  /** The time at the call's entry. */
  readonly atUs?: Microseconds;
  readonly backtrace?: Backtrace;
  readonly sample?: StackSample | undefined;
}

/** Turns what the tracker says into trace records; the target is halted while it does. */
export class MallocRecords {
  private readonly tracker: MallocTracker;
  private readonly clock: EventClock;
  private readonly reader: HeapReader;
  private readonly tables: TableReader | undefined;
  private readonly sampler: LargestSampler | undefined;
  private readonly writer: EventWriter;
  private readonly order = new EventOrder<UnwrittenEvent>();
  private readonly stacks = new Map<OpenCall, CallStack>();
  /** By context: a free that was told at its entry, and may not be done. */
  private readonly freeing = new Map<string, Address>();
  private regionWanted = true;
  private seeded = false;
  private abandoned = 0;
  private firstAbandoned = '';

  constructor(
    private readonly link: DebugLink,
    private readonly plan: HarvestPlan & { readonly hook: MallocHook },
    { tracker, clock }: { readonly tracker: MallocTracker; readonly clock: EventClock },
  ) {
    this.tracker = tracker;
    this.clock = clock;
    const { hook } = plan;
    this.reader = new HeapReader(hook, (address, length) => link.readMemory(address, length));
    this.tables = hook.readsTables ? new TableReader(link, hook) : undefined;
    this.sampler = hook.captureLargest ? new LargestSampler(() => this.reader.walk()) : undefined;
    this.writer = new EventWriter(hook, this.sampler, plan.attached ?? false);
  }

  /** How many events there are, those included that wait for a realloc to return. */
  get events(): Seq {
    return this.writer.made - this.writer.existing;
  }

  /** What the capture cannot see from the start. */
  *start(): Generator<TraceRecord> {
    for (const reason of this.plan.hook.unseen) yield { kind: 'gap', reason };
  }

  /** Of a target that runs already, what is alive: at the entry of the first call, when those that were under way have ended. */
  private async *seed(): AsyncGenerator<TraceRecord> {
    if (!this.plan.attached || this.seeded) return;
    this.seeded = true;
    const walk = await this.reader.walk();
    if ('problem' in walk) {
      yield { kind: 'gap', reason: `what was alive before the capture began is not known: ${walk.problem}` };
      return;
    }
    yield* this.writer.writeExisting(walk.blocks.filter(({ used }) => used));
  }

  /** The target stopped in this context: a free that was told there is done. */
  stoppedIn(context: string): void {
    this.freeing.delete(context);
    // A handler has run to its end when other code runs.
    if (context.startsWith(EXCEPTION)) return;
    for (const each of this.freeing.keys()) if (each.startsWith(EXCEPTION)) this.freeing.delete(each);
  }

  async *of(step: TrackerStep, task: number | undefined, armed: ArmedBreakpoints): AsyncGenerator<TraceRecord> {
    switch (step.kind) {
      case 'opened':
        yield* this.opened(step.call);
        break;
      case 'event':
        yield* this.ended(step.call, step.event, task);
        break;
      case 'nothing':
        yield* this.ended(step.call, undefined, task);
        break;
      case 'collected':
        this.link.heapCollected?.();
        yield* this.sweep(this.takeStack(step.call), task);
        break;
      case 'reset':
        this.link.heapCollected?.();
        if (this.events > 0) yield* this.writer.beginAnew(step.call.hook.name);
        this.regionWanted = true;
        this.tables?.forget();
        break;
      case 'abandoned':
        yield* this.abandon(step.call, armed);
    }
  }

  /** The target is halted for the last time: what was held back, what was left open, and the check of the heap. */
  async *finish({ reachedStop }: { readonly reachedStop: boolean }): AsyncGenerator<TraceRecord> {
    yield* this.seed();
    yield* this.writer.write(this.order.rest());
    const open = this.tracker.open.filter(({ hook }) => hook.kind !== 'free').length;
    if (open === 0 && reachedStop) yield* this.catchUp();
    // Read once for all that asks: a heap takes seconds over a debug port.
    const copies: MemoryPiece[] = [];
    const walk = await this.reader.walk(copies);
    if (this.sampler) yield* open === 0 && reachedStop ? await this.sampler.sample(walk) : this.sampler.release();
    if (this.abandoned > 0) {
      const calls = this.abandoned === 1 ? 'call was' : 'calls were';
      const text = `${formatCount(this.abandoned)} ${calls} left without a return (longjmp, a reset, or a function that never returns), the first ${this.firstAbandoned}`;
      yield { kind: 'note', code: 'abandoned-calls', text };
    }
    if (open > 0) {
      const names = this.tracker.open.map(nameOf).join(', ');
      const text = `under way at the end, without an event: ${open === 1 ? 'a call' : `${formatCount(open)} calls`} of ${names}`;
      yield { kind: 'note', code: 'calls-under-way', text };
    }
    // Areas may have been added to a heap of blocks.
    if (this.reader.isGc) for (const region of await this.reader.regions()) yield { kind: 'region', region };
    const oracle = this.reader.oracle(walk, this.writer.live, this.underWay());
    yield { kind: 'info', info: { oracle: oracleOf(oracle, this.events), ...this.writer.doubt() } };
    yield* heapGraph(this.link, this.plan, { walk, copies, starts: this.writer.live.keys() });
  }

  /** Who holds which block at this moment, where that was asked for. While a call is under way the heap is in no order. */
  async *requestedGraph(): AsyncGenerator<TraceRecord> {
    if (this.tracker.open.length > 0) return;
    const copies: MemoryPiece[] = [];
    yield* requestedGraph(this.link, this.plan, async () => ({
      walk: await this.reader.walk(copies),
      copies,
      starts: this.writer.live.keys(),
    }));
  }

  private underWay(): CallUnderWay[] {
    const frees = [...this.freeing.values()].map((address) => ({ kind: 'free', address }) as const);
    return [...frees, ...this.tracker.open.flatMap(changeUnderWay)];
  }

  private async *opened(call: OpenCall): AsyncGenerator<TraceRecord> {
    if (this.regionWanted) {
      const regions = await this.reader.regions();
      this.regionWanted = regions.length === 0 && this.reader.isGc;
      for (const region of regions) yield { kind: 'region', region };
    }
    yield* this.seed();
    // A collection is not seen where its end has no breakpoint.
    if (this.tables) this.link.heapCollected?.();
    // The hooked function's own frame is not part of a backtrace.
    const backtrace = await this.link.backtrace(this.plan.maxDepth + 1);
    this.stacks.set(call, { backtrace: backtrace.slice(1), sample: this.link.sample?.(), atUs: this.clock.nowUs });
    if (this.isAlone(call)) {
      yield* this.catchUp();
      if (this.sampler) yield* await this.sampler.sample();
    }
    if (call.hook.kind === 'realloc' && givenBlock(call) !== 0) this.order.open(call);
  }

  /** Whether no other call is under way: the heap stands still. */
  private isAlone(call: OpenCall): boolean {
    return this.tracker.open.every((other) => other === call);
  }

  private takeStack(call: OpenCall): CallStack {
    const stack = this.stacks.get(call) ?? { backtrace: [] };
    this.stacks.delete(call);
    return stack;
  }

  /** A call has ended (a free: has begun), with what it did. */
  private async *ended(
    call: OpenCall,
    event: CallEvent | undefined,
    task: number | undefined,
  ): AsyncGenerator<TraceRecord> {
    const stack = this.takeStack(call);
    const unwritten = (each: UnwrittenEvent['event']): UnwrittenEvent => ({
      event: each,
      ...stack,
      atUs: this.clock.nowUs,
      task,
    });
    if (call.hook.kind !== 'free' && this.isAlone(call)) yield* this.catchUp(stack, event);
    if (event?.kind === 'free') this.freeing.set(call.context, event.address);
    if (call.hook.kind !== 'realloc' || givenBlock(call) === 0) {
      if (event) yield* this.writer.write(this.order.add(unwritten(event)));
      return;
    }
    // Of the block that it left another may have got the place before this call returned.
    // Of a block that it freed (realloc(p, 0)), too.
    const parts =
      event?.kind === 'free'
        ? { atEntry: [{ ...unwritten(event), atUs: stack.atUs ?? this.clock.nowUs }], atReturn: [] }
        : event?.kind === 'realloc' && this.writer.isTaken(event.fromAddress, this.order.around(call))
          ? {
              atEntry: [
                { ...unwritten({ kind: 'free', address: event.fromAddress }), atUs: stack.atUs ?? this.clock.nowUs },
              ],
              atReturn: [unwritten({ ...event, kind: 'alloc' })],
            }
          : { atEntry: [], atReturn: event ? [unwritten(event)] : [] };
    yield* this.writer.write(this.order.close(call, parts));
  }

  /** What has changed without a breakpoint, where that is to be read. */
  private async *catchUp(stack: CallStack = {}, own?: CallEvent): AsyncGenerator<TraceRecord> {
    if (!this.tables) return;
    const found = await this.tables.changes(this.writer.live, own);
    if ('problem' in found) {
      yield { kind: 'gap', reason: `what changed in the heap is not known: ${found.problem}` };
      return;
    }
    if (found.restarted !== undefined) {
      yield* this.writer.write(this.order.rest());
      if (this.events > 0) yield* this.writer.beginAnew(found.restarted);
      for (const region of await this.reader.regions()) yield { kind: 'region', region };
      return;
    }
    if (found.missed > 0) {
      yield {
        kind: 'gap',
        reason: 'blocks were allocated without a call that was seen; they are told without a backtrace',
      };
    }
    for (const event of found.events)
      yield* this.writer.write(this.order.add({ event, ...stack, atUs: this.clock.nowUs, task: undefined }));
  }

  /** After a collection: what the events say is alive, and the allocation table does not know any more, has died. */
  private async *sweep(stack: CallStack, task: number | undefined): AsyncGenerator<TraceRecord> {
    const walk = await this.reader.walk();
    if ('problem' in walk) {
      yield { kind: 'gap', reason: `what the garbage collection freed is not known: ${walk.problem}` };
      return;
    }
    const used = new Set(walk.blocks.filter((block) => block.used).map((block) => block.start));
    const dead = [...this.writer.live.keys()].filter((address) => !used.has(address)).sort((a, b) => a - b);
    for (const address of dead) {
      yield* this.writer.write(
        this.order.add({ event: { kind: 'sweep', address }, ...stack, atUs: this.clock.nowUs, task }),
      );
    }
  }

  private *abandon(call: OpenCall, armed: ArmedBreakpoints): Generator<TraceRecord> {
    this.stacks.delete(call);
    yield* this.writer.write(this.order.close(call, { atEntry: [], atReturn: [] }));
    if (armed.wasUnwatched(call)) {
      const reason = `the return of ${nameOf(call)} was not seen: too few breakpoints`;
      yield { kind: 'gap', reason, lostEvents: 1 };
      return;
    }
    if (this.abandoned++ === 0)
      this.firstAbandoned = `${nameOf(call)} called from ${formatAddress(call.returnAddress)}`;
  }
}

/** What a call that has not returned may have done; nothing for a collection. */
function changeUnderWay(call: OpenCall): CallUnderWay[] {
  const [address, sizeBytes] = [givenBlock(call), requestedBytes(call)];
  switch (call.hook.kind) {
    case 'alloc':
      return [{ kind: 'alloc', sizeBytes }];
    case 'realloc':
      return [address === 0 ? { kind: 'alloc', sizeBytes } : { kind: 'realloc', address, sizeBytes }];
    case 'free':
      return [{ kind: 'free', address }];
    case 'collect':
    case 'reset':
      return [];
  }
}

function nameOf(call: OpenCall): string {
  return call.hook.name;
}
