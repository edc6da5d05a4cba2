import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

/** A dump without its header: two of who knows how many records, so that what is alive is not known. */
const CUT = `32 bytes (@ 0x3ffaf214) allocated CPU 0 ccount 0x2e9b7384 caller 0x400d276d:0x400d27c1
8 bytes (@ 0x3ffaf804) allocated CPU 0 ccount 0x2e9b79c1 caller 0x400d2776:0x400d27c1
8 bytes 'leaked' in trace (1 allocations)
total allocations 2 total frees 1
`;
const LEVELS =
  'I (10) app: Free heap: 39788, largest block: 20480\nI (20) app: Free heap: 39700, largest block: 20480\n';
const INCOMPLETE = /the capture is incomplete: records without the header of their dump/;

async function input(t: ExecutionContext, text: string): Promise<string> {
  const path = join(tempFolder(t), 'log.txt');
  await writeFile(path, text);
  return path;
}

test('commands that judge a trace, or write it for others, end with 4 when it is incomplete; those that show it say so', async (t) => {
  const path = await input(t, CUT);
  const folder = tempFolder(t);
  for (const [status, ...args] of [
    [4, 'leaks', path],
    [0, 'leaks', path, '--allow-incomplete'],
    [1, 'leaks', path, '--max', '1M'],
    [4, 'export', path, '--format', 'folded', '--out', '-'],
    [4, 'export', path, '--out', join(folder, 'x.json')],
    [4, 'report', path, '--out', join(folder, 'x.html')],
    [4, 'import', path, '--out', folder],
    [1, 'diff', path, path, '--max-growth', '1M'],
    [0, 'diff', path, path, '--max-growth', '1M', '--allow-incomplete'],
    [0, 'tree', path],
    [0, 'stats', path],
  ] as const) {
    const run = await runCli(args);
    t.is(run.status, status, `${args.join(' ')}: ${run.stderr}`);
    if (args[0] !== 'import') t.regex(run.stderr, INCOMPLETE, args.join(' '));
  }
  t.regex(JSON.parse(await readFile(join(folder, 'x.json'), 'utf8')).name, INCOMPLETE);
});

test('what import doubts, later commands on its journal say', async (t) => {
  const path = await input(t, CUT);
  const folder = tempFolder(t);
  const imported = await runCli(['import', path, '--out', folder]);
  t.regex(imported.stdout, /note: the dump counts 8 bytes alive in 1 records, its records add up to 40 in 2/);
  for (const command of ['tree', 'leaks', 'stats', 'frag', 'export']) {
    const out = command === 'export' ? ['--out', '-'] : [];
    const { stderr } = await runCli([command, join(folder, 'capture.harvest'), ...out]);
    t.regex(stderr, INCOMPLETE, command);
    t.regex(stderr, /note: the dump counts 8 bytes alive/, command);
  }
});

test('no check passes on a log that only says how full the heap was', async (t) => {
  const path = await input(t, LEVELS);
  const budget = join(tempFolder(t), 'b.toml');
  await writeFile(budget, 'schema = 1\n[heap]\npeak = "1M"\n');
  const leaks = await runCli(['leaks', path, '--max', '0']);
  t.is(leaks.status, 1);
  t.regex(leaks.stderr, /HH1720/);
  const check = await runCli(['check', path, '--budget', budget]);
  t.is(check.status, 1);
  t.regex(check.stdout, /FAIL heap: peak not measured.*it has no events/);
  // Without a limit the levels are the answer.
  t.is((await runCli(['leaks', path])).status, 0);
});

test('a snapshot has no peak that a limit could hold, but it has what is alive', async (t) => {
  const path = await input(
    t,
    'nsh> memdump used\n  PID        Size  Overhead    Address Backtrace\n    4         128         8 0x20001000 0x0800abcd\nTotal Blks  Total Size\n         1         128\n',
  );
  const budget = join(tempFolder(t), 'b.toml');
  await writeFile(budget, 'schema = 1\n[heap]\npeak = "1M"\nlive = "1M"\n');
  const { status, stdout } = await runCli(['check', path, '--budget', budget, '--all']);
  t.is(status, 1);
  t.regex(stdout, /FAIL heap: peak not measured.*a snapshot of one moment does not tell it/);
  t.regex(stdout, /ok +heap: live 128 B/);
});
