import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TRACE_WRITERS } from '../../lib/formats/export/trace-writers.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { CLI } from '../support/run-cli.js';
import type { BenchRow } from './bench-row.js';
import { isInstalled, type Run, rounds, runOnce } from './process-rounds.js';
import { syntheticTrace } from './synthetic-trace.js';

/** Some hundred events of a real board. */
const LOG = 'test/fixtures/micropython-microbit/mylog.txt.gz';
const CALL_TREE = 'test/bench/call-tree.cpp';
const COMMANDS = ['stats', 'tree', 'leaks', 'frag'] as const;
/** Those whose output is so large that the disk is measured as well are written once less often. */
const MAX_ROUNDS_BYTES = 256 * 2 ** 20;

/**
 * Whole processes, as a user waits for them: this project's commands on a journal, and on the same trace, as `harvest export` writes it,
 * `heaptrack_print`, a plain program in C++ that makes a tree of calls, and `ms_print`. All of them take turns in every round, so that a machine
 * that gets slower gets slower for all; medians of five rounds. What is not installed is said to be missing. HARVEST_BENCH_EVENTS: one size only.
 */
export async function peersBench(): Promise<BenchRow[]> {
  const asked = Number(process.env.HARVEST_BENCH_EVENTS ?? 0);
  const folder = await mkdtemp(join(tmpdir(), 'harvest-bench-'));
  try {
    await runOnce(start('import', LOG, '--out', join(folder, 'small')));
    const small = join(folder, 'small', 'capture.harvest');
    const starts = [nothing(), start('--version'), ...COMMANDS.map((command) => start(command, small))];
    const rows: BenchRow[] = [...(await rounds(starts, '486 events'))];
    for (const events of asked > 0 ? [asked] : [1_000_000, 5_000_000]) rows.push(...(await onTrace(folder, events)));
    rows.push({
      name: "speedscope's importer",
      value: Number.NaN,
      unit: '',
      notRun: 'its npm package is a page for a browser, which has no importer that a process could run',
    });
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function onTrace(folder: string, events: number): Promise<BenchRow[]> {
  const journal = join(folder, `${events}.harvest`);
  const [heaptrack, massif] = [join(folder, `${events}.heaptrack`), join(folder, `${events}.massif`)];
  await writeJournal(journal, events);
  await runOnce(exporting(journal, 'heaptrack', heaptrack));
  await runOnce(exporting(journal, 'massif', massif));
  const peers: (Run | BenchRow)[] = [
    (await isInstalled('heaptrack_print'))
      ? { name: 'heaptrack_print', command: 'heaptrack_print', args: [heaptrack] }
      : missing('heaptrack_print', 'the package heaptrack of your system'),
    await plainTree(folder, heaptrack),
    (await isInstalled('ms_print'))
      ? { name: 'ms_print (of 72 moments that were added up before)', command: 'ms_print', args: [massif] }
      : missing('ms_print', 'the package valgrind of your system'),
  ];
  const label = `${events} events`;
  const size = { name: `journal of ${label}`, value: (await stat(journal)).size / 2 ** 20, unit: 'MiB' };
  // In turns with the peer as well: what is written is what it reads.
  const asked = [
    ...COMMANDS.map((command) => start(command, journal)),
    exporting(journal, 'heaptrack', join(folder, 'again')),
  ];
  const runs = peers.filter((peer): peer is Run => 'command' in peer);
  const notRun = peers.filter((peer): peer is BenchRow => 'unit' in peer);
  return [size, ...(await rounds([...runs, ...asked], label)), ...notRun, ...(await writers(folder, journal, label))];
}

/** Each format by itself, its file removed at once: together they are some gigabytes. */
async function writers(folder: string, journal: string, label: string): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { id } of TRACE_WRITERS) {
    const out = join(folder, 'export');
    const run = exporting(journal, id, out);
    await runOnce(run);
    const bytes = (await stat(out)).size;
    rows.push(...(await rounds([run], label, bytes > MAX_ROUNDS_BYTES ? 1 : undefined)));
    rows.push({ name: `${run.name}, ${label}, written`, value: bytes / 2 ** 20, unit: 'MiB' });
    await rm(out);
  }
  return rows;
}

/** A plain program in C++, which is compiled here. */
async function plainTree(folder: string, heaptrack: string): Promise<Run | BenchRow> {
  const name = `plain C++ tree of calls (${CALL_TREE})`;
  if (!(await isInstalled('g++'))) return missing(name, 'the package g++ of your system');
  const program = join(folder, 'call-tree');
  await runOnce({ name, command: 'g++', args: ['-std=c++17', '-O2', '-o', program, CALL_TREE] });
  return { name, command: program, args: [heaptrack] };
}

function missing(name: string, from: string): BenchRow {
  return { name, value: Number.NaN, unit: '', notRun: `it is not installed; it comes with ${from}` };
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

async function writeJournal(path: string, events: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const piece of journalBytes(syntheticTrace(events))) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}
