import { type GcArea, readArea } from '../../allocators/gc-area.js';
import { gcOracle } from '../../allocators/gc-oracle.js';
import { formatAddress } from '../../base/units.js';
import type { DebugSession } from '../../link/debug-session.js';
import { GcLog, gcRegion } from '../../trace/gc-log.js';
import type { TraceRecord } from '../../trace/heap-event.js';
import { EndReason } from '../end-reason.js';
import type { HarvestPlan, LogHook } from '../engine.js';
import { LastWords, oracleOf } from '../last-words.js';
import { QUIET_MS, QuietWatch } from '../quiet-watch.js';
import { statusText, whereabouts } from '../whereabouts.js';

/** r14 of Arm: where the log function returns to. */
const LINK_REGISTER = 14;

/** The log hook over any debug session, a few commands an event: for a gdb without Python. */
export async function* harvestLogBySession(
  session: DebugSession,
  plan: HarvestPlan & { readonly hook: LogHook },
  signal: AbortSignal,
): AsyncGenerator<TraceRecord> {
  const { hook } = plan;
  const log = new GcLog(hook.blockBytes);
  const breakpoints = [hook.logFunction, ...plan.stops, ...(hook.gcInit ? [hook.gcInit] : [])];
  for (const { address } of breakpoints) await session.setBreakpoint(address);
  let area: GcArea | undefined;
  let newEpoch = true;
  let events = 0;
  let lastBlock: number | undefined;
  let end: EndReason | undefined;
  let reached = false;
  const words = await LastWords.prepare(session, plan.firmware);
  const watch = new QuietWatch(signal);
  while (!end) {
    const stop = await session.resume(watch.begin());
    if (watch.stopped() && stop.kind === 'interrupted') {
      const where = await whereabouts(session, plan.firmware);
      yield { kind: 'status', text: statusText(where, breakpoints.length, QUIET_MS) };
      continue;
    }
    const label = plan.stops.find(({ address }) => address === stop.pc)?.label;
    if (stop.kind === 'breakpoint' && stop.pc === hook.logFunction.address) {
      if (newEpoch) {
        newEpoch = false;
        area = await readArea(session, hook.variables);
        log.reset(area?.poolStart ?? 0);
        if (area) yield { kind: 'region', region: gcRegion(hook.blockBytes, area.poolStart, area.poolEnd) };
      }
      const registers = await session.registers();
      const backtrace = await session.backtrace(plan.maxDepth + 1);
      lastBlock = registers[0] ?? 0;
      yield log.event(lastBlock, registers[1] ?? 0, backtrace.slice(1));
      await session.setPc((registers[LINK_REGISTER] ?? 0) & ~1);
      if (++events === plan.maxEvents) end = new EndReason(`${events} events were captured`, true);
    } else if (stop.kind === 'breakpoint' && stop.pc === hook.gcInit?.address) {
      newEpoch = true;
      log.reset(0);
      if (events > 0) yield { kind: 'epoch', reason: 'gc_init' };
    } else if (stop.kind === 'breakpoint' && label !== undefined) {
      end = new EndReason(`reached ${label}`, true);
      reached = true;
      lastBlock = undefined;
    } else if (signal.aborted) {
      end = EndReason.of(signal);
    } else {
      const what = stop.kind === 'fault' ? stop.signal : stop.kind;
      end = new EndReason(`the target stopped with ${what} at ${formatAddress(stop.pc)}`, false);
    }
  }
  watch.close();
  const oracle = await gcOracle((at, length) => session.readMemory(at, length), log, area, lastBlock);
  const told = await words.of({ reason: end, reached, events });
  yield { kind: 'info', info: { oracle: oracleOf(oracle, events), ...told } };
}
