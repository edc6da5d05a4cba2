import { formatAddress, type Milliseconds } from '../../base/units.js';
import { signalName } from '../../link/rsp/stop-reply.js';
import type { Target } from '../../link/server/target.js';
import { WAIT_MS } from '../../link/waits.js';
import type { TraceRecord } from '../../trace/heap-event.js';
import { EndReason } from '../end-reason.js';
import { type Engine, type HarvestPlan, hookedPoints, type LogHook } from '../engine.js';
import { LastWords } from '../last-words.js';
import { steadyCode } from '../link-check.js';
import { heapGraph, requestedGraph } from '../objects/heap-graph.js';
import { statusText, whereabouts } from '../whereabouts.js';
import { type CaptureStop, DirectCapture } from './direct-capture.js';
import { DirectConnection, type EngineReport } from './direct-connection.js';
import { harvestMallocDirect } from './direct-malloc.js';
import { DirectRecords } from './direct-records.js';
import { constantCode } from './pass-breakpoint.js';
import { findReturnInstruction } from './return-instruction.js';

/** How the direct engine works, where it has a choice. */
export interface DirectEngineOptions {
  /** Sends the order to run on together with the reads (docs/direct-engine.md says what that costs). */
  readonly oneWrite?: boolean;
  /** Whether each event is followed by its registers and stack. On unless said otherwise. */
  readonly keepSamples?: boolean;
  /** Without an event for so long, it is said what the target does; the link is tested sooner. */
  readonly quietMs?: Milliseconds;
  /** How long the server may take to answer a request. */
  readonly replyTimeoutMs?: Milliseconds;
  /** How long the target may take to stop when it is interrupted. */
  readonly interruptTimeoutMs?: Milliseconds;
}

/**
 * Captures over the remote serial protocol, without gdb: each event costs two round trips (one in the one-write mode). The
 * backtraces are unwound here from a copy of the stack, while the target runs on.
 */
export class DirectEngine implements Engine {
  readonly name = 'direct';

  constructor(private readonly options: DirectEngineOptions = {}) {}

  async *harvest(target: Target, plan: HarvestPlan, signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    const { hook } = plan;
    const { quietMs = WAIT_MS.quiet, keepSamples = true } = this.options;
    await using connection = await DirectConnection.open(target, plan.firmware, { ...this.options, quietMs, signal });
    if (hook.type === 'malloc')
      yield* harvestMallocDirect(connection, { ...plan, hook }, { signal, keepSamples, quietMs });
    else yield* new DirectRun(connection, { ...plan, hook }, { ...this.options, quietMs, keepSamples }).records(signal);
  }
}

type LogPlan = HarvestPlan & { readonly hook: LogHook };

/** One capture with the log hook, from the first breakpoint to the last record. */
class DirectRun {
  private readonly made: DirectRecords;
  private lastStop: CaptureStop | undefined;

  constructor(
    private readonly connection: DirectConnection,
    private readonly plan: LogPlan,
    private readonly options: {
      readonly oneWrite?: boolean;
      readonly keepSamples: boolean;
      readonly quietMs: Milliseconds;
    },
  ) {
    const { keepSamples } = options;
    this.made = new DirectRecords(connection.client, plan.hook, {
      code: steadyCode(plan.firmware, plan.hook.logFunction.address),
      stacks: connection.stacks,
      maxDepth: plan.maxDepth,
      keepSamples,
      maxEvents: plan.maxEvents,
      attached: plan.attached,
      clock: plan.clock,
    });
  }

