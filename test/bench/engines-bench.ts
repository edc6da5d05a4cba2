import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import type { Engine, HarvestPlan } from '../../lib/capture/engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { connect } from '../../lib/link/server/connect.js';
import type { Target } from '../../lib/link/server/target.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import type { BenchRow } from './bench-row.js';
import { classicGdb } from './classic-gdb.js';
import type { ProxyCounts } from './delay-proxy.js';

/** Events are counted from here on: at boot the stacks are flatter than later. */
const SKIPPED_EVENTS = 1500;

interface Rig {
  readonly delayMs: number;
  /** For the classic script, which needs most of the time. */
  readonly classicEvents: number;
  readonly events: number;
}
const RIGS: readonly Rig[] = [
  { delayMs: 0, classicEvents: 150, events: 3000 },
  { delayMs: 1, classicEvents: 25, events: 400 },
];

interface Measured {
  readonly eventsPerSecond: number;
  /** Undefined where there was no proxy to count. */
  readonly counts: ProxyCounts | undefined;
  readonly events: number;
}

type Contender = (target: Target, plan: HarvestPlan, rig: Rig) => Promise<{ ms: number; events: number }>;

/**
 * Events a second of the classic gdb script and of the engines, on the same stretch of the same program: as it is, and with 1 ms
 * added each way. `ratio` is against the classic script of the same rig.
 */
export async function enginesBench(): Promise<BenchRow[]> {
  const gdb = await findGdb();
  const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'big' });
  const contenders: readonly (readonly [string, Contender])[] = [
    ['classic gdb script', classic(gdb.path)],
    ['gdb engine', engineRun(new GdbEngine(gdb))],
    ['direct engine', engineRun(new DirectEngine({ keepSamples: true }))],
    ['direct engine, one write', engineRun(new DirectEngine({ keepSamples: true, oneWrite: true }))],
  ];
  const rows: BenchRow[] = [];
  for (const rig of RIGS) {
    let baseline = 0;
    for (const [name, contender] of contenders) {
      const { eventsPerSecond, counts, events } = await measure(contender, elf, rig);
      const label = counts ? `${name}, +${counts.delayMs.toFixed(2)} ms each way` : name;
      if (baseline === 0) baseline = eventsPerSecond;
      const against = { against: 'classic gdb script', ratio: eventsPerSecond / baseline };
      rows.push({ name: label, value: eventsPerSecond, unit: 'events/s', ...against });
      if (!counts) continue;
      rows.push({ name: `${label}: round trips`, value: counts.roundTrips / events, unit: 'per event' });
      rows.push({ name: `${label}: packets`, value: counts.packets / events, unit: 'per event' });
    }
  }
  return rows;
}

async function measure(contender: Contender, elf: string, rig: Rig): Promise<Measured> {
  const board = await loadBoard('qemu-mps2-an385');
  const image = await loadFirmware(elf, board);
  const { plan } = makeLogPlan(image, board, { untilRepl: true });
  await using target = await connect(board, { elf });
  target.lost.catch(() => undefined);
  // The emulator keeps its state when a client leaves.
  await drain(new DirectEngine({ keepSamples: false }), target, { ...plan, maxEvents: SKIPPED_EVENTS });
  const rate = ({ ms, events }: { ms: number; events: number }) => ((events - 1) / ms) * 1000;
  // Nothing stands between where nothing is added: a proxy would slow a client down that asks more often.
  if (rig.delayMs === 0)
    return { eventsPerSecond: rate(await contender(target, plan, rig)), counts: undefined, events: 0 };
  const proxy = await startProxy(target.server.port, rig.delayMs);
  try {
    const through = { ...target, server: { host: '127.0.0.1', port: proxy.port } };
    const run = await contender(through, plan, rig);
    return { eventsPerSecond: rate(run), counts: await proxy.stop(), events: run.events };
  } finally {
    await proxy.stop();
  }
}

function classic(gdbPath: string): Contender {
  return async (target, _plan, { classicEvents, delayMs }) => {
    const { elf, server } = target;
    const timeoutMs = 60_000 + delayMs * 120_000;
    return {
      ms: await classicGdb({ gdbPath, elf, port: server.port, events: classicEvents, timeoutMs }),
      events: classicEvents,
    };
  };
}

function engineRun(engine: Engine): Contender {
  return async (target, plan, { events }) => ({
    ms: await drain(engine, target, { ...plan, maxEvents: events }),
    events,
  });
}

/** Captures; the time from the first event to the last. */
async function drain(engine: Engine, target: Target, plan: HarvestPlan): Promise<number> {
  let first: number | undefined;
  let last = 0;
  for await (const record of engine.harvest(target, plan, new AbortController().signal)) {
    if (record.kind !== 'alloc' && record.kind !== 'free' && record.kind !== 'sweep' && record.kind !== 'realloc')
      continue;
    last = performance.now();
    first ??= last;
  }
  return last - (first ?? last);
}

async function startProxy(targetPort: number, delayMs: number) {
  const script = join(import.meta.dirname, 'delay-proxy.js');
  const child = spawn(process.execPath, [script, String(targetPort), String(delayMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const port = Number(/^port (\d+)$/.exec(String((await lines.next()).value))?.[1]);
  let counts: Promise<ProxyCounts> | undefined;
  const stop = async (): Promise<ProxyCounts> => {
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    const parsed: ProxyCounts = JSON.parse(String((await lines.next()).value));
    await closed;
    return parsed;
  };
  return {
    port,
    stop: () => {
      counts ??= stop();
      return counts;
    },
  };
}
