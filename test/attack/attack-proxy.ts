import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import type { Engine, HarvestPlan } from '../../lib/capture/engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { chooseAllocator } from '../../lib/capture/plan/choose-allocator.js';
import { makeMallocPlan } from '../../lib/capture/plan/make-malloc-plan.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import type { Target } from '../../lib/link/server/target.js';
import { cFirmware } from '../support/c-firmware.js';
import { type Captured, capture, eventLines } from '../support/capture.js';
import { FAULTS, type Faulty, judge } from '../support/faulty-link.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { Random } from '../support/mutate.js';
import { startQemu } from '../support/qemu-server.js';
import { startRspProxy } from '../support/rsp-proxy.js';
import { type AttackOptions, type AttackRow, inTurns } from './attack-row.js';

/** So many packets to the server a session has, and at which of them it ends. */
const SESSION_PACKETS = 500;
/** From packet to packet: few tries are spread over the session, and so many as it has packets meet each of them. */
const STRIDE = 187;
const HANGS_MS = 30_000;
const board = await loadBoard('qemu-mps2-an385');

/** A capture through the proxy. */
export interface ProxySession {
  readonly title: string;
  readonly engine: Engine;
  readonly plan: HarvestPlan;
  readonly elf: string;
}

/** Faults of a proxy between a real engine and an emulator: malloc hooks and gdb, which the short sessions of a simulated target leave out. */
export async function attackProxy(options: AttackOptions): Promise<AttackRow[]> {
  const { seed, scale, match } = options;
  const random = new Random(seed);
  const rows: AttackRow[] = [];
  for (const session of await proxySessions()) {
    const attack = `faulty proxy, ${session.title}`;
    if (match !== undefined && !attack.includes(match)) continue;
    const clean = eventLines((await faultyRun(session)).trace);
    const verdicts = new Map<string, number>();
    const faults: string[] = [];
    const late: string[] = [];
    let slowestMs = 0;
    let tries = 0;
    const chosen = Array.from({ length: scale }, (_, at) => ({
      fault: FAULTS[random.next(FAULTS.length)],
      direction: random.next(2) === 0 ? ('toServer' as const) : ('toClient' as const),
      index: (seed + at * STRIDE) % SESSION_PACKETS,
    }));
    await inTurns(
      chosen,
      options,
      async ({ fault: [name, fault] = FAULTS[0] as (typeof FAULTS)[number], direction, index }) => {
        tries++;
        const captured = await faultyRun(session, { direction, index, fault });
        const verdict = judge(captured, clean);
        verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
        slowestMs = Math.max(slowestMs, captured.elapsedMs);
        const where = `packet ${index} ${direction}, ${name}`;
        if (verdict !== 'whole' && verdict !== 'lost, and told') faults.push(`${where}: ${verdict}`);
        if (captured.elapsedMs > HANGS_MS) late.push(`${where}: ${Math.round(captured.elapsedMs / 1000)} s`);
      },
    );
    const counts = [...verdicts].map(([verdict, count]) => `${verdict}: ${count}`).join(', ');
    const figures = `${counts}; slowest session ${(slowestMs / 1000).toFixed(1)} s`;
    rows.push({ attack, tries, faults, late, figures });
  }
  return rows;
}

/** Of at most so many events each: 120 by the log function, a third of that by malloc hooks. */
export async function proxySessions(maxEvents = 120): Promise<ProxySession[]> {
  const program = await findGdb();
  const gdb = new GdbEngine(program);
  const lisp = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
  const sqlite = cFirmware('sqlite', {});
  const log = makeLogPlan(await loadFirmware(lisp, board), board, { maxEvents }).plan;
  const firmware = await loadFirmware(sqlite, board);
  const { profile } = await chooseAllocator(firmware, 'auto', []);
  const malloc = makeMallocPlan(firmware, board, profile, { maxEvents: Math.ceil(maxEvents / 3) }).plan;
  return [
    { title: 'direct engine, malloc hooks', engine: new DirectEngine(), plan: malloc, elf: sqlite },
    { title: 'gdb engine', engine: gdb, plan: log, elf: lisp },
    { title: 'gdb engine by MI commands', engine: new GdbEngine(program, false), plan: log, elf: lisp },
    { title: 'gdb engine, malloc hooks', engine: gdb, plan: malloc, elf: sqlite },
  ];
}

/** A session with one packet spoilt; clean without. */
export async function faultyRun({ engine, plan, elf }: ProxySession, faulty?: Faulty): Promise<Captured> {
  await using chip = await startQemu('mps2-an385', elf);
  let done = false;
  await using proxy = await startRspProxy({
    targetPort: chip.port,
    onPacket(direction, index) {
      if (done || faulty === undefined || direction !== faulty.direction || index !== faulty.index)
        return { kind: 'pass' };
      done = true;
      return faulty.fault;
    },
  });
  const target: Target = {
    ...{ kind: 'qemu', server: { host: '127.0.0.1', port: proxy.port }, board, elf },
    orders: { resetCommands: [], load: false, verify: false },
    lost: new Promise<never>(() => undefined),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return await capture(engine, { target, plan, signal: new AbortController().signal });
}
