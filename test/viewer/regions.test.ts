import { gapTimeline } from '../../lib/analysis/gap-timeline.js';
import { heapMap } from '../../lib/analysis/heap-map.js';
import { lifespans } from '../../lib/trace/lifespans.js';
import type { Trace } from '../../lib/trace/trace.js';
import { testWithChromium } from '../support/chromium-test.js';
import { traceFromText } from '../support/trace-from-text.js';
import { journalFromText, openViewer, type ViewerPage, withoutChromium } from '../support/viewer-page.js';

const test = testWithChromium();

test('a log that tells only how full the heap was says so, memory by memory', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  await viewer.open(
    Buffer.from('uptime_s,free_heap,largest_block\n10,39788,20480\n20,39700,20480\n30,39750,20480\n'),
    'levels.csv',
  );
  t.is(await viewer.ask('state().error'), undefined);
  t.regex((await viewer.page.textContent('.stage-empty')) ?? '', /tells no allocations/);
  // 39,750 and 39,700 bytes are 38.8 KiB each.
  t.deepEqual(await viewer.page.$$eval('.stage-empty tbody td', (cells) => cells.map((cell) => cell.textContent)), [
    'the heap',
    '3',
    '38.8 KiB',
    '38.8 KiB',
  ]);
  t.deepEqual(viewer.complaints, []);
});

const FREE = '#141b24';
const OUTSIDE = '#252f3b';

/** Two memories: a small one in pieces, and a large one with a long stretch in its middle that nothing ever is in. */
function twoMemories(): string {
  const lines = ['region internal 0x1000 4096 16', 'region psram 0x80000 1048576 16'];
  for (let i = 0; i < 40; i++) lines.push(`alloc 0x${(0x1000 + i * 64).toString(16)} 32 a@a.c:${i % 5}`);
  for (let i = 0; i < 60; i++) {
    lines.push(`alloc 0x${(0x80000 + i * 256).toString(16)} 128 b@b.c:1`);
    lines.push(`alloc 0x${(0x160000 + i * 2048).toString(16)} 1024 c@c.c:1`);
  }
  for (let i = 0; i < 40; i += 2) lines.push(`free 0x${(0x1000 + i * 64).toString(16)}`);
  return lines.join('\n');
}

/** A heap of several areas that `sbrk` gave, with a pool of the firmware's own between two of them. */
function splitHeap(): string {
  const lines = [
    'region heap 0x20000000 2048 8',
    'region "heap 2" 0x20001800 1024 8',
    'region "heap 3" 0x20004000 512 8',
  ];
  const areas = [
    [0x20000000, 40],
    [0x20001800, 20],
    [0x20004000, 9],
  ] as const;
  for (const [from, count] of areas) {
    for (let i = 0; i < count; i++)
      lines.push(`alloc 0x${(from + i * 48).toString(16)} ${16 + (i % 3) * 8} f@f.c:${i % 4}`);
  }
  for (const [from, count] of areas) {
    for (let i = 1; i < count; i += 3) lines.push(`free 0x${(from + i * 48).toString(16)}`);
  }
  return lines.join('\n').replaceAll('"heap 2"', 'heap2').replaceAll('"heap 3"', 'heap3');
}

/** Where the page's colours differ from what the library's map says is used and free: empty when nowhere. */
async function differences(viewer: ViewerPage, trace: Trace): Promise<string[]> {
  const { regions } = heapMap(trace);
  const { address } = lifespans(trace);
  const asked = regions.flatMap(({ region, gaps, blocks }) => [
    ...gaps.map((gap) => ({ name: region.name, at: gap.address + Math.floor(gap.sizeBytes / 2), used: false })),
    ...Array.from(blocks, (span) => ({ name: region.name, at: (address[span] ?? 0) + 6, used: true })),
  ]);
  const colors = await viewer.page.evaluate<(string | undefined)[]>(
    `${JSON.stringify(asked)}.map(({ name, at }) => heapHarvest.probeMap(name, at)?.color)`,
  );
  return asked.flatMap(({ name, at, used }, i) => {
    const color = colors[i];
    // In a fold nothing is drawn.
    if (color === undefined || color === OUTSIDE) return used ? [`${name} ${at} is not drawn`] : [];
    return (color !== FREE) === used ? [] : [`${name} ${at} is ${color}`];
  });
}

