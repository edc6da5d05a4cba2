import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTrace } from '../../lib/formats/load-trace.js';
import { eventLines } from './capture.js';
import { killedAt, type Part } from './killed-captures.js';
import { lispFirmware } from './lisp-firmware.js';
import { runCli } from './run-cli.js';
import { simulatedBoard } from './simulated-board.js';

/*
 * kill -9 of each part of captures through a launched OpenOCD, at seeded moments: no process is left, the journal is a prefix of what
 * happened, and the chip's comparators are free after the next attach. Minutes, so no part of `npm test`.
 *
 *   node dist/test/support/every-kill.js [TIMES [SEED [SCAN_MS]]]
 *
 * With SCAN_MS each scan of the probe takes so long, as through a slow adapter.
 */

const [times = 40, seed = 1, scanMs = 0] = process.argv.slice(2).map(Number);
const PARTS: readonly (readonly [Part, string])[] = [
  ['the CLI', 'direct'],
  ['the CLI', 'gdb'],
  ['OpenOCD', 'direct'],
  ['OpenOCD', 'gdb'],
  ['gdb', 'gdb'],
];
/** The journal of the firmware's first ten seconds on the simulated probe. */
const MOST_BYTES = 5_000;
/** Every second kill comes while OpenOCD begins: it examines the chip, gdb connects, the target is reset. */
const BEGINNING_MS = 1_500;

const elf = lispFirmware({ board: 'microbit', opt: 'Os', variant: 'small' });
const folder = mkdtempSync(join(tmpdir(), 'heap-harvest-kills-'));
const linesOf = async (at: string) => eventLines((await loadTrace(join(at, 'capture.harvest'))).builder.build());
await runCli([elf, '--board', 'qemu-microbit', '--engine', 'direct', '-q', '-o', folder]);
const expected = await linesOf(folder);
let state = seed;
let wrong = 0;
let slowestMs = 0;

/** mulberry32 */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

function check(ok: boolean, text: string): void {
  if (ok) return;
  wrong++;
  process.stdout.write(`${text}\n`);
}

function stateText({ runs, breakpoints }: { readonly runs: boolean; readonly breakpoints: number }): string {
  return `${runs ? 'runs' : 'is halted'}, ${breakpoints} armed`;
}

for (let time = 0; time < times; time++) {
  const [part, engine] = PARTS[time % PARTS.length] ?? ['the CLI', 'direct'];
  const begins = time % 2 === 1;
  const bytes = begins ? 0 : Math.floor(random() * MOST_BYTES);
  const lateMs = begins ? Math.floor(random() * BEGINNING_MS) : 0;
  const name = `${time}: ${part}, ${engine} engine, ${begins ? `${lateMs} ms after it began` : `at ${bytes} bytes`}`;
  const out = mkdtempSync(join(folder, 'run-'));
  const slow = scanMs > 0 ? { exchangeMs: () => scanMs } : {};
  await using board = await simulatedBoard('microbit', elf, { runs: true, ...slow });
  const options = { part, engine, bytes, elf, afterMs: lateMs };
  const { left, afterMs, graceIsOver } = await killedAt(board, out, options);
  check(left.length === 0, `${name}: left ${left.map(({ args }) => args).join('; ')}`);
  slowestMs = Math.max(slowestMs, afterMs);
  const alone = board.chipState();
  if (part === 'the CLI' && !graceIsOver)
    check(alone.runs && alone.breakpoints === 0, `${name}: left alone the chip ${stateText(alone)}`);
  const kept = await linesOf(out).catch(() => []);
  check(
    kept.every((line, index) => line === expected[index]),
    `${name}: no prefix`,
  );
  const next = ['--board', 'metro_m0_express', '--engine', engine, '--max-events', '1', '-q', '-o', out, elf];
  const again = await runCli(next, { env: board.env, cwd: out });
  check(again.status === 0, `${name}: the next attach fails: ${again.stderr}`);
  const after = board.chipState();
  check(after.runs && after.breakpoints === 0, `${name}: afterwards the chip ${stateText(after)}`);
}
process.stdout.write(`${times} kills, ${wrong} faults; over after at most ${(slowestMs / 1000).toFixed(1)} s\n`);
rmSync(folder, { recursive: true, force: true });
process.exitCode = wrong === 0 ? 0 : 1;
