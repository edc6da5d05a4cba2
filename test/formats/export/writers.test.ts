import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import test, { type ExecutionContext } from 'ava';
import { chromium, type Page } from 'playwright-core';
import { heapStats } from '../../../lib/analysis/heap-stats.js';
import { traceWindow } from '../../../lib/analysis/trace-window.js';
import { stackWeights } from '../../../lib/formats/export/stack-weights.js';
import { TRACE_WRITERS, writerById } from '../../../lib/formats/export/trace-writers.js';
import { decodeAll } from '../../../lib/formats/format.js';
import { formatById } from '../../../lib/formats/registry.js';
import type { Trace } from '../../../lib/trace/trace.js';
import { TraceBuilder } from '../../../lib/trace/trace-builder.js';
import { fixture } from '../../support/fixture.js';
import { temporaryFolder, toolOutput, toolPath } from '../../support/real-tool.js';
import { traceFromText } from '../../support/trace-from-text.js';
import { written } from '../../support/written.js';

// 5 allocations, 3 frees; peak 384 bytes after event 2; 176 bytes live at the end.
const TOY = traceFromText(`
  alloc 0x1000 64  main@m.c:1 > foo@f.c:10
  alloc 0x1100 128 main@m.c:2 > bar@b.c:20
  alloc 0x1200 192 main@m.c:3
  free 0x1000 main@m.c:4
  alloc 0x1300 32 main@m.c:1 > foo@f.c:10
  free 0x1200 main@m.c:5
  alloc 0x1400 16
`);

function realTrace(): Trace {
  const builder = new TraceBuilder();
  decodeAll(formatById('gdb-log'), fixture('micropython-microbit/mylog.txt.gz'), builder);
  return builder.build();
}

const json = (id: string, trace: Trace = TOY) => JSON.parse(written(id, trace).toString());

async function file(t: ExecutionContext, id: string, trace: Trace): Promise<string> {
  const path = join(await temporaryFolder(t), `out${writerById(id).extension}`);
  await writeFile(path, written(id, trace));
  return path;
}

async function inBrowser(t: ExecutionContext, look: (page: Page) => Promise<void>): Promise<void> {
  const executablePath = toolPath(t, 'chromium');
  if (executablePath === undefined) return;
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--allow-file-access-from-files'],
  });
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await look(page);
    t.deepEqual(errors, []);
  } finally {
    await browser.close();
  }
}

test('weights by stack: total, live at the end and live at the peak add up', (t) => {
  const { stacks, peakSeq, peakBytes } = stackWeights(TOY);
  t.is(peakSeq, 2);
  t.is(peakBytes, 384);
  const sum = (of: (weight: (typeof stacks)[number]) => number) =>
    stacks.reduce((total, weight) => total + of(weight), 0);
  t.is(
    sum((weight) => weight.totalBytes),
    432,
  );
  t.is(
    sum((weight) => weight.liveBytes),
    176,
  );
  t.is(
    sum((weight) => weight.peakBytes),
    384,
  );
  t.is(stacks[0]?.stack, -1);
});

test('folded: outermost first, a line a stack, separators taken out of names', (t) => {
  t.is(
    written('folded', TOY).toString(),
    '(no backtrace) 16\nmain (m.c:1);foo (f.c:10) 32\nmain (m.c:2);bar (b.c:20) 128\n',
  );
  t.true(written('folded-peak', TOY).toString().includes('main (m.c:3) 192\n'));
  t.true(written('folded-total', TOY).toString().includes('main (m.c:1);foo (f.c:10) 96\n'));
  t.deepEqual(
    ['folded', 'folded-peak', 'folded-total'].map((id) => writerById(id).extension),
    ['.folded', '.peak.folded', '.total.folded'],
  );
  const cut = written('folded', traceFromText('alloc 0x10 8 a@x.c:1\ngap lost 3 overflow')).toString();
  t.is(cut, '# the capture is incomplete: overflow (3 events lost before event 1) #\na (x.c:1) 8\n');
  const part = traceWindow(TOY, { atSeq: 0 });
  t.is(written('folded', part).toString(), '# events 0 to 0 of 7 only #\nmain (m.c:1);foo (f.c:10) 64\n');
  const evil = traceFromText('alloc 0x10 8 a;b@x;y.c:1');
  t.is(written('folded', evil).toString(), 'a:b (x:y.c:1) 8\n');
});