  async *records(signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    const capture = await this.prepareCapture();
    for (const address of armedAddresses(this.plan)) await this.connection.client.breakpoints.set(address);
    const end = () => void this.connection.run.end().catch(() => undefined);
    signal.addEventListener('abort', end);
    yield { kind: 'info', info: { source: 'direct engine', engine: 'direct' } };
    try {
      yield* this.connection.guard(this.events(capture, signal), () => this.report());
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  private async *events(capture: DirectCapture, signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    const words = await LastWords.prepare(this.connection.client, this.plan.firmware);
    const { client } = this.connection;
    this.plan.graphs?.connect(() => client.interrupts.ask('test'));
    if (!signal.aborted) {
      for await (const stop of capture.stops()) {
        if (stop.kind === 'quiet') {
          // What was seen last is told at the end.
          if (this.made.heap.hasSeenAll) break;
          yield* requestedGraph(this.connection.client, this.plan);
          if (stop.quietMs >= this.options.quietMs) yield await this.status(stop.quietMs);
        } else {
          this.lastStop = stop;
          yield* this.made.of(stop);
        }
      }
    }
    this.plan.graphs?.close();
    const { refusal } = this.plan.hook;
    if (capture.isOneWrite && refusal) {
      const text = `requests that ${refusal.label} refuses are not told in the one-write mode`;
      yield { kind: 'note', code: 'plan', text };
    }
    yield* this.atEnd(signal, words);
  }

  private async prepareCapture(): Promise<DirectCapture> {
    const { firmware, hook, stops } = this.plan;
    const { oneWrite } = this.options;
    const { client } = this.connection;
    await this.made.begin();
    this.connection.reader.alongside = this.made.alongside;
    const returnInstruction = oneWrite ? await findReturnInstruction(client, hook.logFunction.address) : undefined;
    return new DirectCapture(this.connection, {
      logFunction: hook.logFunction.address,
      refusal: hook.refusal?.address,
      restarts: new Set([hook.gcInit, hook.resetHandler].flatMap((point) => (point ? [point.address] : []))),
      stops: new Set(stops.map((stop) => stop.address)),
      isFull: () => this.made.heap.isFull,
      prepare: (stop) => this.made.prepare(stop),
      isConstant: constantCode(firmware),
      returnInstruction,
    });
  }

  private async *atEnd(signal: AbortSignal, words: LastWords): AsyncGenerator<TraceRecord, void, undefined> {
    const reached = this.lastStop?.kind === 'stop';
    yield* this.made.finish(reached);
    yield* heapGraph(this.connection.client, this.plan);
    const told = await words.of({ reason: this.reason(signal), reached, events: this.made.heap.events });
    yield { kind: 'info', info: { ...told, engineReport: this.report() } };
  }

  private async status(quietMs: Milliseconds): Promise<TraceRecord> {
    const { client } = this.connection;
    const where = await whereabouts(client, this.plan.firmware);
    return { kind: 'status', text: statusText(where, client.breakpoints.addresses.length, quietMs) };
  }

  private reason(signal: AbortSignal): EndReason {
    const { plan } = this;
    const stop = this.lastStop;
    if (stop?.kind === 'stop') {
      const label = plan.stops.find((point) => point.address === stop.snapshot.pc)?.label;
      return new EndReason(`reached ${label ?? formatAddress(stop.snapshot.pc)}`, true);
    }
    if (this.made.heap.isFull) return new EndReason(`${plan.maxEvents} events were captured`, true);
    if (signal.aborted || !stop) return EndReason.of(signal);
    return EndReason.ofStop({ kind: 'fault', pc: stop.snapshot.pc, signal: signalName(stop.signal) });
  }

  private report(): EngineReport {
    const { roundTrips, packets } = this.connection.traffic();
    const { poke } = this.connection.run;
    const events = Math.max(1, this.made.heap.events);
    const per = (count: number) => Number((count / events).toFixed(2));
    return {
      link: this.options.oneWrite ? 'one write an event' : 'two round trips an event',
      roundTripsPerEvent: per(roundTrips),
      packetsPerEvent: per(packets),
      stackRereads: this.connection.reader.rereads,
      ...this.connection.stacks.scripts?.report(),
      ...(poke ? { openocdPokes: poke.pokes } : {}),
      ...this.connection.linkReport(),
    };
  }
}

function armedAddresses({ hook, stops }: LogPlan): number[] {
  return [...hookedPoints(hook), ...stops].map((point) => point.address);
}
