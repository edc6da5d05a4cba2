import type { TraceRecord } from '../../trace/heap-event.js';
import { harvestMallocBySession, type MallocPlan } from '../malloc/malloc-loop.js';
import type { DirectLink, EngineReport } from './direct-link.js';
import { DirectSession } from './direct-session.js';

/** Follows an allocator over the remote serial protocol, without gdb. */
export async function* harvestMallocDirect(
  link: DirectLink,
  plan: MallocPlan,
  options: { readonly signal: AbortSignal; readonly keepSamples: boolean },
): AsyncGenerator<TraceRecord, void, undefined> {
  const { signal, keepSamples } = options;
  const words = plan.hook.taskVariable ? [plan.hook.taskVariable.address] : [];
  const session = new DirectSession(link, { words, keepSamples });
  yield { kind: 'info', info: { source: 'direct engine', engine: 'direct' } };
  const report = (): EngineReport => ({ link: 'two round trips a stop', roundTrips: link.traffic().roundTrips });
  yield* link.guard(harvestMallocBySession(session, plan, signal, { report }), report);
}
