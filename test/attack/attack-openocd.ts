import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import type { Engine, HarvestPlan } from '../../lib/capture/engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { errorMessage } from '../../lib/errors/errors.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import type { Target } from '../../lib/link/server/target.js';
import { isHeapEvent } from '../../lib/trace/heap-event.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { captureInQemu, eventLines } from '../support/capture.js';
import { eventually } from '../support/eventually.js';
import { type ProbeServer, startProbeServer } from '../support/jtag-probe/probe-server.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { median } from '../support/median.js';
import { Random } from '../support/mutate.js';
import { type OpenocdServer, startOpenocd } from '../support/openocd-server.js';
import { startQemu } from '../support/qemu-server.js';
import { type AttackOptions, type AttackRow, inTurns } from './attack-row.js';

const MOST_EVENTS = 40;
/** As in attack-captures.ts. */
const NOTICED_MS = 5_000;
const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
const board = await loadBoard('qemu-mps2-an385');

/** A real OpenOCD on a simulated probe is killed and frozen in the middle of a capture; then the target is attached to again. */
export async function attackOpenocd(options: AttackOptions): Promise<AttackRow[]> {
  const { seed, scale, match } = options;
  const random = new Random(seed);
  const plan = await endlessPlan();
  const rows: AttackRow[] = [];
  for (const engine of [new DirectEngine(), new GdbEngine(await findGdb())]) {
    const clean = await captureInQemu(engine, { boardName: 'qemu-mps2-an385', elf, plan: { ...plan, maxEvents: 200 } });
    const cleanLines = eventLines(clean.trace);
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      const attack = `openocd: ${signal} (${engine.name} engine)`;
      if (match !== undefined && !attack.includes(match)) continue;
      const outcomes: Outcome[] = [];
      const moments = Array.from({ length: scale }, () => 2 + random.next(MOST_EVENTS));
      await inTurns(moments, options, async (after) => {
        outcomes.push(await attackOnce(engine, plan, { signal, after, cleanLines }));
      });
      const noticed = outcomes.map(({ noticedMs }) => noticedMs / 1000);
      const [events, left] = [outcomes.map((each) => each.events), outcomes.map((each) => each.leftInChip)];
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      rows.push({
        attack,
        tries: outcomes.length,
        faults: outcomes.flatMap(({ faults }) => faults),
        late: noticed.filter((each) => each > NOTICED_MS / 1000).map((each) => `noticed after ${each.toFixed(1)} s`),
        figures: `${sum(events)} events, all as in a clean run; noticed after ${median(noticed).toFixed(1)} s, at most ${Math.max(0, ...noticed).toFixed(1)} s; ${sum(left)} breakpoints were left in the chip, 0 after the next attach`,
      });
    }
  }
  return rows;
}

/** gc_init is not watched: a probe that bit-bangs steps slowly. */
async function endlessPlan(): Promise<HarvestPlan> {
  const { plan } = makeLogPlan(await loadFirmware(elf, board), board, { untilRepl: true });
  if (plan.hook.type !== 'gc-log') throw new Error('the example firmware has a log function');
  const { gcInit: _, ...hook } = plan.hook;
  return { ...plan, hook, stops: [] };
}

interface Outcome {
  readonly faults: readonly string[];
  readonly events: number;
  readonly noticedMs: number;
  readonly leftInChip: number;
}

interface Moment {
  readonly signal: 'SIGKILL' | 'SIGSTOP';
  readonly after: number;
  readonly cleanLines: readonly string[];
}

async function attackOnce(engine: Engine, plan: HarvestPlan, { signal, after, cleanLines }: Moment): Promise<Outcome> {
  await using chip = await startQemu('mps2-an385', elf);
  await using probe = await startProbeServer(chip.port);
  const faults: string[] = [];
  const builder = new TraceBuilder();
  let noticedMs = 0;
  let leftInChip = 0;
  {
    await using openocd = await startOpenocd(probe.adapter);
    let killedAt = 0;
    try {
      for await (const record of engine.harvest(targetAt(openocd), plan, new AbortController().signal)) {
        builder.add(record);
        if (noticedMs === 0 && killedAt > 0 && record.kind === 'gap') noticedMs = performance.now() - killedAt;
        if (killedAt > 0 || !isHeapEvent(record) || builder.eventCount < after) continue;
        killedAt = performance.now();
        process.kill(openocd.pid, signal);
      }
      faults.push('the capture ended as if nothing had happened');
    } catch {
      if (killedAt === 0) faults.push('the capture ended before anything was done to it');
      else if (noticedMs === 0) noticedMs = performance.now() - killedAt;
    }
    leftInChip = probe.chipState().breakpoints;
  }
  const lines = eventLines(builder.build());
  const wrong = lines.findIndex((line, i) => i < cleanLines.length && line !== cleanLines[i]);
  if (wrong >= 0) faults.push(`event ${wrong} is wrong: ${lines[wrong]}`);
  const armed = await armedAfterAttach(engine, plan, probe).catch(errorMessage);
  if (typeof armed === 'string') faults.push(`${ATTACHES} more attaches fail: ${armed}`);
  else if (armed > 0) faults.push(`${armed} breakpoints are armed after the next attach`);
  return { faults, events: lines.length, noticedMs, leftInChip };
}

/** On a machine that is busy a live target can seem frozen, too: the next one attaches then. */
const ATTACHES = 3;

/** What the chip still stops at when somebody has attached again, captured an event, and left. */
async function armedAfterAttach(engine: Engine, plan: HarvestPlan, probe: ProbeServer): Promise<number> {
  for (let left = ATTACHES - 1; ; left--) {
    await using openocd = await startOpenocd(probe.adapter);
    const found = probe.chipState().breakpoints;
    const again = engine.harvest(targetAt(openocd), { ...plan, maxEvents: 1 }, new AbortController().signal);
    try {
      for await (const _ of again);
    } catch (error) {
      if (left > 0) continue;
      throw error;
    }
    await eventually(() => probe.chipState().breakpoints === 0, 10_000);
    return found + probe.chipState().breakpoints;
  }
}

function targetAt(openocd: OpenocdServer): Target {
  return {
    ...{ kind: 'openocd', server: { host: '127.0.0.1', port: openocd.gdbPort }, tclPort: openocd.tclPort, board, elf },
    orders: { resetCommands: ['reset halt'], load: false, verify: false },
    lost: new Promise<never>(() => undefined),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
