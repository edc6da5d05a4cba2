import type { Milliseconds } from '../../base/units.js';
import { DeviceLostError, errorMessage } from '../../errors/errors.js';
import { loadFirmware } from '../../firmware/firmware-image.js';
import { SymbolizerUnwinder } from '../../firmware/symbolizer-unwinder.js';
import type { OpenocdPoke } from '../../link/rsp/openocd-poke.js';
import { letsGo, type Target } from '../../link/server/target.js';
import type { TraceInfo, TraceRecord } from '../../trace/heap-event.js';
import { harvestMallocBySession, type MallocPlan } from '../malloc/malloc-loop.js';
import { initialStackPointer, openClient, openPoke, ramRanges, removeLeftovers } from './direct-link.js';
import { DirectSession } from './direct-session.js';
import { SnapshotReader } from './stop-snapshot.js';

/** Follows an allocator over the remote serial protocol, without gdb. */
export async function* harvestMallocDirect(
  target: Target,
  plan: MallocPlan,
  options: { readonly signal: AbortSignal; readonly quietMs: Milliseconds; readonly keepSamples: boolean },
): AsyncGenerator<TraceRecord, void, undefined> {
  const { signal, quietMs, keepSamples } = options;
  const image = await loadFirmware(target.elfPath, target.board);
  const unwinder = new SymbolizerUnwinder(image);
  const client = await openClient(target, image.elf, { signal });
  let lost: Error | undefined;
  target.lost.catch((error: unknown) => {
    lost = error instanceof Error ? error : new Error(String(error));
    client.connection.destroy(lost);
  });
  const before = { ...client.connection.counters };
  const report = (): NonNullable<TraceInfo['engineReport']> => ({
    link: 'two round trips a stop',
    roundTrips: client.connection.counters.roundTrips - before.roundTrips,
  });
  let linkLost = false;
  let poke: OpenocdPoke | undefined;
  try {
    const top = await initialStackPointer(client, target);
    const reader = new SnapshotReader(client, top === undefined ? [] : [top], ramRanges(target));
    poke = await openPoke(target, signal);
    const words = plan.hook.taskVariable ? [plan.hook.taskVariable.address] : [];
    const session = new DirectSession(client, { unwinder, reader, words, poke, quietMs, keepSamples });
    yield { kind: 'info', info: { source: 'direct engine', engine: 'direct' } };
    yield* harvestMallocBySession(session, plan, signal, { report });
  } catch (error) {
    linkLost = error instanceof DeviceLostError;
    const reason = lost ?? error;
    const text = `connection lost: ${errorMessage(reason)}`;
    yield { kind: 'gap', reason: text };
    yield { kind: 'info', info: { complete: false, endReason: text, engineReport: report() } };
    throw reason;
  } finally {
    poke?.close();
    await client.detach(letsGo(target)).catch(() => undefined);
    if (linkLost) await removeLeftovers(target, client.breakpoints.addresses);
  }
}
