import type { Milliseconds } from '../../base/units.js';
import type { TraceRecord } from '../../trace/heap-event.js';
import { harvestMallocByLink, type MallocPlan } from '../malloc/malloc-loop.js';
import type { DirectConnection, EngineReport } from './direct-connection.js';
import { RspLink } from './rsp-link.js';

/** Follows an allocator over the remote serial protocol, without gdb. */
export async function* harvestMallocDirect(
  connection: DirectConnection,
  plan: MallocPlan,
  options: { readonly signal: AbortSignal; readonly keepSamples: boolean; readonly quietMs: Milliseconds },
): AsyncGenerator<TraceRecord, void, undefined> {
  const { signal, keepSamples, quietMs } = options;
  const { clock } = plan;
  const words = [plan.hook.taskVariable?.address, clock?.bytes === 4 ? clock.address : undefined].filter(
    (address) => address !== undefined,
  );
  const { firmware } = plan;
  const isConstant = (address: number) => firmware.elfFile.isConstantCode(address) && !firmware.isOverlaid(address);
  const link = new RspLink(connection, { words, keepSamples, isConstant });
  yield { kind: 'info', info: { source: 'direct engine', engine: 'direct' } };
  const report = (): EngineReport => ({
    link: 'two round trips a stop',
    roundTrips: connection.traffic().roundTrips,
    ...connection.stacks.scripts?.report(),
    ...connection.linkReport(),
  });
  yield* connection.guard(harvestMallocByLink(link, plan, signal, { report, quietMs }), report);
}
