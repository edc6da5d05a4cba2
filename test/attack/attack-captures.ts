import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJournal } from '../../lib/trace/journal-reader.js';
import { eventAt, type Trace } from '../../lib/trace/trace.js';
import { cFirmware } from '../support/c-firmware.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { median } from '../support/median.js';
import { Random } from '../support/mutate.js';
import { CLI } from '../support/run-cli.js';
import { type AttackOptions, type AttackRow, inTurns } from './attack-row.js';
import { endedWithin, orphansOf, processesOf } from './victim-processes.js';

type Victim = 'harvest' | 'gdb' | 'qemu-system-arm';
interface Attack {
  readonly engine: 'direct' | 'gdb';
  readonly hooks: 'log' | 'malloc';
  readonly victim: Victim;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

const kill = (victim: Victim, engine: 'direct' | 'gdb', hooks: 'log' | 'malloc' = 'log'): Attack => ({
  ...{ engine, hooks, victim, signal: 'SIGKILL' },
});
const ATTACKS: readonly Attack[] = [
  kill('harvest', 'direct'),
  kill('harvest', 'gdb'),
  kill('harvest', 'direct', 'malloc'),
  kill('harvest', 'gdb', 'malloc'),
  kill('qemu-system-arm', 'direct'),
  kill('qemu-system-arm', 'gdb'),
  kill('qemu-system-arm', 'direct', 'malloc'),
  kill('gdb', 'gdb'),
  kill('gdb', 'gdb', 'malloc'),
  { ...kill('qemu-system-arm', 'direct'), signal: 'SIGSTOP' },
  { ...kill('qemu-system-arm', 'direct', 'malloc'), signal: 'SIGSTOP' },
  { ...kill('qemu-system-arm', 'gdb'), signal: 'SIGSTOP' },
  { ...kill('qemu-system-arm', 'gdb', 'malloc'), signal: 'SIGSTOP' },
  { ...kill('gdb', 'gdb'), signal: 'SIGSTOP' },
];
/** A capture that is not over by then hangs. */
const HANGS_MS = 120_000;
/** The goal for noticing a fault. */
const NOTICED_S = 5;
/** What the journal says of a link that is lost, as soon as it is noticed. */
const LOSS = /"kind":"gap"/;
const CLEAN_EVENTS = 400;
/** A capture is looked at so often, the last time when it is killed. */
const MOMENTS_A_KILL = 20;
const TERMINAL_MS = 30;
/** A journal has grown at least so far when its capture is attacked, and at most as far as that of the clean run. */
const LEAST_BYTES = 200;

/** Kills or freezes each of a capture's processes at a random moment, and looks at what is left. */
export async function attackCaptures(options: AttackOptions): Promise<AttackRow[]> {
  const { seed, scale, match } = options;
  const random = new Random(seed);
  const clean = new Map<string, Promise<CleanRun>>();
  const attacks = ATTACKS.filter((each) => match === undefined || titleOf(each).includes(match));
  const done = attacks.map((attack) => ({ attack, outcomes: [] as Outcome[] }));
  // In turns, so that each has had its share when the time is over.
  const tries = Array.from({ length: scale }, () =>
    done.map((each) => ({ ...each, permille: random.next(1000) })),
  ).flat();
  await inTurns(tries, options, async ({ attack, outcomes, permille }) => {
    const run = `${attack.engine} ${attack.hooks}`;
    const known = clean.get(run) ?? cleanRun(attack);
    clean.set(run, known);
    const { bytes, lines } = await known;
    const atBytes = LEAST_BYTES + Math.floor(((bytes - LEAST_BYTES) * permille) / 1000);
    const outcome = await attackOnce(attack, atBytes, lines);
    if (outcome) outcomes.push(outcome);
  });
  return done.map(({ attack, outcomes }) => ({
    attack: titleOf(attack),
    tries: outcomes.length,
    faults: outcomes.flatMap(({ faults }) => faults),
    late: outcomes.flatMap(({ late }) => late),
    figures: figuresOf(attack, outcomes),
  }));
}

function titleOf({ victim, signal, engine, hooks }: Attack): string {
  return `${victim}: ${signal} (${engine} engine, ${hooks} hooks)`;
}

interface Outcome {
  readonly faults: readonly string[];
  readonly late: readonly string[];
  readonly events: number;
  /** Events that the progress line said last, and how many of them the journal has. */
  readonly shown: number;
  readonly shownAndThere: number;
  /** How often the capture was stopped to look at its journal, the kill among them. */
  readonly moments: number;
  readonly noticedS: number;
  readonly overS: number;
}

function figuresOf({ victim }: Attack, outcomes: readonly Outcome[]): string {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, each) => total + of(each), 0);
  const events = `${sum((each) => each.events)} events, all as in a clean run`;
  if (victim === 'harvest') {
    return `${events}; looked at in ${sum((each) => each.moments)} moments: ${sum((each) => each.shownAndThere)} of the ${sum((each) => each.shown)} that were shown are in the journal`;
  }
  const noticed = outcomes.map(({ noticedS }) => noticedS);
  const over = outcomes.map(({ overS }) => overS);
  return `${events}; noticed after ${median(noticed).toFixed(1)} s, at most ${Math.max(0, ...noticed).toFixed(1)} s; over after at most ${Math.max(0, ...over).toFixed(1)} s`;
}

