import { LR, SP } from '../../arch/arm/registers.js';
import { formatAddress, formatCount, type Milliseconds } from '../../base/units.js';
import type { DebugSession, StopReason } from '../../link/debug-session.js';
import type { TraceInfo, TraceRecord } from '../../trace/heap-event.js';
import { EndReason } from '../end-reason.js';
import type { HarvestPlan, MallocHook } from '../engine.js';
import { ArmedBreakpoints } from './armed-breakpoints.js';
import { CallContexts } from './call-context.js';
import { callersOf } from './callers.js';
import { MallocRecords } from './malloc-records.js';
import { MallocTracker, type TrackerStop } from './malloc-tracker.js';

export type MallocPlan = HarvestPlan & { readonly hook: MallocHook };

export interface MallocLoopOptions {
  /** What the engine says of itself; the loop adds its own counts. */
  readonly report?: () => NonNullable<TraceInfo['engineReport']>;
  /** Without a call of a hooked function for so long, a note says so. */
  readonly quietMs?: Milliseconds;
}

const DEFAULT_QUIET_MS: Milliseconds = 10_000;

/**
 * Follows an allocator over any debug session: stops at the entries of hooked functions and at the returns of outermost
 * calls, and yields what they did. Both engines use it (docs/malloc-hooks.md).
 */
export async function* harvestMallocBySession(
  session: DebugSession,
  plan: MallocPlan,
  signal: AbortSignal,
  options: MallocLoopOptions = {},
): AsyncGenerator<TraceRecord> {
  yield* new MallocLoop(session, plan, options).records(signal);
}

class MallocLoop {
  private readonly tracker: MallocTracker;
  private readonly armed: ArmedBreakpoints;
  private readonly contexts: CallContexts;
  private readonly made: MallocRecords;
  private stops = 0;

  constructor(
    private readonly session: DebugSession,
    private readonly plan: MallocPlan,
    private readonly options: MallocLoopOptions,
  ) {
    const { hook } = plan;
    const read = (address: number, length: number) => session.readMemory(address, length);
    this.tracker = new MallocTracker(hook.calls, hook);
    this.armed = new ArmedBreakpoints(session, plan, this.tracker);
    this.contexts = new CallContexts(hook.taskVariable, read);
    this.made = new MallocRecords(session, plan, this.tracker);
  }

  async *records(signal: AbortSignal): AsyncGenerator<TraceRecord> {
    let end: EndReason | undefined;
    yield* this.made.start();
    while (!end) {
      const gap = await this.armed.update();
      if (gap) yield gap;
      const stop = yield* this.nextStop(signal);
      this.stops++;
      const label = this.plan.stops.find(({ address }) => address === stop.pc)?.label;
      if (stop.kind !== 'breakpoint') end = signal.aborted ? EndReason.of(signal) : faultReason(stop);
      else if (label !== undefined && !this.tracker.isEntry(stop.pc)) end = new EndReason(`reached ${label}`, true);
      else yield* this.at(stop);
      const { maxEvents } = this.plan;
      if (!end && maxEvents !== undefined && this.made.events >= maxEvents) {
        end = new EndReason(`${maxEvents} events were captured`, true);
      }
      if (!end && signal.aborted) end = EndReason.of(signal);
    }
    yield* this.made.finish({ reachedStop: end.text.startsWith('reached ') });
    const engineReport = { ...this.options.report?.(), ...this.report() };
    yield { kind: 'info', info: { endReason: end.text, ...(end.complete ? {} : { complete: false }), engineReport } };
  }

  private async *at(stop: StopReason): AsyncGenerator<TraceRecord> {
    const registers = await this.session.registers();
    const { key, task } = await this.contexts.of(registers);
    const word = (index: number) => registers[index] ?? 0;
    const seen: TrackerStop = {
      pc: stop.pc,
      sp: word(SP),
      lr: (word(LR) & ~1) >>> 0,
      args: [word(0), word(1), word(2), word(3)],
      context: key,
    };
    this.made.stoppedIn(key);
    const around = this.tracker.isInside(seen);
    const inside = around ? { ...seen, callers: await callersOf(this.session, around) } : seen;
    for (const step of this.tracker.stop(inside)) yield* this.made.of(step, task, this.armed);
  }

  /** Lets the target run; says once that nothing happens when nothing happens. */
  private async *nextStop(signal: AbortSignal): AsyncGenerator<TraceRecord, StopReason> {
    const stopping = this.session.resume(signal);
    if (this.stops > 0) return await stopping;
    const quietMs = this.options.quietMs ?? DEFAULT_QUIET_MS;
    let timer: NodeJS.Timeout | undefined;
    const quiet = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), quietMs);
    });
    try {
      const first = await Promise.race([stopping, quiet]);
      if (first) return first;
    } finally {
      clearTimeout(timer);
    }
    const names = this.plan.hook.calls.map(({ name }) => name).join(', ');
    const text = `no call of ${names} in ${quietMs / 1000} s: the firmware may wait for input, use another allocator (\`harvest allocators ELF\` lists what it has), or have it inlined`;
    yield { kind: 'note', code: 'no-events', text };
    return await stopping;
  }

  private report(): NonNullable<TraceInfo['engineReport']> {
    return {
      hooks: this.plan.hook.calls.map(({ name }) => name).join(', '),
      breakpoints: `at most ${this.armed.most} of ${this.plan.hook.breakpointLimit} at once`,
      stopsPerEvent: Number((this.stops / Math.max(1, this.made.events)).toFixed(2)),
      ...(this.armed.lost > 0 ? { returnsWithoutBreakpoint: formatCount(this.armed.lost) } : {}),
    };
  }
}

function faultReason(stop: StopReason): EndReason {
  const what = stop.kind === 'fault' ? stop.signal : stop.kind;
  return new EndReason(`the target stopped with ${what} at ${formatAddress(stop.pc)}`, false);
}
