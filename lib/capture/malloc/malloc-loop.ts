import type { Architecture } from '../../arch/architecture.js';
import { formatCount, type Milliseconds } from '../../base/units.js';
import { architectureOf } from '../../firmware/capturable.js';
import type { DebugLink, StopReason } from '../../link/debug-link.js';
import { WAIT_MS } from '../../link/waits.js';
import type { TraceInfo, TraceRecord } from '../../trace/heap-event.js';
import { eventClock } from '../clock/event-clock.js';
import { EndReason } from '../end-reason.js';
import type { HarvestPlan, MallocHook } from '../engine.js';
import { LastWords } from '../last-words.js';
import { LinkCheck, steadyCode } from '../link-check.js';
import { statusText, whereabouts } from '../whereabouts.js';
import { ArmedBreakpoints } from './armed-breakpoints.js';
import { CallContexts } from './call-context.js';
import { callersOf } from './callers.js';
import { MallocRecords } from './malloc-records.js';
import { MallocTracker, type TrackerStop } from './malloc-tracker.js';

export type MallocPlan = HarvestPlan & { readonly hook: MallocHook };

export interface MallocLoopOptions {
  /** What the engine says of itself; the loop adds its own counts. */
  readonly report?: () => NonNullable<TraceInfo['engineReport']>;
  /** Without a stop for so long, it is said what the target does. */
  readonly quietMs?: Milliseconds;
}

/**
 * Follows an allocator over any debug link: stops at the entries of hooked functions and at the returns of outermost
 * calls, and yields what they did. Both engines use it (docs/malloc-hooks.md).
 */
export async function* harvestMallocByLink(
  link: DebugLink,
  plan: MallocPlan,
  signal: AbortSignal,
  options: MallocLoopOptions = {},
): AsyncGenerator<TraceRecord> {
  yield* new MallocLoop(link, plan, options).records(signal);
}

class MallocLoop {
  private readonly tracker: MallocTracker;
  private readonly armed: ArmedBreakpoints;
  private readonly contexts: CallContexts;
  private readonly made: MallocRecords;
  private readonly clock;
  private readonly check: LinkCheck;
  private readonly architecture: Architecture;
  private stops = 0;
  private saidQuiet = false;

  constructor(
    private readonly link: DebugLink,
    private readonly plan: MallocPlan,
    private readonly options: MallocLoopOptions,
  ) {
    const { hook } = plan;
    const read = (address: number, length: number) => link.readMemory(address, length);
    this.tracker = new MallocTracker(hook.calls, hook);
    this.armed = new ArmedBreakpoints(link, plan, this.tracker);
    this.architecture = architectureOf(plan.firmware);
    this.contexts = new CallContexts(hook.taskVariable, read, plan.firmware);
    this.clock = eventClock(plan.clock);
    this.check = new LinkCheck(link, steadyCode(plan.firmware, hook.calls[0]?.address ?? 0));
    this.made = new MallocRecords(link, plan, { tracker: this.tracker, clock: this.clock });
  }

  async *records(signal: AbortSignal): AsyncGenerator<TraceRecord> {
    const words = await LastWords.prepare(this.link, this.plan.firmware);
    let end: EndReason | undefined;
    await this.check.begin();
    yield* this.made.start();
    this.plan.graphs?.connect(() => this.link.look());
    while (!end) end = yield* this.next(signal);
    this.plan.graphs?.close();
    const reached = end.text.startsWith('reached ');
    const { events } = this.made;
    yield* this.made.finish({ reachedStop: reached });
    const engineReport = { ...this.options.report?.(), ...this.report() };
    yield { kind: 'info', info: { ...(await words.of({ reason: end, reached, events })), engineReport } };
  }

  /** From one stop to the next; why the capture ends, when it does. */
  private async *next(signal: AbortSignal): AsyncGenerator<TraceRecord, EndReason | undefined> {
    const gap = await this.armed.update();
    if (gap) yield gap;
    const stop = yield* this.nextStop(signal);
    this.stops++;
    const label = this.plan.stops.find(({ address }) => address === stop.pc)?.label;
    if (stop.kind !== 'breakpoint') return signal.aborted ? EndReason.of(signal) : EndReason.ofStop(stop);
    if (label !== undefined && !this.tracker.isEntry(stop.pc)) return new EndReason(`reached ${label}`, true);
    yield* this.at(stop);
    const { maxEvents } = this.plan;
    if (maxEvents !== undefined && this.made.events >= maxEvents) {
      return new EndReason(`${maxEvents} events were captured`, true);
    }
    return signal.aborted ? EndReason.of(signal) : undefined;
  }

  private async *at(stop: StopReason): AsyncGenerator<TraceRecord> {
    const registers = await this.link.registers();
    const { architecture } = this;
    const word = (index: number) => registers[index] ?? 0;
    await this.check.check({ registers, sp: word(architecture.sp) });
    await this.clock.tick(this.link);
    const { key, task } = await this.contexts.of(registers);
    const entered = architecture.callAt(registers);
    const { elfFile } = this.plan.firmware;
    const seen: TrackerStop = {
      pc: stop.pc,
      sp: word(architecture.sp),
      returnAddress: architecture.returnsTo(word(entered.returnAddress), stop.pc),
      args: entered.arguments.map(word),
      result: word(architecture.resultAt(elfFile, stop.pc, registers)),
      context: key,
    };
    this.made.stoppedIn(key);
    const around = this.tracker.isInside(seen);
    const inside = around ? { ...seen, callers: await callersOf(this.link, around, architecture) } : seen;
    const records: TraceRecord[] = [];
    for (const step of this.tracker.stop(inside)) {
      for await (const record of this.made.of(step, task, this.armed)) records.push(record);
    }
    await this.check.confirm();
    yield* records;
  }

  /** Lets the target run; while nothing happens, says what it does. */
  private async *nextStop(signal: AbortSignal): AsyncGenerator<TraceRecord, StopReason> {
    for (;;) {
      const stop = await this.link.resume(signal);
      if (stop.kind !== 'quiet' || signal.aborted) return stop;
      yield* this.made.requestedGraph();
      const { quietMs } = stop;
      if (quietMs < (this.options.quietMs ?? WAIT_MS.quiet)) continue;
      const where = await whereabouts(this.link, this.plan.firmware);
      yield { kind: 'status', text: statusText(where, this.armed.count, quietMs) };
      if (this.stops > 0 || this.saidQuiet) continue;
      this.saidQuiet = true;
      const names = this.hookNames();
      const text = `no call of ${names} in ${Math.round(quietMs / 1000)} s, the target is ${where.text}: the firmware may wait for input, use another allocator (\`harvest allocators ELF\` lists what it has), or have it inlined`;
      yield { kind: 'note', code: 'no-events', text };
    }
  }

  private hookNames(): string {
    const { calls } = this.plan.hook;
    return calls.flatMap(({ name, isTargetReset }) => (isTargetReset ? [] : name)).join(', ');
  }

  private report(): NonNullable<TraceInfo['engineReport']> {
    return {
      hooks: this.hookNames(),
      breakpoints: `at most ${this.armed.most} of ${this.plan.hook.breakpointLimit} at once`,
      stopsPerEvent: Number((this.stops / Math.max(1, this.made.events)).toFixed(2)),
      ...(this.armed.lost > 0 ? { returnsWithoutBreakpoint: formatCount(this.armed.lost) } : {}),
    };
  }
}
