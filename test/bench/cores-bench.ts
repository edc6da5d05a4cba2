import { execFileSync } from 'node:child_process';
import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import type { HarvestPlan } from '../../lib/capture/engine.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { connect } from '../../lib/link/server/connect.js';
import type { Target } from '../../lib/link/server/target.js';
import { isHeapEvent } from '../../lib/trace/heap-event.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { median } from '../support/median.js';
import { processorMs } from '../support/processor-time.js';
import { bareStops } from './bare-client.js';
import type { BenchRow } from './bench-row.js';

const ROUNDS = 3;
/** Events are counted from here on: at boot the stacks are flatter than later. */
const SKIPPED = 500;
const EVENTS = 500;
const BOARDS = ['mps2-an385', 'virt-rv32'] as const;
type BoardName = (typeof BOARDS)[number];

type Work = (target: Target, plan: HarvestPlan, events: number) => Promise<void>;

const WORKS: Readonly<Record<string, Work>> = {
  'a bare client, which does no work': bareStops,
  'direct engine': engineRun({ oneWrite: false }),
  'direct engine, one write': engineRun({ oneWrite: true }),
};

/**
 * Events for a second of processor time, of the capture and of the emulator: the same program for RISC-V against that for Arm, in turns. What the
 * bare client shows is the emulators' difference, not ours.
 */
export async function coresBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [name, work] of Object.entries(WORKS)) {
    const taken: Record<BoardName, number[]> = { 'mps2-an385': [], 'virt-rv32': [] };
    for (let round = 0; round < ROUNDS; round++) {
      // Who comes first takes turns as well.
      for (const board of round % 2 === 0 ? BOARDS : BOARDS.toReversed())
        taken[board].push(await millisecondsOf(work, board));
    }
    const rate = (board: BoardName) => (1000 * EVENTS) / median(taken[board]);
    const unit = 'events/s of processor time';
    rows.push({ name: `${name}, Arm`, value: rate('mps2-an385'), unit });
    const ratio = rate('virt-rv32') / rate('mps2-an385');
    rows.push({
      name: `${name}, RISC-V`,
      value: rate('virt-rv32'),
      unit,
      against: `that on Arm (${ratio.toFixed(2)})`,
      ratio,
    });
  }
  return rows;
}

async function millisecondsOf(work: Work, boardName: BoardName): Promise<number> {
  const board = await loadBoard(`qemu-${boardName}`);
  const elf = lispFirmware({ board: boardName, opt: 'Og', variant: 'big' });
  const image = await loadFirmware(elf, board);
  const { plan } = makeLogPlan(image, board, { untilRepl: true });
  await using target = await connect(board, { elf });
  target.lost.catch(() => undefined);
  // The emulator keeps its state when a client leaves.
  await engineRun({ oneWrite: false })(target, plan, SKIPPED);
  const emulator = Number(execFileSync('pgrep', ['-P', String(process.pid), 'qemu-system'], { encoding: 'utf8' }));
  const now = () => (processorMs('self') ?? Number.NaN) + (processorMs(emulator) ?? Number.NaN);
  const before = now();
  await work(target, plan, EVENTS);
  return now() - before;
}

function engineRun({ oneWrite }: { readonly oneWrite: boolean }): Work {
  return async (target, plan, events) => {
    const engine = new DirectEngine({ keepSamples: true, oneWrite });
    let found = 0;
    for await (const record of engine.harvest(target, { ...plan, maxEvents: events }, new AbortController().signal))
      if (isHeapEvent(record)) found++;
    if (found !== events) throw new Error(`found ${found} events, expected ${events}`);
  };
}
