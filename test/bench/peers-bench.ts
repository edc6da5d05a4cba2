import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import type { BenchRow } from './bench-row.js';
import { syntheticTrace } from './synthetic-trace.js';

const CLI = fileURLToPath(new URL('../../bin/harvest.js', import.meta.url));
const COMMANDS = ['stats', 'tree', 'leaks', 'frag'] as const;
const EXPORTS = ['heaptrack', 'massif', 'dhat', 'pprof', 'folded', 'speedscope'] as const;
/** Rounds are counted after one that is not. */
const ROUNDS = 5;

interface Run {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

interface Figures {
  readonly seconds: number;
  readonly mebibytes: number;
}

/**
 * Whole processes, as a user waits for them: this project's commands on a journal, and `heaptrack_print` on the same trace as `harvest export`
 * writes it. All of them take turns in every round, so that a machine that gets slower gets slower for all; medians of five rounds.
 */
export async function peersBench(sizes: readonly number[] = [1_000_000, 5_000_000]): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'harvest-bench-'));
  try {
    const rows: BenchRow[] = [...(await rounds([start('--version'), nothing()], 'starts'))];
    for (const events of sizes) rows.push(...(await onTrace(folder, events)));
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function onTrace(folder: string, events: number): Promise<BenchRow[]> {
  const journal = join(folder, `${events}.harvest`);
  const heaptrack = join(folder, `${events}.heaptrack`);
  await writeJournal(journal, events);
  await runOnce(exporting(journal, 'heaptrack', heaptrack));
  const peer: Run = { name: 'heaptrack_print', command: 'heaptrack_print', args: [heaptrack] };
  const asked = COMMANDS.map((command) => start(command, journal));
  const label = `${events} events`;
  const size = { name: `journal of ${label}`, value: (await stat(journal)).size / 2 ** 20, unit: 'MiB' };
  const writers = EXPORTS.map((format) => exporting(journal, format, join(folder, 'export')));
  return [size, ...(await rounds([peer, ...asked], label)), ...(await rounds(writers, label))];
}

function start(...args: readonly string[]): Run {
  return { name: `harvest ${args[0]}`, command: process.execPath, args: [CLI, ...args] };
}

function exporting(journal: string, format: string, out: string): Run {
  const args = [CLI, 'export', journal, '--format', format, '--out', out];
  return { name: `harvest export, ${format}`, command: process.execPath, args };
}

function nothing(): Run {
  return { name: 'node -e 0', command: process.execPath, args: ['-e', '0'] };
}

/** Two rows a command; what the first one takes is what the others are compared with. One that is not installed is left out. */
async function rounds(runs: readonly Run[], label: string): Promise<BenchRow[]> {
  const figures = new Map<Run, Figures[]>(runs.map((run) => [run, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [run, taken] of figures) {
      const figure = await runOnce(run);
      if (!figure) figures.delete(run);
      else if (round > 0) taken.push(figure);
    }
  }
  const [first] = figures.keys();
  const base = first && median((figures.get(first) ?? []).map(({ seconds }) => seconds));
  return [...figures].flatMap(([run, taken]) => {
    const value = median(taken.map(({ seconds }) => seconds));
    const compared = run === first || base === undefined ? {} : { against: `of ${first?.name}`, ratio: value / base };
    return [
      { name: `${run.name}, ${label}`, value, unit: 's', ...compared },
      { name: `${run.name}, ${label}, peak memory`, value: median(taken.map((it) => it.mebibytes)), unit: 'MiB' },
    ];
  });
}

/** One process, by the operating system's own account of it; undefined where its program is not installed. */
async function runOnce({ command, args }: Run): Promise<Figures | undefined> {
  const begin = performance.now();
  const child = spawn('/usr/bin/time', ['-f', '%M', command, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said = (said + text.toString()).slice(-200);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const seconds = (performance.now() - begin) / 1000;
  if (code === 127) return undefined;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ended with ${code}: ${said.trim()}`);
  return { seconds, mebibytes: Number(said.trim().split('\n').at(-1)) / 1024 };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function writeJournal(path: string, events: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const piece of journalBytes(syntheticTrace(events))) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}
