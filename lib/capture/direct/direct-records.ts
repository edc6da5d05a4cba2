import { firstAreaRange, type TargetMemory } from '../../allocators/gc-area.js';
import type { Address, Bytes, Seq } from '../../base/units.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';
import type { Backtrace, TraceRecord } from '../../trace/heap-event.js';
import { eventClock } from '../clock/event-clock.js';
import type { TargetClock } from '../clock/parse-clock.js';
import type { LogHook } from '../engine.js';
import { LinkCheck } from '../link-check.js';
import { eventOf, type FollowerStep, isLogged } from '../log/follower-step.js';
import { HeapFollower } from '../log/heap-follower.js';
import type { CaptureStop } from './direct-capture.js';
import type { StopSnapshot } from './stop-snapshot.js';
import type { StopUnwinder } from './stop-unwinder.js';

export interface RecordsOptions {
  /** Code that does not change while the target is there. */
  readonly code: Address;
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
  readonly heap: HeapFollower<StopSnapshot>;
  /** The number of the next event in the trace, where what was alive before is counted as well. */
  private seq: Seq = 0;
  /** Of stops that had to be unwound before the target ran on. */
  private readonly unwound = new WeakMap<StopSnapshot, Backtrace>();
  private readonly clock;
  private readonly link: LinkCheck;
  private readonly steps = new WeakMap<StopSnapshot, readonly FollowerStep<StopSnapshot>[]>();

  constructor(
    private readonly client: RspClient,
    private readonly hook: LogHook,
    private readonly options: RecordsOptions,
  ) {
    this.heap = new HeapFollower(hook, options);
    this.clock = eventClock(options.clock);
    this.link = new LinkCheck(client, options.code);
  }

  /** Before the target runs for the first time. */
  async begin(): Promise<void> {
    await this.link.begin();
    await this.heap.begin(this.client);
  }

  /** Before the target runs on: reads where the heap lies, and all of a stack whose end is not known. */
  async prepare(stop: CaptureStop): Promise<CaptureStop> {
    if (stop.kind === 'restart') this.steps.set(stop.snapshot, await this.restart(stop.snapshot));
    if (stop.kind !== 'log' && stop.kind !== 'refusal') return stop;
    await this.clock.tick(this.client);
    // What a script does is read while the target is halted.
    const canWait = stop.snapshot.reachesTop && !this.options.stacks.scripts;
    const whole = canWait ? stop.snapshot : await this.unwindHalted(stop.snapshot);
    const [first, second] = this.argumentsOf(whole);
    const steps =
      stop.kind === 'log'
        ? await this.heap.at({ block: first, length: second, logged: whole }, this.memoryAt(whole))
        : await this.heap.refused({ requestedBytes: first, logged: whole }, this.client);
    const heapChanged = steps.some(({ kind }) => kind === 'epoch' || kind === 'region' || kind === 'gap');
    await this.link.check({ ...whole, heapChanged });
    this.steps.set(whole, steps);
    return { ...stop, snapshot: whole };
  }

  /** The records of a stop; none for those that are no event. */
  *of(stop: CaptureStop): Generator<TraceRecord, void, undefined> {
    const { snapshot } = stop;
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

  /** The first two arguments; of the log function: the first block, and how many. */
  private argumentsOf({ registers }: StopSnapshot): readonly [number, number] {
    const [first, second] = this.client.architecture.callAt(registers).arguments;
    return [registers[first] ?? 0, registers[second] ?? 0];
  }

  private restart({ pc }: StopSnapshot): Promise<FollowerStep<StopSnapshot>[]> {
    const { resetHandler } = this.hook;
    return this.heap.restart(this.client, resetHandler?.address === pc ? resetHandler.label : undefined);
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
    yield { kind: 'info', info: { oracle } };
  }

  private *recordsOf(steps: readonly FollowerStep<StopSnapshot>[]): Generator<TraceRecord, void, undefined> {
    for (const step of steps) {
      if (step.kind === 'epoch' || step.kind === 'sweep') this.options.stacks.scripts?.forget();
      if (!isLogged(step)) {
        if (step.kind === 'sweep' || step.kind === 'existing') this.seq++;
        yield step;
        continue;
      }
      const { registers, sp, stack } = step.logged;
      const backtrace = this.backtraceOf(step.logged);
      const seq = this.seq++;
      const event = eventOf(step, backtrace);
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
