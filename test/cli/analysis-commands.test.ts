import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { XMLValidator } from 'fast-xml-parser';
import { type CliResult, runCli } from '../support/run-cli.js';

/** MicroPython's boot, as CircuitPython's scripts logged it; 204 blocks are alive at its end. */
const LOG = 'test/fixtures/micropython-microbit/mylog.txt.gz';
const BOUNDS = ['--heap', '0:19968'];

async function inFolder<T>(use: (path: (name: string) => string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'harvest-cli-'));
  try {
    return await use((name) => join(folder, name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function json(result: CliResult): Record<string, unknown> {
  return JSON.parse(result.stdout) as Record<string, unknown>;
}

test('tree: at the end, at the peak, inverted', async (t) => {
  t.true((await runCli(['tree', LOG])).stdout.endsWith('\n204 total blocks\n'));
  t.true((await runCli(['tree', LOG, '--at-peak', '--bytes'])).stdout.endsWith('\n5168 total bytes\n'));
  const inverted = await runCli(['tree', LOG, '--invert', '--depth', '1']);
  t.regex(inverted.stdout, /^\.\.\/\.\.\/py\/bc\.h:300 mp_module_context_alloc_tables 6 blocks\n/);
  // By then 2 + 1 + 1 blocks were allocated (the first events of the log).
  t.true((await runCli(['tree', LOG, '--at', '2'])).stdout.endsWith('\n4 total blocks\n'));
  t.is((await runCli(['tree', LOG, '--at', '3', '--total'])).status, 2);
});

test('every analysis prints one JSON document with its schema', async (t) => {
  for (const [command, schema] of [
    ['tree', 'call-tree'],
    ['stats', 'stats'],
    ['leaks', 'leaks'],
    ['frag', 'fragmentation'],
    ['pools', 'pools'],
  ] as const) {
    const result = await runCli([command, LOG, '--json']);
    t.is(result.status, 0, result.stderr);
    t.is(json(result).schema, `heap-harvest/${schema}@1`);
  }
});

test('frag with the bounds of the heap: what is free in MicroPython’s own table', async (t) => {
  const { at } = json(await runCli(['frag', LOG, ...BOUNDS, '--json'])) as { at: { freeBytes: number } };
  t.is(at.freeBytes, (1248 - 204) * 16);
  const wrong = await runCli(['frag', LOG, '--heap', 'here']);
  t.is(wrong.status, 2);
  t.regex(wrong.stderr, /HH1187 --heap here: expected BASE:SIZE/);
});

test('leaks --max fails with a message of several lines', async (t) => {
  const result = await runCli(['leaks', LOG, '--max', '0']);
  t.is(result.status, 1);
  t.regex(result.stderr, /HH2001 leak: '\(start\) -> \(end\)' left 3,264 B in 111 blocks \(limit 0 B\)\n {2}\d/);
  t.is((await runCli(['leaks', LOG, '--max', '4K'])).status, 0);
});

test('pools that do not fit the heap fail and name the least that does', async (t) => {
  const fits = await runCli(['pools', LOG, '--pools', '4', '--heap-size', '20K', '--format', 'drone']);
  t.is(fits.status, 0);
  t.regex(fits.stdout, /^\[heap\]\n\n\[heap\.main\]\nsize = "20K"\n/);
  const small = await runCli(['pools', LOG, '--pools', '4', '--heap-size', '4K']);
  t.is(small.status, 1);
  t.regex(small.stderr, /HH2005 .*the least that fits is 8,256/);
});

test('whatif: the block allocator agrees with the capture', async (t) => {
  const result = await runCli(['whatif', LOG, ...BOUNDS, '--policy', 'micropython-gc', '--no-least']);
  t.regex(result.stdout, /MicroPython block allocator .* 100\.0%\n/);
});

test('diff: a capture does not differ from itself', async (t) => {
  const result = await runCli(['diff', LOG, LOG, '--max-growth', '0', '--fail-on-new']);
  t.is(result.status, 0);
  t.regex(result.stdout, /no call path differs/);
});

test('check: a budget, its JUnit report, and a baseline', async (t) => {
  await inFolder(async (path) => {
    await writeFile(path('b.toml'), 'schema = 1\n[heap]\npeak = "4K"\nlive = "4K"\n');
    const broken = await runCli(['check', LOG, '--budget', path('b.toml'), '--junit', path('b.xml')]);
    t.is(broken.status, 1);
    t.regex(broken.stdout, /^FAIL heap: peak 5,168 B, limit 4,096 B \(1,072 B over\): /);
    const xml = await readFile(path('b.xml'), 'utf8');
    t.is(XMLValidator.validate(xml), true);
    t.regex(xml, /tests="3" failures="1"/);
    t.is((await runCli(['check', LOG, '--write-baseline', path('base.json')])).status, 0);
    t.is((await runCli(['check', LOG, '--baseline', path('base.json')])).status, 0);
    await writeFile(path('empty.json'), '{"schema":"heap-harvest/baseline@1","paths":{}}');
    const fresh = await runCli(['check', LOG, '--baseline', path('empty.json')]);
    t.is(fresh.status, 1);
    t.regex(fresh.stderr, /HH2003 baseline: \d+ call paths allocate that are not in it\n/);
    t.is((await runCli(['check', LOG])).status, 2);
  });
});
