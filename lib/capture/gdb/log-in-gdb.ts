import { join } from 'node:path';
import { firstAreaRange } from '../../allocators/gc-area.js';
import { AsyncQueue } from '../../base/async-queue.js';
import { packageRoot } from '../../base/package-root.js';
import { type Address, formatAddress, type Milliseconds } from '../../base/units.js';
import { BacktraceJudge } from '../../firmware/backtrace-judge.js';
import { twoDigits } from '../../link/link-times.js';
import { sourceScript } from '../../link/mi/connect-target.js';
import type { MiLink } from '../../link/mi/mi-link.js';
import type { StopRecord } from '../../link/mi/mi-stops.js';
import { WAIT_MS } from '../../link/waits.js';
import type { TraceRecord } from '../../trace/heap-event.js';
import { EndReason } from '../end-reason.js';
import { type HarvestPlan, hookedPoints, type LogHook } from '../engine.js';
import { LastWords } from '../last-words.js';
import { readsWrong, steadyCode, wrongAnswer } from '../link-check.js';
import { heapGraph, requestedGraph } from '../objects/heap-graph.js';
import { statusText, whereabouts } from '../whereabouts.js';
import { GdbScriptReader } from './gdb-script-reader.js';

export type LogPlan = HarvestPlan & { readonly hook: LogHook };

/** The events stream out of gdb while the target runs: no round trip to this process. Returns how the link was, for a summary. */
export async function* harvestLogInGdb(
  link: MiLink,
  plan: LogPlan,
  signal: AbortSignal,
): AsyncGenerator<TraceRecord, Record<string, number>> {
  const words = await LastWords.prepare(link, plan.firmware);
  const run = new ScriptRun(link, plan);
  await run.prepare();
  plan.graphs?.connect(() => link.look());
  let stop: StopRecord = {};
  const finished = run.toEnd(signal).then((record) => {
    stop = record;
  });
  yield* run.queue.drain();
  await finished;
  plan.graphs?.close();
  const { reader } = run;
  const label = run.labelOf(stop);
  const end = endOf(stop, { label, reader, plan, signal });
  const { records, oracle } = await reader.finish(link, label !== undefined);
  yield* records;
  yield* heapGraph(link, plan);
  const { events } = reader;
  const told = await words.of({ reason: end, reached: label !== undefined, events });
  yield { kind: 'info', info: { oracle, ...told } };
  return await run.times();
}

/** One run of our script inside gdb, from its breakpoints to the last stop. */
class ScriptRun {
  readonly queue: AsyncQueue<TraceRecord>;
  readonly reader: GdbScriptReader;
  private readonly stops = new Map<number, string>();

  constructor(
    private readonly link: MiLink,
    private readonly plan: LogPlan,
  ) {
    this.queue = new AsyncQueue<TraceRecord>(
      undefined,
      () => link.readOutput(false),
      () => link.readOutput(true),
    );
    const judge = new BacktraceJudge(plan.firmware);
    this.reader = new GdbScriptReader(plan, judge, (record) => this.queue.push(record));
  }

  async prepare(): Promise<void> {
    for (const { address, label } of this.plan.stops) this.stops.set(await this.link.breakpointNumber(address), label);
    this.link.mi.onConsole = (text) => this.reader.push(text);
    await this.reader.begin(this.link);
    await installScript(this.link, this.plan);
  }

  /** Runs to the last stop, and ends the queue. A link that breaks ends the queue with why. */
  async toEnd(signal: AbortSignal): Promise<StopRecord> {
    try {
      const stop = await this.link.resumeScripted(signal, (pc, quietMs) => this.look(pc, quietMs));
      await this.reader.drained;
      const { broken } = this.reader;
      if (broken) throw broken === 'answer' ? wrongAnswer() : readsWrong(this.plan.hook.logFunction.address);
      this.queue.end();
      return stop;
    } catch (error) {
      this.queue.end(error);
      return {};
    }
  }

