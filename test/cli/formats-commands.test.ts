import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { hex } from '../support/decode-ways.js';
import { g1 } from '../support/drone-bytes.js';
import { projectRoot } from '../support/fixture.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const HEAP = join(projectRoot, 'test/fixtures/micropython-microbit/heap-at-repl.bin.gz');

async function harvest(...args: string[]) {
  const { status: code, stdout, stderr } = await runCli(args);
  return { code, stdout, stderr };
}

test('layout prints the map of the fixture heap: 111 heads, 204 used blocks', async (t) => {
  const { code, stdout } = await harvest('layout', HEAP, '--base', '0x2000030c');
  t.is(code, 0);
  t.true(stdout.includes('\n111 heads, 204 used blocks (3,264 B)\n'));
});

test('layout writes a picture a dump and the frames', async (t) => {
  const out = tempFolder(t);
  const { code, stdout } = await harvest('layout', HEAP, HEAP, '--base', '0x2000030c', '--out', out, '--json');
  t.is(code, 0);
  t.is(JSON.parse(stdout).frames.length, 2);
  t.is(JSON.parse(stdout).frames[1].changedBlocks, 0);
  t.deepEqual((await readdir(out)).sort(), ['frames.json', 'layout-0001.svg', 'layout-0002.svg']);
  t.is(JSON.parse(await readFile(join(out, 'frames.json'), 'utf8')).frames[0].headCount, 111);
});

test('layout refuses a wrong base and a dump that does not hold the heap', async (t) => {
  const { code, stderr } = await harvest('layout', HEAP, '--base', 'here');
  t.is(code, 2);
  t.regex(stderr, /HH1109/);
  t.is((await harvest('layout', join(projectRoot, 'nope.bin'), '--base', '0')).code, 2);
});

test('mpy prints the functions and the cost, as text and as JSON', async (t) => {
  const path = join(tempFolder(t), 't.mpy');
  await writeFile(
    path,
    hex('4d 06 00 1f 03 01 08 74 2e 70 79 00 0f 02 78 00 05 02 68 69 00 48 00 06 01 00 00 51 16 02 63'),
  );
  const text = await harvest('mpy', path);
  t.is(text.code, 0);
  t.true(text.stdout.includes('importing takes 144 B to 1,120 B of heap'));
  const { files } = JSON.parse((await harvest('mpy', path, '--json')).stdout);
  t.is(files[0].cost.totalBytes, 144);
  await writeFile(path, 'import gc\n');
  const bad = await harvest('mpy', path);
  t.is(bad.code, 2);
  t.regex(bad.stderr, /HH1460/);
});

test('import says what it took the file for, and passes its options on', async (t) => {
  const out = tempFolder(t);
  const drone = join(out, 'heaptrace');
  await writeFile(drone, g1('a12 g12-28 a28 f12 f28', true));
  const result = await harvest('import', drone, '--heap-size', '10K', '--drop-inner-pairs', '--out', join(out, 'one'));
  t.is(result.code, 0);
  t.regex(result.stderr, /heaptrace: read as Drone OS heaptrace/);
  const csv = join(out, 'x.log');
  await writeFile(csv, 'p;n\n20001000;16\n20002000;24\n');
  const mapped = await harvest(
    'import',
    csv,
    '--format',
    'csv',
    '--columns',
    'address=p:hex,size=n',
    '--out',
    join(out, 'two'),
  );
  t.is(mapped.code, 0);
  const wrong = await harvest('import', csv, '--format', 'csv', '--columns', 'address', '--out', join(out, 'three'));
  t.is(wrong.code, 2);
});

test('export writes a file, or text to stdout, and refuses binary there', async (t) => {
  const out = tempFolder(t);
  const drone = join(out, 'heaptrace');
  await writeFile(drone, g1('a12 a12 f12'));
  const folded = await harvest('export', drone, '--format', 'folded', '--out', '-');
  t.is(folded.stdout, '(no backtrace) 12\n');
  const path = join(out, 'x.pb');
  t.is((await harvest('export', drone, '--format', 'pprof', '--out', path)).code, 0);
  t.true((await readFile(path)).length > 50);
  t.is((await harvest('export', drone, '--format', 'pprof', '--out', '-')).code, 2);
  // Text, though it is made of bytes.
  const history = await harvest('export', drone, '--format', 'allocation-history', '--out', '-');
  t.true(JSON.parse(history.stdout).length > 0);
  t.regex((await harvest('export', '--list-formats')).stdout, /^speedscope /);
  // Before it is read, which may take long: this would be no trace.
  await writeFile(drone, 'no trace\n');
  t.regex((await harvest('export', drone, '--format', 'pprof', '--out', '-')).stderr, /HH1109 .*binary/);
});

test('export shows what the tree shows, of the part that is asked for, and says what it left out', async (t) => {
  const out = tempFolder(t);
  const log = join(out, 'calls.csv');
  const rows = [1, 2, 3, 4, 5].map((n) => `alloc,0x${n}000,16,my_alloc user${n} main`);
  await writeFile(log, `kind,address,size,backtrace\n${rows.join('\n')}\nfree,0x1000,,main\n`);
  const folded = (...args: readonly string[]) => harvest('export', log, '--format', 'folded', '--out', '-', ...args);
  const shown = await folded();
  t.is(shown.stdout.split('\n')[0], 'main;user2 16');
  t.regex(
    shown.stderr,
    /note: 100 % of the bytes pass through my_alloc: looking through it \(--no-look-through shows it\)/,
  );
  t.is((await folded('--no-look-through')).stdout.split('\n')[0], 'main;user2;my_alloc 16');
  t.is((await folded('--hide', 'user')).stdout, 'main 64\n');
  const early = await folded('--at', '1');
  t.is(early.stdout, '# events 0 to 1 of 6 only #\nmain;user1 16\nmain;user2 16\n');
  t.regex(early.stderr, /note: events 0 to 1 of 6 only/);
  const window = await folded('--mark', 'a=2', '--mark', 'b=4', '--from', 'a', '--to', 'b');
  const part = '# events 2 to 3 of 6 only: blocks that were allocated before are left out #';
  t.is(window.stdout, `${part}\nmain;user3 16\nmain;user4 16\n`);
  t.is((await folded('--at', '99')).code, 2);
  const table = join(out, 'calls.events.csv');
  t.is((await harvest('export', log, '--format', 'events-csv', '--out', table)).code, 0);
  t.true((await readFile(table, 'utf8')).includes('my_alloc <- user1 <- main'));
  t.is((await harvest('tree', table)).stdout, (await harvest('tree', log)).stdout);
});
