import { type GcArea, readArea } from '../../allocators/gc-area.js';
import type { Blocks, Seq } from '../../base/units.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';
import { GcLog, gcRegion } from '../../trace/gc-log.js';
import type { Backtrace, TraceRecord } from '../../trace/heap-event.js';
import type { LogHook } from '../engine.js';
import type { CaptureStop } from './direct-capture.js';
import type { StopSnapshot } from './stop-snapshot.js';
import type { StopUnwinder } from './stop-unwinder.js';

export interface RecordsOptions {
  readonly stacks: StopUnwinder;
  readonly maxDepth: number;
  readonly keepSamples: boolean;
}

/**
 * Turns stops of the target into trace records. {@link prepare} does what needs the halted target (rarely anything), {@link of} the
 * rest while it runs on. Stops are given to both in order, one after the other.
 */
export class DirectRecords {
  /** How many events were made. */
  events: Seq = 0;
  readonly log: GcLog;
  /** Where the heap lies in the current epoch; undefined while that is unknown. */
  area: GcArea | undefined;
  /** The block of the last event: its change may not have reached the target's table yet. */
  lastBlock: Blocks | undefined;
  /** Of stops that had to be unwound before the target ran on. */
  private readonly unwound = new WeakMap<StopSnapshot, Backtrace>();
  private readonly startedAt = performance.now();
  private newEpoch = true;
  private areaIsNew = false;

  constructor(
    private readonly client: RspClient,
    private readonly hook: LogHook,
    private readonly options: RecordsOptions,
  ) {
    this.log = new GcLog(hook.blockBytes);
  }

  /** Before the target runs on: reads where the heap lies, and all of a stack whose end is not known. */
  async prepare(stop: CaptureStop): Promise<CaptureStop> {
    if (stop.kind === 'gc-init') this.newEpoch = true;
    if (stop.kind !== 'log') return stop;
    if (this.newEpoch) {
      this.newEpoch = false;
      this.area = await readArea(this.client, this.hook.variables);
      this.areaIsNew = true;
    }
    if (stop.snapshot.reachesTop) return stop;
    const { backtrace, snapshot } = await this.options.stacks.ofHalted(stop.snapshot, this.depth);
    this.unwound.set(snapshot, backtrace);
    return { ...stop, snapshot };
  }

  /** The records of a stop; none for those that are no event. */
  *of(stop: CaptureStop): Generator<TraceRecord, void, undefined> {
    if (stop.kind === 'gc-init') {
      this.log.reset(0);
      if (this.events > 0) yield { kind: 'epoch', reason: 'gc_init' };
    }
    if (stop.kind === 'log' && this.areaIsNew) {
      this.areaIsNew = false;
      this.log.reset(this.area?.poolStart ?? 0);
      if (this.area) {
        const { poolStart, poolEnd } = this.area;
        yield { kind: 'region', region: gcRegion(this.hook.blockBytes, poolStart, poolEnd) };
      }
    }
    if (stop.kind === 'log') yield* this.event(stop.snapshot);
  }

  private *event(snapshot: StopSnapshot): Generator<TraceRecord, void, undefined> {
    const { registers, sp, stack } = snapshot;
    const whole = this.unwound.get(snapshot) ?? this.options.stacks.ofCopy(snapshot, this.depth);
    const backtrace = whole.slice(1);
    this.lastBlock = registers[0] ?? 0;
    const event = this.log.event(this.lastBlock, registers[1] ?? 0, backtrace);
    const seq = this.events++;
    yield { ...event, atUs: Math.round((performance.now() - this.startedAt) * 1000) };
    if (this.options.keepSamples) yield { kind: 'raw', sample: { seq, registers, stackAddress: sp, stack } };
  }

  /** One more: the log function's own frame is not part of a backtrace. */
  private get depth(): number {
    return this.options.maxDepth + 1;
  }
}