  /**
   * For how long the target was halted at the least, by the script's own clock: nothing of its stops is told to this process while it
   * runs, and what gdb itself takes before and after the script is in no figure.
   */
  async times(): Promise<Record<string, number>> {
    await this.link.mi.console('python tell_times()').catch(() => undefined);
    const { stopTimes } = this.reader;
    const halted = this.link.runTimes.percentWithHalts(stopTimes?.haltedMs ?? 0);
    return {
      ...(halted === undefined ? {} : { haltedAtLeastPercent: halted }),
      ...(stopTimes && {
        stopP50Ms: twoDigits(stopTimes.p50Ms),
        stopP95Ms: twoDigits(stopTimes.p95Ms),
        stopP99Ms: twoDigits(stopTimes.p99Ms),
        stopMaxMs: twoDigits(stopTimes.maxMs),
      }),
    };
  }

  /** The end condition that a stop has reached. */
  labelOf({ breakpoint, pc }: StopRecord): string | undefined {
    const label = breakpoint === undefined ? undefined : this.stops.get(breakpoint);
    return label ?? this.plan.stops.find(({ address }) => address === pc)?.label;
  }

  /** The target was only asked whether it answers. Returns whether it is to stay halted. */
  private async look(pc: Address, quietMs: Milliseconds): Promise<boolean> {
    const { link, plan, reader } = this;
    if (this.labelOf({ pc }) !== undefined) return true;
    const { hook } = plan;
    const hooked = hookedPoints(hook);
    const hidden = hooked.some(({ address }) => address === pc);
    // Some servers tell an interrupt that meets a breakpoint alone (QEMU): going on would step over the breakpoint unseen.
    if (hidden) await link.mi.console(`python hit(${pc})`);
    await reader.drained;
    if (reader.limitReached || reader.hasSeenAll) return true;
    for await (const record of requestedGraph(link, plan)) this.queue.push(record);
    if (hidden || quietMs < WAIT_MS.quiet) return false;
    const armed = this.stops.size + hooked.length;
    this.queue.push({ kind: 'status', text: statusText(await whereabouts(link, plan.firmware), armed, quietMs) });
    return false;
  }
}

async function installScript(link: MiLink, { firmware, hook, maxEvents, maxDepth, attached }: LogPlan): Promise<void> {
  const { variables, gcInit, refusal, resetHandler } = hook;
  const range = variables && firstAreaRange(variables);
  const chain = variables?.chain;
  const settings: Record<string, number> = {
    log: hook.logFunction.address,
    code: steadyCode(firmware, hook.logFunction.address),
    init: gcInit?.address ?? 0,
    reset: resetHandler?.address ?? 0,
    refusal: refusal?.address ?? 0,
    max_events: maxEvents ?? 0,
    max_depth: maxDepth,
    area: range?.address ?? 0,
    area_bytes: range?.length ?? 0,
    watch: chain || !gcInit ? 1 : 0,
    table: variables?.allocTableStart ?? 0,
    table_bytes: variables?.allocTableByteLen ?? 0,
    pool: variables?.poolStart ?? 0,
    pool_end: variables?.poolEnd ?? 0,
    next: chain?.next ?? 0,
    first: chain?.firstArea ?? 0,
    attached: attached ? 1 : 0,
  };
  for (const [name, value] of Object.entries(settings)) await link.mi.command(`-gdb-set var $hh_${name} = ${value}`);
  await sourceScript(link.mi, join(packageRoot, 'gdb-scripts', 'heap_harvest.py'));
}

interface RunEnd {
  readonly label: string | undefined;
  readonly reader: GdbScriptReader;
  readonly plan: LogPlan;
  readonly signal: AbortSignal;
}

function endOf(stop: StopRecord, { label, reader, plan, signal }: RunEnd): EndReason {
  if (label !== undefined) return new EndReason(`reached ${label}`, true);
  if (reader.limitReached || reader.hasSeenAll) return new EndReason(`${plan.maxEvents} events were captured`, true);
  if (signal.aborted) return EndReason.of(signal);
  const where = stop.pc === undefined ? '' : ` at ${formatAddress(stop.pc)}`;
  return new EndReason(`the target stopped with ${stop.signal ?? stop.reason ?? 'no reason'}${where}`, false);
}
