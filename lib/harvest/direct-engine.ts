import { DeviceLostError, UsageError } from '../errors.js';
import type { OpenocdPoke } from '../gdb/openocd-poke.js';
import type { RspClient } from '../gdb/rsp/rsp-client.js';
import type { LineCounters } from '../gdb/rsp/rsp-connection.js';
import { signalName } from '../gdb/rsp/stop-reply.js';
import type { Target } from '../targets/target.js';
import type { TraceRecord } from '../trace/heap-event.js';
import { formatAddress, type Milliseconds } from '../units.js';
import { type CaptureStop, DirectCapture } from './direct-capture.js';
import { initialStackPointer, openClient, openPoke, ramRanges, removeLeftovers } from './direct-link.js';
import { DirectRecords } from './direct-records.js';
import { EndConditions, type EndReason } from './end-conditions.js';
import type { Engine, HarvestPlan, LogHook } from './engine.js';
import { findReturnInstruction } from './return-instruction.js';
import type { StackUnwinder } from './stack-unwinder.js';
import { SnapshotReader } from './stop-snapshot.js';

export interface DirectEngineOptions {
  /** Opens the ELF file of a target for unwinding. */
  readonly openUnwinder: (elfPath: string) => Promise<StackUnwinder>;
  /** Sends the order to run on together with the reads (docs/direct-engine.md says what that costs). */
  readonly oneWrite?: boolean;
  /** Whether each event is followed by its registers and stack. On unless said otherwise. */
  readonly keepSamples?: boolean;
  /** Without an event for so long, the link is tested. */
  readonly quietMs?: Milliseconds;
}

const DEFAULT_QUIET_MS = 15_000;

/**
 * Captures over the remote serial protocol, without gdb: each event costs two round trips (one in the one-write mode). The
 * backtraces are unwound here from a copy of the stack, while the target runs on.
 */
export class DirectEngine implements Engine {
  readonly name = 'direct';

  constructor(private readonly options: DirectEngineOptions) {}

  async *harvest(target: Target, plan: HarvestPlan, signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    const { hook } = plan;
    if (hook.type !== 'gc-log') {
      throw new UsageError(
        'HH1566',
        `direct engine: hook '${hook.profile}': found an allocator, expected a log function`,
        {
          remedy: 'capture with --engine gdb',
        },
      );
    }
    const unwinder = await this.options.openUnwinder(target.elfPath);
    const client = await openClient(target, signal);
    const armed = armedAddresses(plan, hook);
    const run = new DirectRun(client, { target, plan, hook, unwinder, ...this.options });
    try {
      for (const address of armed) await client.breakpoints.set(address);
      yield* run.records(signal);
    } finally {
      await client.detach().catch(() => undefined);
      // A server that got out of step still has the breakpoints; one that is gone has not.
      if (run.linkLost) await removeLeftovers(target, armed);
    }
  }
}

function armedAddresses(plan: HarvestPlan, hook: LogHook): number[] {
  const points = [hook.logFunction, ...(hook.gcInit ? [hook.gcInit] : []), ...plan.stops];
  return points.map((point) => point.address);
}

interface RunOptions extends DirectEngineOptions {
  readonly target: Target;
  readonly plan: HarvestPlan;
  readonly hook: LogHook;
  readonly unwinder: StackUnwinder;
}

/** One capture, from armed breakpoints to the last record. */
class DirectRun {
  linkLost = false;
  private readonly made: DirectRecords;
  private readonly before: LineCounters;
  private reader: SnapshotReader | undefined;
  private capture: DirectCapture | undefined;
  private poke: OpenocdPoke | undefined;

  constructor(
    private readonly client: RspClient,
    private readonly options: RunOptions,
  ) {
    const { hook, unwinder, plan } = options;
    const keepSamples = options.keepSamples ?? true;
    this.made = new DirectRecords(client, hook, { unwinder, maxDepth: plan.maxDepth, keepSamples });
    this.before = { ...client.connection.counters };
  }