const figuresOf = (viewer: ViewerPage) =>
  viewer.page.$$eval('.region-figures [data-region]', (rows) =>
    rows.map((row) => [(row as HTMLElement).dataset.region, ...[...row.children].slice(1).map((it) => it.textContent)]),
  );

test('each memory has its own map, figures, curve, cuts and drops, and the whole has those of all', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { size: { width: 1440, height: 1000 } });
  const { page } = viewer;
  const text = twoMemories();
  const trace = traceFromText(text);
  await viewer.open(journalFromText(text, { sizeKind: 'block' }));
  await viewer.until(`state().loaded.gapsState === 'ready'`);
  t.deepEqual(await differences(viewer, trace), []);
  const { regions } = gapTimeline(trace);
  const [internal, psram] = heapMap(trace).regions;
  t.deepEqual(await figuresOf(viewer), [
    ['internal', '3,456 B', '1,568 B', '54.6 %'],
    // 60 blocks of 128 and of 1,024 bytes; from the end of the last small one to the first large one.
    ['psram', '956.5 KiB', '881.1 KiB', '7.9 %'],
  ]);
  t.deepEqual([internal?.freeBytes, psram?.freeBytes, psram?.largestFreeBytes], [3456, 979_456, 902_272]);
  // The curve, the drop column and the cuts follow the memory that is chosen.
  const drops = () =>
    page.$$eval('.row[data-seq]', (rows) =>
      rows.map((row) => [
        Number((row as HTMLElement).dataset.seq),
        row.querySelector('[data-column=drop]')?.textContent,
      ]),
    );
  await page.fill('#query', 'seq<3');
  t.deepEqual(
    await drops(),
    [
      [0, ''],
      [1, ''],
      [2, ''],
    ],
    'of the whole heap: the large memory has the largest block',
  );
  await page.selectOption('select[aria-label=Memory]', 'internal');
  t.deepEqual(await drops(), [
    [0, ''],
    [1, '64'],
    [2, '64'],
  ]);
  t.regex(
    (await page.textContent('.curve-key')) ?? '',
    /largest free block, up to 4,064 B.*size of the region, 4,096 B/,
  );
  await page.click('#tab-fragmentation');
  t.regex((await page.textContent('.panel')) ?? '', /4,064 → 4,000/);
  await page.click('button:text-is("Tightest")');
  t.is(await viewer.ask('state().atSeq'), regions[0]?.seq[39], 'where the chosen memory was tightest');
  await page.keyboard.press('End');
  await viewer.until(`location.hash.includes('area=internal')`);
  await page.click('.region-figures [data-region=internal] button');
  t.is(await viewer.ask('state().area'), '', 'the whole heap again');
  t.deepEqual(viewer.complaints, []);

  // A mark stands for the stretch in which nothing ever was; a click shows it at its length.
  const [fold] = await page.$$eval('.fold', (marks) => marks.map((mark) => mark.textContent));
  t.regex(fold ?? '', /never used/);
  const row = await viewer.ask<{ y: number }>(`probeMap('psram', 0x160010)`);
  await page.focus('.fold');
  await page.keyboard.press('Enter');
  t.is(await page.$('.fold'), null);
  const opened = await viewer.ask<{ y: number }>(`probeMap('psram', 0x160010)`);
  t.true(opened.y > row.y, 'the blocks behind it are where their addresses are');
  t.deepEqual(await differences(viewer, trace), []);
  await page.click('button:text-is("fold unused stretches")');
  t.is(await page.$$eval('.fold', (marks) => marks.length), 1);

  // A heap of three areas.
  const split = splitHeap();
  await viewer.open(journalFromText(split), 'split.harvest');
  t.deepEqual(await differences(viewer, traceFromText(split)), []);
  t.is((await figuresOf(viewer)).length, 3);
  t.deepEqual(viewer.complaints, []);
  t.deepEqual(viewer.requests, []);
});