/** The first events of a capture that nothing disturbs, and how long their journal is. */
interface CleanRun {
  readonly lines: readonly string[];
  readonly bytes: number;
}

async function cleanRun(attack: Attack): Promise<CleanRun> {
  for (let left = 2; ; left--) {
    const run = await tryCleanRun(attack);
    if (run) return run;
    if (left === 0) throw new Error(`${titleOf(attack)}: no capture begins that nothing disturbs`);
  }
}

async function tryCleanRun(attack: Attack): Promise<CleanRun | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'harvest-attack-'));
  try {
    const { child } = start(folder, attack, ['--max-events', String(CLEAN_EVENTS)]);
    await endedWithin(child, 300_000);
    const path = join(folder, 'o', 'capture.harvest');
    const journal = existsSync(path) ? readFileSync(path) : undefined;
    const lines = journal ? linesOf(readJournal(journal).build()) : [];
    return journal && lines.length === CLEAN_EVENTS ? { lines, bytes: journal.length } : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const NOTHING = { events: 0, moments: 0, shown: 0, shownAndThere: 0 };

/** Undefined where the capture was over before its first event: a machine that is too busy for that has nothing to attack. */
async function attackOnce(attack: Attack, atBytes: number, clean: readonly string[]): Promise<Outcome | undefined> {
  const { victim, signal } = attack;
  const folder = mkdtempSync(join(tmpdir(), 'harvest-attack-'));
  const faults: string[] = [];
  try {
    const capture = start(folder, attack, []);
    const journal = join(folder, 'o', 'capture.harvest');
    const looks = victim === 'harvest' ? await stopAndLook({ folder, journal, capture, atBytes }) : [];
    await grown(journal, atBytes, capture.child);
    if (!existsSync(journal) && isOver(capture.child)) return undefined;
    const pid = pidOf(victim, folder);
    const since = performance.now();
    if (pid === undefined) faults.push(`${victim} was not there`);
    else process.kill(pid, signal);
    const noticed = noticedAt(journal, capture.child);
    if (!(await endedWithin(capture.child, HANGS_MS))) faults.push(`hangs for ${HANGS_MS / 1000} s`);
    const overS = (performance.now() - since) / 1000;
    const noticedS = ((await noticed) - since) / 1000;
    const late =
      victim !== 'harvest' && noticedS > NOTICED_S
        ? [`at ${atBytes} bytes: noticed after ${noticedS.toFixed(1)} s`]
        : [];
    faults.push(...(await orphansOf(folder)));
    if (!existsSync(journal)) return faults.length === 0 ? undefined : { faults, late, noticedS, overS, ...NOTHING };
    const trace = readJournal(readFileSync(journal)).build();
    const lines = linesOf(trace);
    const wrong = lines.findIndex((line, i) => i < clean.length && line !== clean[i]);
    if (wrong >= 0) faults.push(`event ${wrong} is wrong: ${lines[wrong]}, in a clean run ${clean[wrong]}`);
    if (trace.info.complete) faults.push('a cut capture says that it is complete');
    looks.push({ shown: capture.shown(), there: lines.length });
    for (const { shown, there } of looks)
      if (there < shown) faults.push(`${shown} events were shown, ${there} are in the journal`);
    const shown = looks.reduce((sum, look) => sum + look.shown, 0);
    const shownAndThere = looks.reduce((sum, look) => sum + Math.min(look.shown, look.there), 0);
    return { faults, late, noticedS, overS, events: lines.length, moments: looks.length, shown, shownAndThere };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Look {
  readonly shown: number;
  readonly there: number;
}

interface Looked {
  readonly folder: string;
  readonly journal: string;
  readonly capture: Capture;
  readonly atBytes: number;
}

/**
 * The file of a process that stands still is that of one that was killed there: so many moments of a capture can be looked at before it
 * is killed.
 */
async function stopAndLook({ folder, journal, capture, atBytes }: Looked): Promise<Look[]> {
  const looks: Look[] = [];
  for (let moment = 1; moment < MOMENTS_A_KILL; moment++) {
    await grown(journal, Math.floor((atBytes * moment) / MOMENTS_A_KILL), capture.child);
    const pid = pidOf('harvest', folder);
    if (pid === undefined || isOver(capture.child)) break;
    process.kill(pid, 'SIGSTOP');
    // What it has written to its terminal comes here by way of another process.
    await sleep(TERMINAL_MS);
    if (existsSync(journal)) {
      const there = readJournal(readFileSync(journal)).build().eventCount;
      looks.push({ shown: capture.shown(), there });
    }
    process.kill(pid, 'SIGCONT');
  }
  return looks;
}

interface Capture {
  readonly child: ChildProcess;
  /** The last number of events that a user saw. */
  shown(): number;
}

/** With a firmware of its own, so that its processes can be told from all others; on a terminal, where the progress is shown. */
function start(folder: string, { engine, hooks }: Attack, more: readonly string[]): Capture {
  const elf = join(folder, 'firmware.elf');
  const [firmware, options] =
    hooks === 'log'
      ? [lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'big' }), []]
      : [cFirmware('sqlite', {}), ['--allocator', 'auto', '--until', 'sqlite_repl']];
  copyFileSync(firmware, elf);
  const args = [process.execPath, CLI, elf, '--engine', engine, '--out', join(folder, 'o'), ...options, ...more];
  // Behind a shell: a child of its own that is stopped stops `script`, too.
  const child = spawn('script', ['-qfec', `${args.join(' ')}; exit $?`, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, TERM: 'xterm', COLUMNS: '200' },
  });
  let said = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    said = (said + text).slice(-4096);
  });
  const shown = () => Number([...said.matchAll(/ ([\d,]+) events {2}/g)].at(-1)?.[1]?.replaceAll(',', '') ?? 0);
  return { child, shown };
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

async function grown(journal: string, bytes: number, child: ChildProcess): Promise<void> {
  for (let i = 0; i < 6_000 && !isOver(child); i++) {
    if (existsSync(journal) && statSync(journal).size >= bytes) return;
    await sleep(5);
  }
}

/** When the journal says that something is lost, or at the latest when the capture is over. */
async function noticedAt(journal: string, child: ChildProcess): Promise<number> {
  for (let size = 0; !isOver(child); await sleep(20)) {
    const now = statSync(journal, { throwIfNoEntry: false })?.size ?? 0;
    if (now === size) continue;
    size = now;
    if (LOSS.test(readFileSync(journal, 'latin1').slice(-8192))) break;
  }
  return performance.now();
}

function pidOf(program: Victim, folder: string): number | undefined {
  const name = program === 'harvest' ? process.execPath : program;
  return processesOf(folder).find(({ line }) => (line.split(' ')[0] ?? '').includes(name))?.pid;
}

/** Events without their times, which are ours. */
function linesOf(trace: Trace): string[] {
  return Array.from({ length: trace.eventCount }, (_, seq) => {
    const { atUs: _at, ...event } = eventAt(trace, seq);
    return JSON.stringify(event);
  });
}
