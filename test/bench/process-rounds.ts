import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { median } from '../support/median.js';
import type { BenchRow } from './bench-row.js';

/** Rounds are counted after one that is not. */
const ROUNDS = 5;

/** A process that is measured as a whole. */
export interface Run {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

interface Figures {
  /** By the clock. */
  readonly seconds: number;
  /** User and system, of all threads: steadier than the clock on a busy machine. */
  readonly cpuSeconds: number;
  readonly mebibytes: number;
}

/** Three rows a process; what the first one takes is what the others are compared with. */
export async function rounds(runs: readonly Run[], label: string, count = ROUNDS): Promise<BenchRow[]> {
  const figures = new Map<Run, Figures[]>(runs.map((run) => [run, []]));
  for (let round = 0; round <= count; round++) {
    for (const [run, taken] of figures) {
      const figure = await runOnce(run);
      if (round > 0) taken.push(figure);
    }
  }
  const [first] = runs;
  return runs.flatMap((run) => {
    const row = (what: keyof Figures, unit: string, suffix: string): BenchRow => {
      const medianOf = (each: Run) => median((figures.get(each) ?? []).map((figure) => figure[what]));
      const value = medianOf(run);
      const base = first && run !== first ? medianOf(first) : 0;
      const compared = base > 0 ? { against: `of ${first?.name}`, ratio: value / base } : {};
      return { name: `${run.name}, ${label}${suffix}`, value, unit, ...compared };
    };
    return [
      row('seconds', 's', ''),
      row('cpuSeconds', 's', ', processor time'),
      row('mebibytes', 'MiB', ', peak memory'),
    ];
  });
}

/** One process, by the operating system's own account of it. @throws Error where it failed */
export async function runOnce({ command, args }: Run): Promise<Figures> {
  const begin = performance.now();
  const child = spawn('/usr/bin/time', ['-f', '%M %U %S', command, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said = (said + text.toString()).slice(-400);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const seconds = (performance.now() - begin) / 1000;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ended with ${code}: ${said.trim()}`);
  const [kibibytes = 0, user = 0, system = 0] = (said.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { seconds, cpuSeconds: user + system, mebibytes: kibibytes / 1024 };
}

export async function isInstalled(command: string): Promise<boolean> {
  const child = spawn('which', [command], { stdio: 'ignore' });
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
}
