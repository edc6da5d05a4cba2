import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { loadTrace } from '../../lib/formats/load-trace.js';
import { eventLines } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { type CliResult, runCli } from '../support/run-cli.js';
import { type SimulatedBoard, simulatedBoard } from '../support/simulated-board.js';
import { tempFolder } from '../support/temp-folder.js';

const elf = lispFirmware({ board: 'microbit', opt: 'Os', variant: 'small' });

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

type Part = 'the CLI' | 'OpenOCD' | 'gdb' | 'the probe';

async function kill(part: Part, cli: number, board: SimulatedBoard): Promise<void> {
  const name = { OpenOCD: /^\/usr\/bin\/openocd /, gdb: /^\S*gdb\S* .*--interpreter/ };
  if (part === 'the CLI') process.kill(cli, 'SIGKILL');
  else if (part === 'the probe') await board.killProbe();
  else for (const { pid, args } of descendants(cli)) if (name[part].test(args)) process.kill(pid, 'SIGKILL');
}

interface Killed {
  readonly result: CliResult;
  readonly left: readonly Process[];
  readonly afterMs: number;
}

/** Kills a part of a capture when its journal has grown to so many bytes (0: when there is a process for it). */
async function killedAt(
  board: SimulatedBoard,
  folder: string,
  options: { part: Part; engine: string; bytes: number },
): Promise<Killed> {
  const { part, engine, bytes } = options;
  const journal = join(folder, 'capture.harvest');
  let family: Process[] = [];
  let at = 0;
  const started = async (cli: number) => {
    for (let i = 0; i < 3_000; i++) {
      const size = existsSync(journal) ? statSync(journal).size : 0;
      if (size >= bytes && descendants(cli).some(({ args }) => /openocd /.test(args))) break;
      await sleep(10);
    }
    family = descendants(cli);
    at = performance.now();
    await kill(part, cli, board);
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
  await killing;
  const pids = new Set(family.map(({ pid }) => pid));
  const alive = () => processes().filter(({ pid }) => pids.has(pid));
  for (let i = 0; i < 60 && alive().length > 0; i++) await sleep(50);
  return { result, left: alive(), afterMs };
}

async function isPrefix(t: ExecutionContext, folder: string, expected: readonly string[]): Promise<void> {
  const { builder } = await loadTrace(join(folder, 'capture.harvest'));
  const trace = builder.build();
  t.false(trace.info.complete);
  t.deepEqual(eventLines(trace), expected.slice(0, trace.eventCount));
}

async function reference(t: ExecutionContext): Promise<string[]> {
  const folder = tempFolder(t);
  await runCli([elf, '--board', 'qemu-microbit', '--engine', 'direct', '-q', '-o', folder]);
  return eventLines((await loadTrace(join(folder, 'capture.harvest'))).builder.build());
}

/** In bytes of journal: while it connects, at its first events, some way in. */
const MOMENTS = [0, 1_500, 4_000];

for (const [part, engine] of [
  ['the CLI', 'direct'],
  ['the CLI', 'gdb'],
  ['OpenOCD', 'direct'],
  ['OpenOCD', 'gdb'],
  ['gdb', 'gdb'],
] as const)
  test.serial(
    `kill -9 of ${part} (${engine} engine): no orphan, no armed breakpoint after the next attach, no wrong event`,
    async (t) => {
      t.timeout(280_000);
      const expected = await reference(t);
      await using board = await simulatedBoard('microbit', elf);
      for (const bytes of MOMENTS) {
        const folder = tempFolder(t);
        const { result, left, afterMs } = await killedAt(board, folder, { part, engine, bytes });
        t.deepEqual(left, [], `killed at ${bytes} bytes`);
        if (bytes > 0) await isPrefix(t, folder, expected);
        if (part === 'the CLI') {
          t.is(result.signal, 'SIGKILL');
          // OpenOCD has put its target in order when it saw that it is alone.
          t.deepEqual(board.chipState(), { runs: true, breakpoints: 0 }, `killed at ${bytes} bytes`);
        } else {
          t.not(result.status, 0);
          t.true(afterMs < 8_000, `${afterMs} ms`);
        }
      }
      const next = tempFolder(t);
      const again = await runCli(
        ['--board', 'metro_m0_express', '--engine', engine, '--max-events', '3', '-q', '-o', next, elf],
        {
          env: board.env,
          cwd: next,
        },
      );
      t.is(again.status, 0, again.stderr);
      t.deepEqual(board.chipState(), { runs: true, breakpoints: 0 });
      t.deepEqual(eventLines((await loadTrace(join(next, 'capture.harvest'))).builder.build()), expected.slice(0, 3));
    },
  );

test.serial('a probe that is pulled out ends the capture with what was captured, and leaves no process', async (t) => {
  t.timeout(200_000);
  const expected = await reference(t);
  for (const engine of ['direct', 'gdb']) {
    await using board = await simulatedBoard('microbit', elf);
    const folder = tempFolder(t);
    const { result, left } = await killedAt(board, folder, { part: 'the probe', engine, bytes: 1_500 });
    t.not(result.status, 0);
    t.deepEqual(left, []);
    await isPrefix(t, folder, expected);
  }
});