test('speedscope: fits its schema, one weight a sample, sums as computed by hand', (t) => {
  const require = createRequire(import.meta.url);
  const schemaPath = join(dirname(require.resolve('speedscope/package.json')), 'dist/release/file-format-schema.json');
  const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(schemaPath, 'utf8')));
  for (const trace of [TOY, realTrace(), traceFromText('')]) {
    const value = json('speedscope', trace);
    t.true(validate(value), JSON.stringify(validate.errors));
    for (const profile of value.profiles) t.is(profile.samples.length, profile.weights.length);
  }
  const { profiles, shared } = json('speedscope');
  t.deepEqual(
    profiles.map((profile: { name: string; endValue: number }) => [profile.name, profile.endValue]),
    [
      ['live at end', 176],
      ['live at peak (event 2)', 384],
      ['total', 432],
      ['in allocation order', 432],
    ],
  );
  const names = profiles[3].samples[0].map((frame: number) => shared.frames[frame].name);
  t.deepEqual(names, ['main', 'foo']);
});

test('speedscope: the app itself opens a real trace', async (t) => {
  const require = createRequire(import.meta.url);
  const app = join(dirname(require.resolve('speedscope/package.json')), 'dist/release/index.html');
  const script = join(await temporaryFolder(t), 'profile.js');
  const base64 = written('speedscope', realTrace()).toString('base64');
  await writeFile(script, `speedscope.loadFileFromBase64('real.json', '${base64}')`);
  await inBrowser(t, async (page) => {
    await page.goto(`${pathToFileURL(app)}#localProfilePath=${script}`);
    const title = page.getByText('live at end (1/4)');
    await title.waitFor({ timeout: 30_000 });
    t.true(await title.isVisible());
  });
});

test('dhat: totals, own and global maxima and lifetimes as computed by hand', (t) => {
  const { pps, ftbl, tg, te } = json('dhat');
  t.is(tg, 2);
  t.is(te, 7);
  const foo = pps.find((point: { fs: number[] }) => ftbl[point.fs[0] ?? 0].includes('foo'));
  // 64 bytes for 3 events, then 32 bytes for 3 to the end.
  t.deepEqual({ ...foo, fs: [] }, { tb: 96, tbk: 2, tl: 6, mb: 64, mbk: 1, gb: 64, gbk: 1, eb: 32, ebk: 1, fs: [] });
  t.is(ftbl[0], '[root]');
});

test("dhat: valgrind's own viewer shows the totals", async (t) => {
  const viewer = '/usr/libexec/valgrind/dh_view.html';
  if (!toolPath(t, 'valgrind')) return;
  const path = await file(t, 'dhat', TOY);
  await inBrowser(t, async (page) => {
    await page.goto(pathToFileURL(viewer).href);
    await page.locator('input[type=file]').setInputFiles(path);
    await page.getByText('432 bytes (100%').first().waitFor();
    const shown = (await page.locator('body').textContent()) ?? '';
    t.regex(shown, /At t-gmax: +384 bytes[\s\S]*At t-end: +176 bytes/);
  });
});

test('chrome trace: slices open once and close once, the counter follows the heap', (t) => {
  for (const trace of [TOY, realTrace()]) {
    const open = new Set<number>();
    let last = -1;
    for (const event of json('chrome-trace', trace).traceEvents) {
      if (event.ph === 'M') continue;
      t.true(event.ts >= last);
      last = event.ts;
      if (event.ph === 'b') t.false(open.has(event.id));
      if (event.ph === 'b') open.add(event.id);
      if (event.ph === 'e') t.true(open.delete(event.id));
    }
    t.is(
      open.size,
      stackWeights(trace).stacks.reduce((sum, weight) => sum + weight.liveCount, 0),
    );
  }
  const counters = json('chrome-trace').traceEvents.filter((event: { ph: string }) => event.ph === 'C');
  t.deepEqual(
    counters.map((event: { args: { bytes: number } }) => event.args.bytes),
    [64, 192, 384, 320, 352, 160, 176],
  );
});

test('pprof: go tool pprof reads it and finds the same totals', async (t) => {
  t.true(written('pprof', TOY).length > 100);
  if (!toolPath(t, 'go')) return;
  const path = await file(t, 'pprof', TOY);
  const inUse = await toolOutput('go', ['tool', 'pprof', '-top', path]);
  t.regex(inUse, /Showing nodes accounting for 176B, 100% of 176B total/);
  t.regex(inUse, /128B 72\.73% 72\.73% +128B 72\.73% +bar/);
  const allocated = await toolOutput('go', ['tool', 'pprof', '-top', '-sample_index=alloc_space', path]);
  t.regex(allocated, /of 432B total/);
  const tree = await toolOutput('go', ['tool', 'pprof', '-traces', path]);
  t.regex(tree, /bar\n +main/);
});

