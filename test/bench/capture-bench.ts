import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaptureSummary } from '../../lib/analysis/capture-summary.js';
import { loadBoard } from '../../lib/boards/load-board.js';
import { ENGINE_NAMES } from '../../lib/capture/select-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { connect } from '../../lib/link/server/connect.js';
import { median } from '../support/median.js';
import { CLI } from '../support/run-cli.js';
import { benchMicropython } from './bench-micropython.js';
import type { BenchRow } from './bench-row.js';
import { runOnce } from './process-rounds.js';

const BOARD = 'micropython-qemu-mps2';
/** The gdb engine takes as long as the others together. */
const ROUNDS = { auto: 3, direct: 3, gdb: 1 } as const;
/** The script takes minutes on a busy machine: its time is then worked out from the calls that it came to. */
const SCRIPT_MS = 45_000;

/** What people write: a breakpoint at each function of the allocator, and everything else as gdb has it. It learns no addresses and nothing of what is collected. */
const SCRIPT = (port: number) => `set pagination off
target extended-remote 127.0.0.1:${port}
${['gc_alloc', 'gc_realloc', 'gc_free'].map((name) => `break ${name}\ncommands\nbacktrace\ncontinue\nend`).join('\n')}
break pyexec_friendly_repl
continue
kill
`;

interface ScriptRun {
  readonly seconds: number;
  readonly calls: number;
  readonly isWhole: boolean;
}

/**
 * A boot of MicroPython with its script up to the REPL, as a user waits for it: whole commands with each engine in turns (the emulator's start, the ELF file,
 * the capture, its checks and files), and the classic gdb script once, on the same firmware. `ratio`: how many times the script's time is ours.
 */
export async function captureBench(): Promise<BenchRow[]> {
  const elf = benchMicropython('demo');
  if (typeof elf !== 'string') return [elf];
  const folder = await mkdtemp(join(tmpdir(), 'harvest-bench-'));
  try {
    const script = await classicScript(elf, folder);
    const taken = new Map(ENGINE_NAMES.map((name) => [name, [] as Awaited<ReturnType<typeof runOnce>>[]]));
    for (let round = 0; round < Math.max(...Object.values(ROUNDS)); round++) {
      for (const [name, runs] of taken) {
        if (round < ROUNDS[name]) runs.push(await runOnce(commandOf(elf, name, join(folder, name))));
      }
    }
    const calls = await callsIn(join(folder, 'direct'));
    const scriptSeconds = script.isWhole ? script.seconds : (script.seconds * calls) / script.calls;
    const how = script.isWhole ? '' : `, worked out from its first ${script.calls} of ${calls} calls`;
    const against = 'classic gdb script';
    return [
      { name: `classic gdb script${how}`, value: scriptSeconds, unit: 's' },
      ...[...taken].flatMap(([name, runs]): BenchRow[] => {
        const seconds = median(runs.map((run) => run.seconds));
        const value = median(runs.map((run) => run.cpuSeconds));
        const whole = `harvest, engine ${name}`;
        return [
          { name: whole, value: seconds, unit: 's', against, ratio: scriptSeconds / seconds },
          { name: `${whole}, processor time with the emulator and gdb`, value, unit: 's' },
        ];
      }),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function commandOf(elf: string, engine: string, out: string) {
  const what = ['run', elf, '--board', BOARD, '--allocator', 'auto', '--until', 'pyexec_friendly_repl'];
  const args = [CLI, ...what, '--engine', engine, '--out', out, '--quiet'];
  return { name: engine, command: process.execPath, args };
}

/** The calls that a capture saw: all its events but what died in a collection. */
async function callsIn(folder: string): Promise<number> {
  const { events, sweeps } = JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8')) as CaptureSummary;
  return events - sweeps;
}

/** From the emulator's start to the REPL, or as far as it comes. */
async function classicScript(elf: string, folder: string): Promise<ScriptRun> {
  const gdb = await findGdb();
  const begin = performance.now();
  await using target = await connect(await loadBoard(BOARD), { elf });
  target.lost.catch(() => undefined);
  const script = join(folder, 'classic.gdb');
  await writeFile(script, SCRIPT(target.server.port));
  const child = spawn(gdb.path, ['-nx', '-batch', '-x', script, elf], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const giveUp = setTimeout(() => child.kill('SIGKILL'), SCRIPT_MS);
  let [calls, isWhole, rest] = [0, false, ''];
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    calls += lines.filter((line) => /^Breakpoint \d+, (0x[0-9a-f]+ in )?gc_/.test(line)).length;
    isWhole ||= lines.some((line) => /^Breakpoint \d+, .*pyexec_friendly_repl/.test(line));
  }
  const seconds = (performance.now() - begin) / 1000;
  await ended;
  clearTimeout(giveUp);
  return { seconds, calls, isWhole };
}
