import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Milliseconds } from '../../lib/base/units.js';
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
import { CLI } from '../support/run-cli.js';
import { type BareBreakpoints, bareStops } from './bare-client.js';
import type { BenchRow } from './bench-row.js';
import { runOnce } from './process-rounds.js';

const ROUNDS = 3;
/** Of a whole capture. */
const WHOLE_EVENTS = 5000;
/** Events are counted from here on: at boot the stacks are flatter than later. */
const SKIPPED = 500;
/** One after the other; the second is long enough that what is done once does not show. */
const PARTS = [
  { name: 'events 501 to 1,000', events: 500 },
  { name: 'events 1,001 to 2,000', events: 1000 },
] as const;
const BOARDS = ['mps2-an385', 'virt-rv32'] as const;
type BoardName = (typeof BOARDS)[number];

type Work = (target: Target, plan: HarvestPlan, events: number) => Promise<void>;

/** A way to capture, and a bare client with the same breakpoints: what that shows is the emulators' difference, not ours. */
const PAIRS: readonly { readonly name: string; readonly breakpoints: BareBreakpoints; readonly work: Work }[] = [
  { name: 'direct engine', breakpoints: 'all', work: engineRun({ oneWrite: false }) },
  { name: 'direct engine, one write', breakpoints: 'one-write', work: engineRun({ oneWrite: true }) },
];

/** Processor time of one part. */
interface Taken {
  readonly own: Milliseconds;
  readonly emulator: Milliseconds;
}

/** Per part, the rounds. */
type Rounds = readonly Taken[][];

/** The same program for RISC-V against that for Arm, in turns: events for a second of processor time. */
export async function coresBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { name, breakpoints, work } of PAIRS) {
    const bare = await inTurns(bareStops(breakpoints));
    const engine = await inTurns(work);
    for (const [index, part] of PARTS.entries()) {
      const of = (taken: Record<BoardName, Rounds>, board: BoardName) => taken[board][index] ?? [];
      const rate = (taken: readonly Taken[]) =>
        (1000 * part.events) / median(taken.map(({ own, emulator }) => own + emulator));
      const unit = 'events/s of processor time';
      const pair = (label: string, figure: (board: BoardName) => number, pairUnit = unit) =>
        rows.push(...againstArm(label, figure, pairUnit));
      pair(`bare client, breakpoints of: ${name}, ${part.name}`, (board) => rate(of(bare, board)));
      pair(`${name}, ${part.name}`, (board) => rate(of(engine, board)));
      pair(
        `${name}, ${part.name}: against the bare client's rate`,
        (board) => rate(of(engine, board)) / rate(of(bare, board)),
        'of it',
      );
      const own = (board: BoardName) => (1000 * part.events) / median(of(engine, board).map((taken) => taken.own));
      pair(`${name}, ${part.name}: without the emulator`, own, 'events/s of our processor time');
    }
  }
  for (const [name, options] of [
    ['direct engine', []],
    ['direct engine, one write', ['--one-write']],
  ] as const) {
    const seconds = await wholeCommands(options);
    const rate = (board: BoardName) => WHOLE_EVENTS / median(seconds[board]);
    rows.push(...againstArm(`${name}, whole capture of 5,000 events`, rate, 'events/s by the clock'));
  }
  return rows;
}

/** What a user waits for: from the command to its prompt, with the emulator's start, the ELF file, and all that is written. */
async function wholeCommands(options: readonly string[]): Promise<Record<BoardName, number[]>> {
  const seconds: Record<BoardName, number[]> = { 'mps2-an385': [], 'virt-rv32': [] };
  const out = await mkdtemp(join(tmpdir(), 'harvest-bench-'));
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const board of round % 2 === 0 ? BOARDS : BOARDS.toReversed()) {
        const elf = lispFirmware({ board, opt: 'Og', variant: 'big' });
        const what = ['run', elf, '--board', `qemu-${board}`, '--engine', 'direct', ...options];
        const args = [CLI, ...what, '--max-events', String(WHOLE_EVENTS), '--out', join(out, board), '--quiet'];
        seconds[board].push((await runOnce({ name: board, command: process.execPath, args })).seconds);
      }
    }
  } finally {
    await rm(out, { recursive: true, force: true });
  }
  return seconds;
}

function againstArm(name: string, figure: (board: BoardName) => number, unit: string): BenchRow[] {
  const arm = figure('mps2-an385');
  const riscv = figure('virt-rv32');
  const ratio = riscv / arm;
  return [
    { name: `${name}, Arm`, value: arm, unit },
    { name: `${name}, RISC-V`, value: riscv, unit, against: `that on Arm (${ratio.toFixed(2)})`, ratio },
  ];
}

async function inTurns(work: Work): Promise<Record<BoardName, Rounds>> {
  const rounds = (): Taken[][] => PARTS.map(() => []);
  const taken = { 'mps2-an385': rounds(), 'virt-rv32': rounds() };
  for (let round = 0; round < ROUNDS; round++) {
    // Who comes first takes turns as well.
    for (const board of round % 2 === 0 ? BOARDS : BOARDS.toReversed()) {
      for (const [index, part] of (await partsOf(work, board)).entries()) taken[board][index]?.push(part);
    }
  }
  return taken;
}

async function partsOf(work: Work, board: BoardName): Promise<Taken[]> {
  await using started = await start(board);
  const { target, plan } = started;
  // The emulator keeps its state when a client leaves.
  await work(target, plan, SKIPPED);
  const emulatorPid = Number(execFileSync('pgrep', ['-P', String(process.pid), 'qemu-system'], { encoding: 'utf8' }));
  const parts: Taken[] = [];
  for (const { events } of PARTS) {
    const before = { own: processorMs('self'), emulator: processorMs(emulatorPid) };
    await work(target, plan, events);
    const since = (now: Milliseconds | undefined, then: Milliseconds | undefined) =>
      (now ?? Number.NaN) - (then ?? Number.NaN);
    parts.push({
      own: since(processorMs('self'), before.own),
      emulator: since(processorMs(emulatorPid), before.emulator),
    });
  }
  return parts;
}

async function start(boardName: BoardName) {
  const board = await loadBoard(`qemu-${boardName}`);
  const elf = lispFirmware({ board: boardName, opt: 'Og', variant: 'big' });
  const firmware = await loadFirmware(elf, board);
  const { plan } = makeLogPlan(firmware, board, { untilRepl: true });
  const target = await connect(board, { elf });
  target.lost.catch(() => undefined);
  return { target, plan, [Symbol.asyncDispose]: () => target[Symbol.asyncDispose]() };
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
