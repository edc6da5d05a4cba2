import { firstAreaRange, type TargetMemory } from '../../allocators/gc-area.js';
import type { Address, Bytes, Seq } from '../../base/units.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';
import { gcEvent } from '../../trace/gc-log.js';
import type { Backtrace, TraceRecord } from '../../trace/heap-event.js';
import { eventClock } from '../clock/event-clock.js';
import type { TargetClock } from '../clock/parse-clock.js';
import type { LogHook } from '../engine.js';
import { oracleOf } from '../last-words.js';
import { LinkCheck } from '../link-check.js';
import { type FollowerStep, HeapFollower } from '../log/heap-follower.js';
import type { CaptureStop } from './direct-capture.js';
import type { StopSnapshot } from './stop-snapshot.js';
import type { StopUnwinder } from './stop-unwinder.js';

export interface RecordsOptions {
  readonly stacks: StopUnwinder;
  readonly maxDepth: number;
  readonly keepSamples: boolean;
  readonly maxEvents?: number | undefined;
  readonly attached?: boolean | undefined;
  /** Default: the host's. */
  readonly clock?: TargetClock | undefined;
}

/**
 * Turns stops of the target into trace records. {@link prepare} does what needs the halted target (rarely anything), {@link of} the
 * rest while it runs on. Stops are given to both in order, one after the other.
 */
export class DirectRecords {
  /** How many events were made. */
  events: Seq = 0;
  readonly heap: HeapFollower<StopSnapshot>;
  /** Of stops that had to be unwound before the target ran on. */
  private readonly unwound = new WeakMap<StopSnapshot, Backtrace>();
  private readonly clock;
  private readonly link: LinkCheck;
  private readonly initSteps: FollowerStep<StopSnapshot>[] = [];
  private readonly steps = new WeakMap<StopSnapshot, readonly FollowerStep<StopSnapshot>[]>();

  constructor(
    private readonly client: RspClient,
    private readonly hook: LogHook,
    private readonly options: RecordsOptions,
  ) {
    this.heap = new HeapFollower(hook, options);
    this.clock = eventClock(options.clock);
    this.link = new LinkCheck(client, hook.logFunction.address);
  }

  /** Before the target runs for the first time. */
  begin(): Promise<void> {
    return this.link.begin();
  }

  /** Before the target runs on: reads where the heap lies, and all of a stack whose end is not known. */
  async prepare(stop: CaptureStop): Promise<CaptureStop> {
    // At the entry and at the return; only the second is given to `of`.
    if (stop.kind === 'gc-init') this.initSteps.push(...(await this.heap.restart(this.client)));
    if (stop.kind !== 'log') return stop;
    await this.clock.tick(this.client);
    // What a script does is read while the target is halted.
    const canWait = stop.snapshot.reachesTop && !this.options.stacks.scripts;
    const whole = canWait ? stop.snapshot : await this.unwindHalted(stop.snapshot);
    const [block, length] = this.argumentsOf(whole);
    const steps = await this.heap.at({ block, length, logged: whole }, this.memoryAt(whole));
    const heapChanged = steps.some(({ kind }) => kind === 'epoch' || kind === 'region' || kind === 'gap');
    await this.link.check({ ...whole, heapChanged });
    this.steps.set(whole, steps);
    return { ...stop, snapshot: whole };
  }

  /** The records of a stop; none for those that are no event. */
  *of(stop: CaptureStop): Generator<TraceRecord, void, undefined> {
    const { snapshot } = stop;
    if (stop.kind === 'gc-init') yield* this.recordsOf(this.initSteps.splice(0));
    const steps = this.steps.get(snapshot);
    if (steps) yield* this.recordsOf(steps);
    else if (stop.kind === 'log') {
      // The one-write mode: the target has run on.
      const [block, length] = this.argumentsOf(snapshot);
      const steps = this.heap.atOnce({ block, length, logged: snapshot }, snapshot.alongside);
      const isNew = this.backtraceOf(snapshot)[0]?.functionName === 'gc_alloc';
      // A new block over a live one: what the tables would tell, if there were time to read them.
      yield* this.recordsOf(
        steps.map((step) =>
          isNew && step.kind === 'change' && step.change === 'realloc' ? { ...step, change: 'alloc' } : step,
        ),
      );
    }
  }

  /** The first block and how many, as the log function was given them. */
  private argumentsOf({ registers }: StopSnapshot): readonly [number, number] {
    const [first, second] = this.client.architecture.arguments;
    return [registers[first] ?? 0, registers[second] ?? 0];
  }

  /** What is to be read with every stop: a restart of the heap and a further area show in it. */
  get alongside(): { readonly address: Address; readonly length: Bytes } | undefined {
    const { variables, gcInit } = this.hook;
    if (!variables || (gcInit && !variables.chain)) return undefined;
    const { address, length } = firstAreaRange(variables);
    return { address, length: length + 2 };
  }

  private memoryAt({ alongside }: StopSnapshot): TargetMemory {
    const range = this.alongside;
    if (!alongside || !range) return this.client;
    return {
      readMemory: (address, length) =>
        address === range.address && length <= alongside.length
          ? Promise.resolve(alongside.subarray(0, length))
          : this.client.readMemory(address, length),
    };
  }

  /** The target is halted for the last time. `atEnd`: it stands outside of the log function. */
  async *finish(atEnd: boolean): AsyncGenerator<TraceRecord, void, undefined> {
    const { steps, oracle } = await this.heap.finish(this.client, atEnd);
    yield* this.recordsOf(steps);
    yield { kind: 'info', info: { oracle: oracleOf(oracle, this.events) } };
  }

  private *recordsOf(steps: readonly FollowerStep<StopSnapshot>[]): Generator<TraceRecord, void, undefined> {
    for (const step of steps) {
      if (step.kind === 'epoch' || step.kind === 'sweep') this.options.stacks.scripts?.forget();
      if (step.kind !== 'change') {
        if (step.kind === 'sweep' || step.kind === 'existing') this.events++;
        yield step;
        continue;
      }
      const { registers, sp, stack } = step.logged;
      const backtrace = this.backtraceOf(step.logged);
      const seq = this.events++;
      const event = gcEvent(step.change, step, backtrace);
      if (event.kind === 'sweep') this.options.stacks.scripts?.forget();
      yield { ...event, atUs: this.clock.nowUs };
      if (this.options.keepSamples) yield { kind: 'raw', sample: { seq, registers, stackAddress: sp, stack } };
    }
  }

  private backtraceOf(snapshot: StopSnapshot): Backtrace {
    const whole = this.unwound.get(snapshot) ?? this.options.stacks.ofCopy(snapshot, this.depth);
    this.unwound.set(snapshot, whole);
    return whole.slice(1);
  }

  private async unwindHalted(short: StopSnapshot): Promise<StopSnapshot> {
    const { backtrace, snapshot } = await this.options.stacks.ofHalted(short, this.depth);
    this.unwound.set(snapshot, backtrace);
    return snapshot;
  }

  /** One more: the log function's own frame is not part of a backtrace. */
  private get depth(): number {
    return this.options.maxDepth + 1;
  }
}
