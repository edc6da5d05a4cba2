import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './eventually.js';
import { type CliResult, runCli } from './run-cli.js';
import type { SimulatedBoard } from './simulated-board.js';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly args: string;
}

function processes(): Process[] {
  const list = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  return list.split('\n').flatMap((line) => {
    const [, pid, parent, stat = '', args = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined || stat.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), args }];
  });
}

/** All that descends from a process. */
function descendants(root: number): Process[] {
  const all = processes();
  const found: Process[] = [];
  const look = (parent: number) => {
    for (const one of all.filter((other) => other.parent === parent)) {
      found.push(one);
      look(one.pid);
    }
  };
  look(root);
  return found;
}

/** As in lib/link/server/openocd.ts, less what it takes to see that it is alone. */
const ORPHAN_GRACE_MS = 19_500;

/** What is killed. */
export type Part = 'the CLI' | 'OpenOCD' | 'gdb' | 'the probe';

const OPENOCD = /^\/usr\/bin\/openocd /;
const PROGRAMS: Readonly<Record<Part, RegExp>> = {
  'the CLI': OPENOCD,
  'the probe': OPENOCD,
  OpenOCD: OPENOCD,
  gdb: /^\S*gdb\S* .*--interpreter/,
};

async function kill(part: Part, cli: number, board: SimulatedBoard): Promise<void> {
  if (part === 'the CLI') process.kill(cli, 'SIGKILL');
  else if (part === 'the probe') await board.killProbe();
  else for (const { pid, args } of descendants(cli)) if (PROGRAMS[part].test(args)) process.kill(pid, 'SIGKILL');
}

export interface KillOptions {
  readonly part: Part;
  readonly engine: string;
  readonly bytes: number;
  /** How long after that; default 0. */
  readonly afterMs?: number;
  readonly elf: string;
}

export interface Killed {
  readonly result: CliResult;
  readonly left: readonly Process[];
  readonly afterMs: number;
  /** What was left used up the time that an orphan has to put its target in order (20 s), and may have been killed: the machine is slow. */
  readonly graceIsOver: boolean;
}

/** Kills a part of a capture when its journal has grown to so many bytes (0: as soon as the part is there). */
export async function killedAt(board: SimulatedBoard, folder: string, options: KillOptions): Promise<Killed> {
  const { part, engine, bytes, elf, afterMs: lateMs = 0 } = options;
  const journal = join(folder, 'capture.harvest');
  let family: Process[] = [];
  let at = 0;
  const started = async (cli: number) => {
    // Looking for its processes takes as long as some dozen events, and a loaded machine longer than the rest of the capture: it waits meanwhile.
    const isThere = () => {
      family = descendants(cli);
      return family.some(({ args }) => PROGRAMS[part].test(args));
    };
    const hold = () => {
      process.kill(cli, 'SIGSTOP');
      if (isThere()) return true;
      process.kill(cli, 'SIGCONT');
      return false;
    };
    for (let i = 0; i < 3_000; i++) {
      const size = existsSync(journal) ? statSync(journal).size : 0;
      if (size >= bytes && (bytes > 0 || isThere()) && hold()) break;
      await sleep(10);
    }
    if (lateMs > 0) {
      process.kill(cli, 'SIGCONT');
      await sleep(lateMs);
      hold();
    }
    at = performance.now();
    await kill(part, cli, board);
    if (part !== 'the CLI') process.kill(cli, 'SIGCONT');
  };
  const args = ['--board', 'metro_m0_express', '--engine', engine, '--until-repl', '-q', '-o', folder, elf];
  let killing: Promise<void> | undefined;
  const result = await runCli(args, {
    env: board.env,
    cwd: folder,
    started: (child) => {
      killing = started(child.pid ?? 0);
    },
  });
  const afterMs = performance.now() - at;
  await killing?.catch((cause: unknown) => {
    // What the capture says of its end explains more than that it is not there any more.
    throw new Error(`the capture ended with ${result.status ?? result.signal}, not killed: ${result.stderr}`, {
      cause,
    });
  });
  const pids = new Set(family.map(({ pid }) => pid));
  const alive = () => processes().filter(({ pid }) => pids.has(pid));
  await eventually(() => alive().length === 0, 60_000);
  const graceIsOver = performance.now() - at > ORPHAN_GRACE_MS;
  return { result, left: alive(), afterMs, graceIsOver };
}
