import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import type { Engine, HarvestPlan } from '../../lib/capture/engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import type { Target } from '../../lib/link/server/target.js';
import { EndCause, lifespans } from '../../lib/trace/lifespans.js';
import type { Trace } from '../../lib/trace/trace.js';
import { type Captured, capture, captureInQemu, eventLines } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { Random } from '../support/mutate.js';
import { startQemu } from '../support/qemu-server.js';
import { startRspProxy } from '../support/rsp-proxy.js';
import { type AttackOptions, type AttackRow, stopwatch } from './attack-row.js';

const RESETS_A_CAPTURE = 10;
/** Packets from one reset to the next: some tens of events. */
const MOST_PACKETS = 400;
const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'big' });

/**
 * The target is reset in the middle of a capture, again and again, as by a watchdog: each time the heap begins anew. What lived before
 * is lost, and no leak.
 */
export async function attackResets(options: AttackOptions): Promise<AttackRow[]> {
  const { seed, scale } = options;
  const inTime = stopwatch(options);
  const random = new Random(seed);
  const captures = Math.max(1, Math.ceil(scale / RESETS_A_CAPTURE));
  const rows: AttackRow[] = [];
  for (const engine of [new DirectEngine(), new GdbEngine(await findGdb())]) {
    const clean = await captureInQemu(engine, {
      boardName: 'qemu-mps2-an385',
      elf,
      plan: { maxEvents: 800, stops: [] },
    });
    const cleanLines = eventLines(clean.trace);
    const faults: string[] = [];
    let resets = 0;
    let lost = 0;
    for (let i = 0; i < captures && inTime(); i++) {
      const run = await captureWithResets(engine, random);
      resets += run.resets;
      faults.push(...faultsOf(run.captured, run.resets, cleanLines));
      lost += lostAtResets(run.captured.trace);
    }
    const figures = `each a new epoch; ${lost} blocks that lived are told as lost, none as a leak`;
    rows.push({ attack: `reset of the target (${engine.name} engine)`, tries: resets, faults, figures });
  }
  return rows;
}

async function captureWithResets(engine: Engine, random: Random) {
  const board = await loadBoard('qemu-mps2-an385');
  const { plan } = makeLogPlan(await loadFirmware(elf, board), board, { untilRepl: true });
  await using chip = await startQemu('mps2-an385', elf);
  const control = new AbortController();
  let resets = 0;
  let next = 100 + random.next(MOST_PACKETS);
  await using proxy = await startRspProxy({
    targetPort: chip.port,
    onPacket(direction, index, payload) {
      if (direction !== 'toServer' || index < next || !/^vCont;c/.test(payload)) return { kind: 'pass' };
      if (resets >= RESETS_A_CAPTURE) {
        control.abort();
        return { kind: 'pass' };
      }
      resets++;
      next = index + 60 + random.next(MOST_PACKETS);
      return { kind: 'late', until: chip.command('system_reset') };
    },
  });
  const endless: HarvestPlan = { ...plan, stops: [] };
  const target: Target = {
    ...{ kind: 'qemu', server: { host: '127.0.0.1', port: proxy.port }, board, elf },
    orders: { resetCommands: [], load: false, verify: false },
    lost: new Promise<never>(() => undefined),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const captured = await capture(engine, { target, plan: endless, signal: control.signal });
  return { captured, resets };
}

/** Each part between two resets must be the begin of a clean run, and nothing of an earlier one may live on. */
function faultsOf({ trace, error }: Captured, resets: number, clean: readonly string[]): string[] {
  const faults: string[] = [];
  if (error !== undefined) faults.push(`the capture failed: ${error}`);
  if (trace.epochs.length !== resets) faults.push(`${resets} resets, ${trace.epochs.length} epochs`);
  const lines = eventLines(trace);
  const starts = [0, ...trace.epochs.map(({ beforeSeq }) => beforeSeq)];
  for (const [i, start] of starts.entries()) {
    const end = starts[i + 1] ?? lines.length;
    const wrong = lines.slice(start, end).findIndex((line, at) => at < clean.length && line !== clean[at]);
    if (wrong >= 0)
      faults.push(`event ${start + wrong} is wrong: ${lines[start + wrong]}, in a clean run ${clean[wrong]}`);
  }
  const spans = lifespans(trace);
  const last = starts.at(-1) ?? 0;
  for (let span = 0; span < spans.count && (spans.startSeq[span] ?? 0) < last; span++) {
    if (spans.endCause[span] !== EndCause.alive) continue;
    faults.push(`a block of before the last reset counts as alive`);
    break;
  }
  return faults;
}

function lostAtResets(trace: Trace): number {
  const { endCause } = lifespans(trace);
  return endCause.reduce((sum, cause) => sum + (cause === EndCause.epoch ? 1 : 0), 0);
}
