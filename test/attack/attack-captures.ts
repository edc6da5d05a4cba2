import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJournal } from '../../lib/trace/journal-reader.js';
import { eventAt, type Trace } from '../../lib/trace/trace.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { Random } from '../support/mutate.js';
import { CLI } from '../support/run-cli.js';
import { type AttackOptions, type AttackRow, median } from './attack-row.js';

type Victim = 'harvest' | 'gdb' | 'qemu-system-arm';
interface Attack {
  readonly engine: 'direct' | 'gdb';
  readonly victim: Victim;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

const ATTACKS: readonly Attack[] = [
  { engine: 'direct', victim: 'harvest', signal: 'SIGKILL' },
  { engine: 'gdb', victim: 'harvest', signal: 'SIGKILL' },
  { engine: 'direct', victim: 'qemu-system-arm', signal: 'SIGKILL' },
  { engine: 'gdb', victim: 'qemu-system-arm', signal: 'SIGKILL' },
  { engine: 'gdb', victim: 'gdb', signal: 'SIGKILL' },
  { engine: 'gdb', victim: 'qemu-system-arm', signal: 'SIGSTOP' },
  { engine: 'gdb', victim: 'gdb', signal: 'SIGSTOP' },
  { engine: 'direct', victim: 'qemu-system-arm', signal: 'SIGSTOP' },
];
/** A capture that is not over by then hangs. */
const HANGS_MS = 60_000;
const CLEAN_EVENTS = 2_000;

/** Kills or freezes each of a capture's processes at a random moment, and looks at what is left. */
export async function attackCaptures({ seed, scale }: AttackOptions): Promise<AttackRow[]> {
  const random = new Random(seed);
  const clean = new Map<string, readonly string[]>();
  const rows: AttackRow[] = [];
  for (const attack of ATTACKS) {
    const known = clean.get(attack.engine) ?? (await cleanRun(attack.engine));
    clean.set(attack.engine, known);
    const faults: string[] = [];
    const seconds: number[] = [];
    let events = 0;
    for (let i = 0; i < scale; i++) {
      const outcome = await attackOnce(attack, 200 + random.next(20_000), known);
      faults.push(...outcome.faults);
      seconds.push(outcome.seconds);
      events += outcome.events;
    }
    const told =
      attack.victim === 'harvest'
        ? ''
        : `; over after ${median(seconds).toFixed(1)} s, at most ${Math.max(...seconds).toFixed(1)} s`;
    rows.push({
      attack: `${attack.victim}: ${attack.signal} (${attack.engine} engine)`,
      tries: scale,
      faults,
      figures: `${events} events, all as in a clean run${told}`,
    });
  }
  return rows;
}

async function cleanRun(engine: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'harvest-attack-'));
  try {
    const capture = start(folder, engine, ['--max-events', String(CLEAN_EVENTS)]);
    await ended(capture, 300_000);
    return linesOf(readJournal(readFileSync(join(folder, 'o', 'capture.harvest'))).build());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function attackOnce({ engine, victim, signal }: Attack, atBytes: number, clean: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'harvest-attack-'));
  const faults: string[] = [];
  try {
    const capture = start(folder, engine, []);
    const journal = join(folder, 'o', 'capture.harvest');
    for (let i = 0; i < 3_000 && capture.exitCode === null; i++) {
      if (existsSync(journal) && statSync(journal).size >= atBytes) break;
      await sleep(10);
    }
    const pid = victim === 'harvest' ? capture.pid : pidOf(victim, folder);
    const since = performance.now();
    if (pid === undefined) faults.push(`${victim} was not there`);
    else process.kill(pid, signal);
    if (!(await ended(capture, HANGS_MS))) faults.push(`hangs for ${HANGS_MS / 1000} s`);
    const seconds = (performance.now() - since) / 1000;
    await sleep(300);
    const left = processesOf(folder);
    if (left.length > 0) faults.push(`left behind: ${left.map(({ line }) => line.slice(0, 80)).join('; ')}`);
    for (const { pid: orphan } of left) process.kill(orphan, 'SIGKILL');
    const trace = readJournal(readFileSync(journal)).build();
    const lines = linesOf(trace);
    const wrong = lines.findIndex((line, i) => i < clean.length && line !== clean[i]);
    if (wrong >= 0) faults.push(`event ${wrong} is wrong: ${lines[wrong]}, in a clean run ${clean[wrong]}`);
    if (trace.info.complete) faults.push('a cut capture says that it is complete');
    return { faults, seconds, events: lines.length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** With a firmware of its own, so that its processes can be told from all others. */
function start(folder: string, engine: string, more: readonly string[]): ChildProcess {
  const elf = join(folder, 'firmware.elf');
  copyFileSync(lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'big' }), elf);
  const args = [CLI, elf, '--engine', engine, '--out', join(folder, 'o'), '--quiet', ...more];
  return spawn(process.execPath, args, { stdio: 'ignore' });
}

async function ended(child: ChildProcess, withinMs: number): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return true;
  const exit = new Promise<true>((resolve) => child.once('exit', () => resolve(true)));
  const timer = new AbortController();
  const late = sleep(withinMs, false, { signal: timer.signal }).catch(() => false);
  const inTime = await Promise.race([exit, late]);
  timer.abort();
  if (!inTime) child.kill('SIGKILL');
  return inTime;
}

function processesOf(folder: string): { readonly pid: number; readonly line: string }[] {
  const text = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' });
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(line);
    return match?.[2]?.includes(folder) ? [{ pid: Number(match[1]), line: match[2] }] : [];
  });
}

function pidOf(program: Victim, folder: string): number | undefined {
  return processesOf(folder).find(({ line }) => (line.split(' ')[0] ?? '').includes(program))?.pid;
}

/** Events without their times, which are ours. */
function linesOf(trace: Trace): string[] {
  return Array.from({ length: trace.eventCount }, (_, seq) => {
    const { atUs: _at, ...event } = eventAt(trace, seq);
    return JSON.stringify(event);
  });
}