  async *records(signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    const { target, plan, hook } = this.options;
    let lost: Error | undefined;
    const capture = await this.prepareCapture(signal);
    const conditions = new EndConditions(plan, target, {
      signal,
      handlers: {
        end: () => void capture.end().catch(() => undefined),
        lost: (error) => {
          lost = error;
          this.client.connection.destroy(error);
        },
      },
    });
    const unitBytes = hook.blockBytes;
    yield { kind: 'info', info: { source: 'direct engine', engine: 'direct', sizeKind: 'block', unitBytes } };
    try {
      yield this.last(conditions.endReason ?? (yield* this.follow(capture, conditions)));
    } catch (error) {
      this.linkLost = error instanceof DeviceLostError;
      const reason = lost ?? error;
      const text = `connection lost: ${reason instanceof Error ? reason.message : String(reason)}`;
      yield { kind: 'gap', reason: text };
      yield this.last({ text, complete: false });
      throw reason;
    } finally {
      conditions.dispose();
      this.poke?.close();
    }
  }

  private async prepareCapture(signal: AbortSignal): Promise<DirectCapture> {
    const { client, made } = this;
    const { target, plan, hook, oneWrite, quietMs } = this.options;
    const top = await initialStackPointer(client, target);
    const reader = new SnapshotReader(client, top === undefined ? [] : [top], ramRanges(target));
    const returnInstruction = oneWrite ? await findReturnInstruction(client, hook.logFunction.address) : undefined;
    this.poke = await openPoke(target, signal);
    this.reader = reader;
    this.capture = new DirectCapture(client, reader, {
      logFunction: hook.logFunction.address,
      gcInit: hook.gcInit?.address,
      stops: new Set(plan.stops.map((stop) => stop.address)),
      prepare: (stop) => made.prepare(stop, reader),
      returnInstruction,
      quietMs: quietMs ?? DEFAULT_QUIET_MS,
      poke: this.poke,
    });
    return this.capture;
  }

  private async *follow(
    capture: DirectCapture,
    conditions: EndConditions,
  ): AsyncGenerator<TraceRecord, EndReason, undefined> {
    const { plan } = this.options;
    const limit = plan.maxEvents ?? Number.POSITIVE_INFINITY;
    let reason: EndReason | undefined;
    for await (const stop of capture.stops()) {
      // What comes after the last event that was asked for is not kept: it only shows that the target has stopped.
      if (stop.kind === 'log' && this.made.events >= limit) continue;
      yield* this.made.of(stop);
      if (this.made.events >= limit) {
        reason = { text: `reached ${limit} events`, complete: true };
        await capture.end();
      }
      reason ??= this.reasonOf(stop);
    }
    return reason ?? conditions.endReason ?? { text: 'interrupted', complete: false };
  }

  private reasonOf(stop: CaptureStop): EndReason | undefined {
    if (stop.kind === 'fault') {
      return { text: `${signalName(stop.signal)} at ${formatAddress(stop.snapshot.pc)}`, complete: false };
    }
    if (stop.kind !== 'stop') return undefined;
    const reached = this.options.plan.stops.find((point) => point.address === stop.snapshot.pc);
    return { text: `reached ${reached?.label ?? formatAddress(stop.snapshot.pc)}`, complete: true };
  }

  /** The last record: why the capture ended, and what it took. */
  private last({ text, complete }: EndReason): TraceRecord {
    const { counters } = this.client.connection;
    const events = Math.max(1, this.made.events);
    const per = (count: number) => Number((count / events).toFixed(2));
    const engineReport = {
      engine: 'direct',
      mode: this.options.oneWrite ? 'one write' : 'two trips',
      events: this.made.events,
      roundTripsPerEvent: per(counters.roundTrips - this.before.roundTrips),
      packetsPerEvent: per(counters.packets - this.before.packets),
      stackRereads: this.reader?.rereads ?? 0,
      ...(this.capture?.missedStacks ? { incompleteStacks: this.capture.missedStacks } : {}),
      ...(this.poke ? { openocdPokes: this.poke.pokes } : {}),
    };
    return { kind: 'info', info: { complete, endReason: text, engineReport } };
  }
}
