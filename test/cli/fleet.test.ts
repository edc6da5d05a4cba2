import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { eventually } from '../support/eventually.js';
import { projectRoot } from '../support/fixture.js';
import { writeCaptures } from '../support/fleet-captures.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const capture = (i: number) => ({
  board: 'uno',
  build: `b${i}`,
  day: `2026-01-${String(i + 1).padStart(2, '0')}`,
  events: `alloc 0x1000 ${16 * (i + 1)} main@m.c:1 > net@n.c:2`,
});

const partsIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /part-[0-9a-f]+$/.test(name) && !name.startsWith('.'),
  );

test('captures are exported, asked and queried from the command line', async (t) => {
  t.timeout(280_000);
  const folder = tempFolder(t);
  const inbox = join(folder, 'dev-1');
  mkdirSync(inbox);
  const paths = writeCaptures(inbox, { a: capture(0), b: capture(1) });
  const harvest = (...args: string[]) => runCli(args, { cwd: folder });
  const written = await harvest(
    'export',
    ...paths,
    '--format',
    'parquet',
    '--dataset',
    'fleet',
    '--device-from',
    'folder',
  );
  t.is(written.status, 0, written.stderr);
  t.regex(written.stderr, /fleet: added 2 captures of 2 events in 2 parts/);
  const again = await harvest('export', ...paths, '--format', 'parquet', '--dataset', 'fleet', '--json');
  t.like(JSON.parse(again.stdout), { schema: 'heap-harvest/dataset-report@1', added: 0, alreadyThere: 2 });
  const growth = await harvest('fleet', 'growth', 'fleet', '--json');
  t.like(JSON.parse(growth.stdout), { schema: 'heap-harvest/fleet-growth@1' });
  t.like(JSON.parse(growth.stdout).rows[0], { call_path: 'main > net', growth_bytes: 16 });
  const query = await harvest(
    'fleet',
    'query',
    'fleet',
    'SELECT device, sum(live_bytes) AS live FROM captures GROUP BY 1',
  );
  t.is(query.stdout, 'device  live\ndev-1     48\n');
  const json = await harvest('fleet', 'query', 'fleet', 'SELECT firmware FROM captures ORDER BY 1', '--json');
  t.deepEqual(JSON.parse(json.stdout), {
    schema: 'heap-harvest/fleet-query@1',
    columns: ['firmware'],
    rows: [['b0'], ['b1']],
  });
  t.regex((await harvest('fleet', 'grwth', 'fleet')).stderr, /did you mean 'growth'/);
  t.regex((await harvest('export', ...paths)).stderr, /^HH2028 .*2 traces/);
  t.regex((await harvest('export', ...paths, '--format', 'parquet')).stderr, /^HH2028 .*--dataset DIR/);
  const odd = await harvest('fleet', 'query', 'fleet', "SELECT chr(27) || '[31m'");
  t.false(odd.stdout.includes('\x1b'));
});

test('a pipe is added as its file is: it is read twice, and gives its bytes once', async (t) => {
  t.timeout(280_000);
  const folder = tempFolder(t);
  const [path = ''] = writeCaptures(folder, { a: capture(0) });
  const args = ['export', '--format', 'parquet', '--dataset', join(folder, 'fleet'), '--json'];
  const pipe = await runCli(args, { wrapper: ['bash', '-c', `"$@" <(cat '${path}')`, 'bash'] });
  t.is(pipe.status, 0, pipe.stderr);
  t.like(JSON.parse(pipe.stdout), { added: 1, alreadyThere: 0, events: 1, failed: [] });
  const input = readFileSync(path);
  for (const same of [path, '-']) {
    const again = await runCli([...args, same], { input });
    t.like(JSON.parse(again.stdout), { added: 0, alreadyThere: 1, failed: [] }, again.stderr);
  }
});

test('a writer that is killed leaves whole parts only, and the next one adds what is missing', async (t) => {
  t.timeout(280_000);
  const folder = tempFolder(t);
  const captures = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`c${i}`, capture(i)]));
  const paths = writeCaptures(folder, captures);
  const dataset = join(folder, 'fleet');
  mkdirSync(dataset);
  const args = ['export', ...paths, '--format', 'parquet', '--dataset', dataset, '--json'];
  const killed = await runCli(args, {
    started: (child) => {
      void eventually(() => partsIn(dataset).length > 0).then(() => child.kill('SIGKILL'));
    },
  });
  const there = partsIn(dataset);
  t.true(there.length > 0);
  for (const part of there) {
    const files = readdirSync(join(dataset, part)).sort();
    t.deepEqual(files, ['allocations.parquet', 'captures.parquet', 'events.parquet', 'paths.parquet']);
    for (const file of files)
      t.is(
        Number((await parquetMetadataAsync(await asyncBufferFromFile(join(dataset, part, file)))).num_rows),
        1,
        file,
      );
  }
  if (killed.signal === 'SIGKILL') t.true(there.length <= 12);
  const next = await runCli(args);
  t.is(next.status, 0, next.stderr);
  t.like(JSON.parse(next.stdout), { added: 12 - there.length, alreadyThere: there.length });
  t.is(partsIn(dataset).length, 12);
});

test('without DuckDB a dataset is refused with the command that installs it, and other exports go on', async (t) => {
  t.timeout(280_000);
  const folder = tempFolder(t);
  const app = join(folder, 'app');
  for (const name of ['dist/bin', 'board-configs', 'gdb-scripts', 'package.json'])
    cpSync(join(projectRoot, name), join(app, name), { recursive: true });
  const [path = ''] = writeCaptures(folder, { a: capture(0) });
  // Where it runs is no project that has the package, as this one has.
  const wrapper = ['bash', '-c', `shift 2; exec '${process.execPath}' '${app}/dist/bin/harvest.js' "$@"`, 'bash'];
  const run = (cwd: string, ...args: string[]) => runCli(['export', path, ...args], { cwd, wrapper });
  const toDataset = ['--format', 'parquet', '--dataset', join(folder, 'fleet')];
  const refused = await run(folder, ...toDataset);
  t.is(refused.status, 5);
  t.regex(refused.stderr, /^HH2020 .*\n.*npm install @duckdb\/node-api/);
  t.deepEqual(readdirSync(folder).sort(), ['a.harvest', 'app']);
  t.is((await run(folder, '--format', 'folded', '--out', join(folder, 'x'))).status, 0);
  // What that command does where it is run, beside a harvest that is installed elsewhere.
  const project = join(folder, 'project');
  mkdirSync(join(project, 'node_modules', '@duckdb'), { recursive: true });
  const installed = join(project, 'node_modules', '@duckdb', 'node-api');
  symlinkSync(join(projectRoot, 'node_modules', '@duckdb', 'node-api'), installed);
  const { status, stderr } = await run(project, ...toDataset);
  t.is(status, 0, stderr);
});