test('heaptrack: every number hexadecimal, heaptrack_print finds the same peak and leak', async (t) => {
  const lines = written('heaptrack', TOY).toString().split('\n');
  t.deepEqual(lines.slice(0, 2), ['v 10400 2', 'X firmware']);
  t.true(lines.includes('a 40 2'));
  t.is(lines.filter((line) => line.startsWith('+ ')).length, 5);
  if (!toolPath(t, 'heaptrack_print')) return;
  const printed = await toolOutput('heaptrack_print', [await file(t, 'heaptrack', TOY)]);
  t.notRegex(printed, /failed to parse/);
  t.regex(printed, /calls to allocation functions: 5 /);
  t.regex(printed, /peak heap memory consumption: 384B/);
  t.regex(printed, /total memory leaked: 176B/);
  const real = await toolOutput('heaptrack_print', [await file(t, 'heaptrack', realTrace())]);
  t.notRegex(real, /failed to parse/);
  // 204 blocks of 16 bytes, the fixture's own count.
  t.regex(real, /total memory leaked: 3\.26K/);
});

test('massif: ms_print shows the peak and its tree', async (t) => {
  const text = written('massif', TOY).toString();
  t.true(
    text.includes(
      'mem_heap_B=384\nmem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree=peak\nn3: 384 (heap allocation functions)',
    ),
  );
  t.true(text.includes('\n n0: 192 0x8006: main (m.c:3)\n'));
  if (!toolPath(t, 'ms_print')) return;
  const printed = await toolOutput('ms_print', [await file(t, 'massif', TOY)]);
  t.regex(printed, /\(peak\)/);
  t.regex(printed, /->33\.33% \(128B\) 0x8028: bar \(b\.c:20\)/);
  t.regex(await toolOutput('ms_print', [await file(t, 'massif', realTrace())]), /5\.047\^/);
});

test('firefox: tables agree with their lengths, weights add up to what is live, prefixes come before their stacks', (t) => {
  for (const trace of [TOY, realTrace()]) {
    const { threads, counters } = json('firefox', trace);
    const { nativeAllocations, stackTable, frameTable, funcTable } = threads[0];
    for (const table of [nativeAllocations, stackTable, frameTable, funcTable, counters[0].samples]) {
      for (const column of Object.values(table)) if (Array.isArray(column)) t.is(column.length, table.length);
    }
    const live = nativeAllocations.weight.reduce((sum: number, weight: number) => sum + weight, 0);
    t.is(
      live,
      stackWeights(trace).stacks.reduce((sum, weight) => sum + weight.liveBytes, 0),
    );
    t.true(stackTable.prefix.every((prefix: number | null, i: number) => prefix === null || prefix < i));
  }
  t.deepEqual(json('firefox').threads[0].nativeAllocations.weight, [64, 128, 192, -64, 32, -192, 16]);
});

test('heaptrack counts temporary allocations by its own rule, as docs/formats.md says, and stats by the blocks', async (t) => {
  const cases = [
    ['alloc 0x1000 64 m@m.c:1\nfree 0x1000', 1, 1],
    ['alloc 0x1000 64 m@m.c:1\nalloc 0x1100 64 m@m.c:1\nfree 0x1000', 0, 1],
    ['alloc 0x900 8 z@z.c:1\nalloc 0x1000 64 m@m.c:1\nfree 0x900\nfree 0x1000', 1, 0],
  ] as const;
  for (const [text, inStats, inHeaptrack] of cases) {
    const trace = traceFromText(text);
    t.is(heapStats(trace).temporary.count, inStats);
    if (!toolPath(t, 'heaptrack_print')) continue;
    const printed = await toolOutput('heaptrack_print', [await file(t, 'heaptrack', trace)]);
    t.is(Number(/temporary memory allocations: (\d+)/.exec(printed)?.[1]), inHeaptrack, text);
  }
});

test('an empty trace and one without addresses can be written in every format', (t) => {
  const drone = new TraceBuilder({ hasAddresses: false });
  drone.add({ kind: 'alloc', address: 0, sizeBytes: 12 });
  drone.add({ kind: 'free', address: 0, sizeBytes: 12 });
  for (const { id } of TRACE_WRITERS) {
    written(id, traceFromText(''));
    t.true(id.startsWith('folded') || written(id, drone.build()).length > 0);
  }
  t.throws(() => writerById('nope'), { code: 'HH1480' });
  t.throws(() => writerById('speedscop'), { message: /, did you mean 'speedscope'\?$/ });
});
