import { type ChildProcess, execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';

/** A process that has the attack's own folder in its command line. */
export interface OwnProcess {
  readonly pid: number;
  readonly line: string;
}

export function processesOf(folder: string): OwnProcess[] {
  const text = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(line);
    return match?.[2]?.includes(folder) ? [{ pid: Number(match[1]), line: match[2] }] : [];
  });
}

/** A process that is to end has ended by then, on any machine. */
const GRACE_MS = 20_000;

/** What does not end; it is killed then, so that no attack leaves anything behind for the next. */
export async function orphansOf(folder: string): Promise<string[]> {
  await eventually(() => processesOf(folder).length === 0, GRACE_MS);
  const left = processesOf(folder);
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Ended by itself meanwhile.
    }
  }
  return left.map(({ line }) => `left behind: ${line.slice(0, 80)}`);
}

/** Whether it ended in time; else it is killed. */
export async function endedWithin(child: ChildProcess, withinMs: number): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return true;
  const exit = new Promise<true>((resolve) => child.once('exit', () => resolve(true)));
  const timer = new AbortController();
  const late = sleep(withinMs, false, { signal: timer.signal }).catch(() => false);
  const inTime = await Promise.race([exit, late]);
  timer.abort();
  if (!inTime) child.kill('SIGKILL');
  return inTime;
}
