import type { Microseconds } from '../../base/units.js';
import { architectureOf } from '../../firmware/capturable.js';
import type { DebugLink } from '../../link/debug-link.js';
import { WAIT_MS } from '../../link/waits.js';
import type { Backtrace, TraceRecord } from '../../trace/heap-event.js';
import { eventClock } from '../clock/event-clock.js';
import { EndReason } from '../end-reason.js';
import { type HarvestPlan, hookedPoints, type LogHook } from '../engine.js';
import { LastWords } from '../last-words.js';
import { LinkCheck, steadyCode } from '../link-check.js';
import { heapGraph, requestedGraph } from '../objects/heap-graph.js';
import { statusText, whereabouts } from '../whereabouts.js';
import { eventOf, type FollowerStep, isLogged } from './follower-step.js';
import { HeapFollower } from './heap-follower.js';

/** The log hook over any debug link, a few commands an event: for a gdb without Python. */
export async function* harvestLogByLink(
  link: DebugLink,
  plan: HarvestPlan & { readonly hook: LogHook },
  signal: AbortSignal,
): AsyncGenerator<TraceRecord> {
  const { hook } = plan;
  const { callAt, returnsTo, sp } = architectureOf(plan.firmware);
  const heap = new HeapFollower<Backtrace>(hook, plan);
  const clock = eventClock(plan.clock);
  const breakpoints = [...hookedPoints(hook), ...plan.stops];
  for (const { address } of breakpoints) await link.setBreakpoint(address);
  let end: EndReason | undefined;
  let reached = false;
  const words = await LastWords.prepare(link, plan.firmware);
  const check = new LinkCheck(link, steadyCode(plan.firmware, hook.logFunction.address));
  await check.begin();
  await heap.begin(link);
  plan.graphs?.connect(() => link.look());
  while (!end) {
    const stop = await link.resume(signal);
    if (stop.kind === 'quiet' && !signal.aborted && !heap.hasSeenAll) {
      yield* requestedGraph(link, plan);
      if (stop.quietMs < WAIT_MS.quiet) continue;
      const where = await whereabouts(link, plan.firmware);
      yield { kind: 'status', text: statusText(where, breakpoints.length, stop.quietMs) };
      continue;
    }
    const label = plan.stops.find(({ address }) => address === stop.pc)?.label;
    if (stop.kind === 'breakpoint' && stop.pc === hook.logFunction.address) {
      const registers = await link.registers();
      const backtrace = await link.backtrace(plan.maxDepth + 1);
      const { arguments: places, returnAddress } = callAt(registers);
      const [block = 0, length = 0] = places.map((place) => registers[place]);
      await clock.tick(link);
      const steps = await heap.at({ block, length, logged: backtrace.slice(1) }, link);
      await check.check({ registers, sp: registers[sp] ?? 0 });
      await check.confirm();
      yield* recordsOf(link, steps, plan.clock && clock.nowUs);
      await link.setPc(returnsTo(registers[returnAddress] ?? 0, stop.pc));
      if (heap.isFull) end = new EndReason(`${heap.events} events were captured`, true);
    } else if (stop.kind === 'breakpoint' && label !== undefined) {
      end = new EndReason(`reached ${label}`, true);
      reached = true;
    } else if (stop.kind === 'breakpoint' && stop.pc === hook.refusal?.address) {
      const registers = await link.registers();
      const requestedBytes = registers[callAt(registers).arguments[0]] ?? 0;
      await clock.tick(link);
      const logged = (await link.backtrace(plan.maxDepth + 1)).slice(1);
      const steps = await heap.refused({ requestedBytes, logged }, link);
      await check.confirm();
      yield* recordsOf(link, steps, plan.clock && clock.nowUs);
      if (heap.isFull) end = new EndReason(`${heap.events} events were captured`, true);
    } else if (stop.kind === 'breakpoint' && stop.pc === hook.gcInit?.address) {
      yield* recordsOf(link, await heap.restart(link));
    } else if (stop.kind === 'breakpoint' && stop.pc === hook.resetHandler?.address) {
      yield* recordsOf(link, await heap.restart(link, hook.resetHandler.label));
    } else if (heap.hasSeenAll && stop.kind === 'quiet') {
      end = new EndReason(`${plan.maxEvents} events were captured`, true);
    } else if (signal.aborted) {
      end = EndReason.of(signal);
    } else {
      end = EndReason.ofStop(stop);
    }
  }
  plan.graphs?.close();
  const { steps, oracle } = await heap.finish(link, reached);
  yield* recordsOf(link, steps);
  yield* heapGraph(link, plan);
  const { events } = heap;
  const told = await words.of({ reason: end, reached, events });
  yield { kind: 'info', info: { oracle, ...told } };
}

/** Timed where the target tells the time: gdb stands for long at an event, so that the host's clock says nothing. */
function* recordsOf(
  link: DebugLink,
  steps: readonly FollowerStep<Backtrace>[],
  atUs?: Microseconds,
): Generator<TraceRecord> {
  for (const step of steps) {
    const time = atUs === undefined ? {} : { atUs };
    const record = isLogged(step) ? { ...eventOf(step, step.logged), ...time } : step;
    if (record.kind === 'epoch' || record.kind === 'sweep') link.heapCollected?.();
    yield record;
  }
}
