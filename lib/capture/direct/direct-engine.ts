import { formatAddress, type Milliseconds } from '../../base/units.js';
import { DeviceLostError, errorMessage } from '../../errors/errors.js';
import { loadFirmware } from '../../firmware/firmware-image.js';
import type { StackUnwinder } from '../../firmware/stack-unwinder.js';
import { SymbolizerUnwinder } from '../../firmware/symbolizer-unwinder.js';
import type { OpenocdPoke } from '../../link/rsp/openocd-poke.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';
import type { LineCounters } from '../../link/rsp/rsp-connection.js';
import { signalName } from '../../link/rsp/stop-reply.js';
import type { Target } from '../../link/server/target.js';
import type { TraceInfo, TraceRecord } from '../../trace/heap-event.js';
import { EndReason } from '../end-reason.js';
import type { Engine, HarvestPlan, LogHook } from '../engine.js';
import { type CaptureStop, DirectCapture } from './direct-capture.js';
import { initialStackPointer, openClient, openPoke, ramRanges, removeLeftovers } from './direct-link.js';
import { harvestMallocDirect } from './direct-malloc.js';
import { DirectRecords } from './direct-records.js';
import { findReturnInstruction } from './return-instruction.js';
import { SnapshotReader } from './stop-snapshot.js';

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
    if (hook.type === 'malloc') {
      const { quietMs = DEFAULT_QUIET_MS, keepSamples = true } = this.options;
      yield* harvestMallocDirect(target, { ...plan, hook }, { signal, quietMs, keepSamples });
      return;
    }
    const image = await loadFirmware(target.elfPath, target.board);
    const unwinder = new SymbolizerUnwinder(image);
    const client = await openClient(target, image.elf, { ...this.options, signal });
    const armed = armedAddresses(plan, hook);
    const run = new DirectRun(client, { target, plan, hook, unwinder, ...this.options });
    try {
      for (const address of armed) await client.breakpoints.set(address);
      yield* run.records(signal);
    } finally {
      await client.detach(target.kind !== 'qemu').catch(() => undefined);
      // A server that got out of step still has the breakpoints; one that is gone has not.
      if (run.linkLost) await removeLeftovers(target, armed, this.options);
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
  private lastStop: CaptureStop | undefined;

  constructor(
    private readonly client: RspClient,
    private readonly options: RunOptions,
  ) {
    const { hook, unwinder, plan } = options;
    const keepSamples = options.keepSamples ?? true;
    const { maxDepth, maxEvents, attached } = plan;
    this.made = new DirectRecords(client, hook, { unwinder, maxDepth, keepSamples, maxEvents, attached });
    this.before = { ...client.connection.counters };
  }

  async *records(signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    const capture = await this.prepareCapture(signal);
    const end = () => void capture.end().catch(() => undefined);
    let lost: Error | undefined;
    this.options.target.lost.catch((error: unknown) => {
      lost = error instanceof Error ? error : new Error(String(error));
      this.client.connection.destroy(lost);
    });
    signal.addEventListener('abort', end);
    yield { kind: 'info', info: { source: 'direct engine', engine: 'direct' } };
    try {
      if (!signal.aborted) {
        for await (const stop of capture.stops()) {
          this.lastStop = stop;
          yield* this.made.of(stop);
        }
      }
      yield* this.atEnd(signal);
    } catch (error) {
      this.linkLost = error instanceof DeviceLostError;
      const reason = lost ?? error;
      const text = `connection lost: ${errorMessage(reason)}`;
      yield { kind: 'gap', reason: text };
      yield { kind: 'info', info: { complete: false, endReason: text, engineReport: this.report() } };
      throw reason;
    } finally {
      signal.removeEventListener('abort', end);
      this.poke?.close();
    }
  }

  private async prepareCapture(signal: AbortSignal): Promise<DirectCapture> {
    const { client, made } = this;
    const { target, plan, hook, oneWrite, quietMs } = this.options;
    const top = await initialStackPointer(client, target);
    const reader = new SnapshotReader(client, top === undefined ? [] : [top], ramRanges(target));
    reader.alongside = made.alongside;
    const returnInstruction = oneWrite ? await findReturnInstruction(client, hook.logFunction.address) : undefined;
    this.poke = await openPoke(target, signal);
    this.reader = reader;
    this.capture = new DirectCapture(client, reader, {
      logFunction: hook.logFunction.address,
      gcInit: hook.gcInit?.address,
      stops: new Set(plan.stops.map((stop) => stop.address)),
      isFull: () => made.heap.isFull,
      prepare: (stop) => made.prepare(stop, reader),
      returnInstruction,
      quietMs: quietMs ?? DEFAULT_QUIET_MS,
      poke: this.poke,
    });
    return this.capture;
  }

  /** The target is halted: compares the heap's own table with the events, and says why the capture ended. */
  private async *atEnd(signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    yield* this.made.finish(this.lastStop?.kind === 'stop');
    const { text, complete } = this.reason(signal);
    const engineReport = this.report();
    yield { kind: 'info', info: { endReason: text, ...(complete ? {} : { complete }), engineReport } };
  }

  private reason(signal: AbortSignal): EndReason {
    const { plan } = this.options;
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

  private report(): NonNullable<TraceInfo['engineReport']> {
    const { counters } = this.client.connection;
    const events = Math.max(1, this.made.events);
    const per = (count: number) => Number((count / events).toFixed(2));
    return {
      link: this.options.oneWrite ? 'one write an event' : 'two round trips an event',
      roundTripsPerEvent: per(counters.roundTrips - this.before.roundTrips),
      packetsPerEvent: per(counters.packets - this.before.packets),
      stackRereads: this.reader?.rereads ?? 0,
      ...(this.capture?.missedStacks ? { incompleteStacks: this.capture.missedStacks } : {}),
      ...(this.poke ? { openocdPokes: this.poke.pokes } : {}),
    };
  }
}
