import { formatAddress, type Milliseconds } from '../../base/units.js';
import { signalName } from '../../link/rsp/stop-reply.js';
import type { Target } from '../../link/server/target.js';
import type { TraceRecord } from '../../trace/heap-event.js';
import { EndReason } from '../end-reason.js';
import type { Engine, HarvestPlan, LogHook } from '../engine.js';
import { type CaptureStop, DirectCapture } from './direct-capture.js';
import { DirectLink, type EngineReport } from './direct-link.js';
import { harvestMallocDirect } from './direct-malloc.js';
import { DirectRecords } from './direct-records.js';
import { findReturnInstruction } from './return-instruction.js';

export interface DirectEngineOptions {
  /** Sends the order to run on together with the reads (docs/direct-engine.md says what that costs). */
  readonly oneWrite?: boolean;
  /** Whether each event is followed by its registers and stack. On unless said otherwise. */
  readonly keepSamples?: boolean;
  /** Without an event for so long, the link is tested. */
  readonly quietMs?: Milliseconds;
  /** How long the server may take to answer a request. */
  readonly replyTimeoutMs?: Milliseconds;
  /** How long the target may take to stop when it is interrupted. */
  readonly interruptTimeoutMs?: Milliseconds;
}

const DEFAULT_QUIET_MS = 15_000;

/**
 * Captures over the remote serial protocol, without gdb: each event costs two round trips (one in the one-write mode). The
 * backtraces are unwound here from a copy of the stack, while the target runs on.
 */
export class DirectEngine implements Engine {
  readonly name = 'direct';

  constructor(private readonly options: DirectEngineOptions = {}) {}

  async *harvest(target: Target, plan: HarvestPlan, signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    const { hook } = plan;
    const { quietMs = DEFAULT_QUIET_MS, keepSamples = true } = this.options;
    await using link = await DirectLink.open(target, plan.firmware, { ...this.options, quietMs, signal });
    if (hook.type === 'malloc') yield* harvestMallocDirect(link, { ...plan, hook }, { signal, keepSamples });
    else yield* new DirectRun(link, { ...plan, hook }, { ...this.options, keepSamples }).records(signal);
  }
}

type LogPlan = HarvestPlan & { readonly hook: LogHook };

/** One capture with the log hook, from the first breakpoint to the last record. */
class DirectRun {
  private readonly made: DirectRecords;
  private capture: DirectCapture | undefined;
  private lastStop: CaptureStop | undefined;

  constructor(
    private readonly link: DirectLink,
    private readonly plan: LogPlan,
    private readonly options: { readonly oneWrite?: boolean; readonly keepSamples: boolean },
  ) {
    const { keepSamples } = options;
    this.made = new DirectRecords(link.client, plan.hook, {
      stacks: link.stacks,
      maxDepth: plan.maxDepth,
      keepSamples,
      maxEvents: plan.maxEvents,
      attached: plan.attached,
    });
  }

  async *records(signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    const capture = await this.prepareCapture();
    for (const address of armedAddresses(this.plan)) await this.link.client.breakpoints.set(address);
    const end = () => void this.link.run.end().catch(() => undefined);
    signal.addEventListener('abort', end);
    yield { kind: 'info', info: { source: 'direct engine', engine: 'direct' } };
    try {
      yield* this.link.guard(this.events(capture, signal), () => this.report());
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  private async *events(capture: DirectCapture, signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    if (!signal.aborted) {
      for await (const stop of capture.stops()) {
        this.lastStop = stop;
        yield* this.made.of(stop);
      }
    }
    yield* this.atEnd(signal);
  }

  private async prepareCapture(): Promise<DirectCapture> {
    const { hook, stops } = this.plan;
    const { oneWrite } = this.options;
    const { client } = this.link;
    this.link.reader.alongside = this.made.alongside;
    const returnInstruction = oneWrite ? await findReturnInstruction(client, hook.logFunction.address) : undefined;
    this.capture = new DirectCapture(this.link, {
      logFunction: hook.logFunction.address,
      gcInit: hook.gcInit?.address,
      stops: new Set(stops.map((stop) => stop.address)),
      isFull: () => this.made.heap.isFull,
      prepare: (stop) => this.made.prepare(stop),
      returnInstruction,
    });
    return this.capture;
  }

  private async *atEnd(signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    yield* this.made.finish(this.lastStop?.kind === 'stop');
    const { text, complete } = this.reason(signal);
    const engineReport = this.report();
    yield { kind: 'info', info: { endReason: text, ...(complete ? {} : { complete }), engineReport } };
  }

  private reason(signal: AbortSignal): EndReason {
    const { plan } = this;
    const stop = this.lastStop;
    if (stop?.kind === 'stop') {
      const label = plan.stops.find((point) => point.address === stop.snapshot.pc)?.label;
      return new EndReason(`reached ${label ?? formatAddress(stop.snapshot.pc)}`, true);
    }
    if (this.made.events === plan.maxEvents) return new EndReason(`${plan.maxEvents} events were captured`, true);
    if (signal.aborted || !stop) return EndReason.of(signal);
    const where = formatAddress(stop.snapshot.pc);
    return new EndReason(`the target stopped with ${signalName(stop.signal)} at ${where}`, false);
  }

  private report(): EngineReport {
    const { roundTrips, packets } = this.link.traffic();
    const { poke } = this.link.run;
    const events = Math.max(1, this.made.events);
    const per = (count: number) => Number((count / events).toFixed(2));
    return {
      link: this.options.oneWrite ? 'one write an event' : 'two round trips an event',
      roundTripsPerEvent: per(roundTrips),
      packetsPerEvent: per(packets),
      stackRereads: this.link.reader.rereads,
      ...(this.capture?.missedStacks ? { incompleteStacks: this.capture.missedStacks } : {}),
      ...(poke ? { openocdPokes: poke.pokes } : {}),
    };
  }
}

function armedAddresses({ hook, stops }: LogPlan): number[] {
  const points = [hook.logFunction, ...(hook.gcInit ? [hook.gcInit] : []), ...stops];
  return points.map((point) => point.address);
}
