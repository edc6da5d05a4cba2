import { formatAddress, formatCount, type Seq } from '../../base/units.js';
import type { DebugSession, StackSample } from '../../link/debug-session.js';
import type { Backtrace, HeapEvent, TraceRecord } from '../../trace/heap-event.js';
import { LiveHeap } from '../../trace/live-heap.js';
import type { HarvestPlan, MallocHook } from '../engine.js';
import type { ArmedBreakpoints } from './armed-breakpoints.js';
import type { CallEvent, OpenCall } from './call-hook.js';
import { HeapReader } from './heap-reader.js';
import { LargestSampler } from './largest-sampler.js';
import type { MallocTracker, TrackerStep } from './malloc-tracker.js';

/** Of a call's entry. */
interface CallStack {
  readonly backtrace: Backtrace;
  readonly sample: StackSample | undefined;
}

/** Turns what the tracker says into trace records; the target is halted while it does. */
export class MallocRecords {
  /** How many events were made. */
  events: Seq = 0;
  private readonly heap = new LiveHeap();
  private readonly reader: HeapReader;
  private readonly sampler: LargestSampler | undefined;
  private readonly stacks = new Map<OpenCall, CallStack>();
  private readonly startedAt = performance.now();
  private regionWanted = true;
  private abandoned = 0;
  private firstAbandoned = '';
  private lastEvent: HeapEvent['kind'] | undefined;

  constructor(
    private readonly session: DebugSession,
    private readonly plan: HarvestPlan & { readonly hook: MallocHook },
    private readonly tracker: MallocTracker,
  ) {
    this.reader = new HeapReader(plan.hook, (address, length) => session.readMemory(address, length));
    this.sampler = plan.hook.captureLargest ? new LargestSampler(() => this.reader.walk()) : undefined;
  }

  async *of(step: TrackerStep, task: number | undefined, armed: ArmedBreakpoints): AsyncGenerator<TraceRecord> {
    switch (step.kind) {
      case 'opened':
        yield* this.opened(step.call);
        break;
      case 'event':
        yield* this.emit(step.event, this.takeStack(step.call), task);
        break;
      case 'collected':
        yield* this.sweep(this.takeStack(step.call), task);
        break;
      case 'reset':
        if (this.events > 0) yield* this.beginAnew(step.call.hook.name);
        this.regionWanted = true;
        break;
      case 'abandoned':
        yield* this.abandon(step.call, armed);
    }
  }

  /** The target is halted for the last time: what was held back, what was left open, and the check of the heap. */
  async *finish({ reachedStop }: { readonly reachedStop: boolean }): AsyncGenerator<TraceRecord> {
    const open = this.tracker.open.filter(({ hook }) => hook.kind !== 'free').length;
    if (this.sampler) yield* open === 0 && reachedStop ? await this.sampler.sample() : this.sampler.release();
    if (this.abandoned > 0) {
      const calls = this.abandoned === 1 ? 'call was' : 'calls were';
      const text = `${formatCount(this.abandoned)} ${calls} left without a return (longjmp, or a function that never returns), the first ${this.firstAbandoned}`;
      yield { kind: 'note', code: 'abandoned-calls', text };
    }
    if (open > 0) {
      const names = this.tracker.open.map(nameOf).join(', ');
      const text = `under way at the end, without an event: ${open === 1 ? 'a call' : `${formatCount(open)} calls`} of ${names}`;
      yield { kind: 'note', code: 'calls-under-way', text };
    }
    // A free is told at its entry: the block may still be there.
    const freeing = !reachedStop && this.lastEvent === 'free' ? 1 : 0;
    yield { kind: 'info', info: { oracle: await this.reader.oracle(this.heap.blocks, open + freeing) } };
  }

  private async *opened(call: OpenCall): AsyncGenerator<TraceRecord> {
    if (this.regionWanted) {
      const regions = await this.reader.regions();
      this.regionWanted = regions.length === 0 && this.reader.isGc;
      for (const region of regions) yield { kind: 'region', region };
    }
    // The hooked function's own frame is not part of a backtrace.
    const backtrace = await this.session.backtrace(this.plan.maxDepth + 1);
    this.stacks.set(call, { backtrace: backtrace.slice(1), sample: this.session.sample?.() });
    const isAlone = this.tracker.open.every((other) => other === call);
    if (this.sampler && isAlone) yield* await this.sampler.sample();
  }

  private takeStack(call: OpenCall): CallStack {
    const stack = this.stacks.get(call) ?? { backtrace: [], sample: undefined };
    this.stacks.delete(call);
    return stack;
  }

  private *emit(
    event: CallEvent | { readonly kind: 'sweep'; readonly address: number },
    { backtrace, sample }: CallStack,
    task: number | undefined,
  ): Generator<TraceRecord> {
    const atUs = Math.round((performance.now() - this.startedAt) * 1000);
    const made: HeapEvent = { ...event, backtrace, atUs, ...(task === undefined ? {} : { task }) };
    this.heap.add(made);
    const raw: TraceRecord[] = sample ? [{ kind: 'raw', sample: { seq: this.events, ...sample } }] : [];
    this.events++;
    this.lastEvent = made.kind;
    if (this.sampler) yield* this.sampler.hold(made, raw);
    else yield* [made, ...raw];
  }

  private *beginAnew(reason: string): Generator<TraceRecord> {
    if (this.sampler) yield* this.sampler.release();
    const epoch = { kind: 'epoch', reason } as const;
    this.heap.add(epoch);
    yield epoch;
  }

  /** After a collection: what the events say is alive, and the allocation table does not know any more, has died. */
  private async *sweep(stack: CallStack, task: number | undefined): AsyncGenerator<TraceRecord> {
    const walk = await this.reader.walk();
    if ('problem' in walk) {
      yield { kind: 'gap', reason: `what the garbage collection freed is not known: ${walk.problem}` };
      return;
    }
    const used = new Set(walk.blocks.filter((block) => block.used).map((block) => block.start));
    const dead = [...this.heap.blocks.keys()].filter((address) => !used.has(address)).sort((a, b) => a - b);
    for (const address of dead) yield* this.emit({ kind: 'sweep', address }, stack, task);
  }

  private *abandon(call: OpenCall, armed: ArmedBreakpoints): Generator<TraceRecord> {
    this.stacks.delete(call);
    if (armed.wasUnwatched(call)) {
      const reason = `the return of ${nameOf(call)} was not seen: too few breakpoints`;
      yield { kind: 'gap', reason, lostEvents: 1 };
      return;
    }
    if (this.abandoned++ === 0)
      this.firstAbandoned = `${nameOf(call)} called from ${formatAddress(call.returnAddress)}`;
  }
}

function nameOf(call: OpenCall): string {
  return call.hook.name;
}
