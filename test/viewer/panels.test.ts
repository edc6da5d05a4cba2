import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { heapMap } from '../../lib/analysis/heap-map.js';
import { heapStats } from '../../lib/analysis/heap-stats.js';
import { poolPlan } from '../../lib/analysis/pools/pool-plan.js';
import { partingWalls } from '../../lib/analysis/walls.js';
import { formatBytes, formatCount } from '../../lib/base/units.js';
import { poolsZephyr } from '../../lib/report/pools-output.js';
import { testWithChromium } from '../support/chromium-test.js';
import { fixture } from '../support/fixture.js';
import { historyText } from '../support/history-text.js';
import { microbitTrace } from '../support/microbit-trace.js';
import { traceFromText } from '../support/trace-from-text.js';
import {
  journalFromText,
  keepScreenshot,
  openViewer,
  started,
  VECTOR,
  withoutChromium,
} from '../support/viewer-page.js';

const test = testWithChromium();

const micropython = () => fixture('micropython-microbit/mylog.txt.gz');
const cells = (page: Page, selector: string) =>
  page.$$eval(selector, (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent?.trim() ?? '')));

test('ranks the walls of the vector as computed by hand, and of the fixture as the library does', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { hash: '#tab=fragmentation' });
  await viewer.open(journalFromText(VECTOR));
  const walls = (await cells(viewer.page, '.wide tbody tr')).map((row) => row.slice(0, 5));
  // The block at the begin of the memory has a gap on one side only: it parts nothing.
  t.deepEqual(walls, [['0x00001070', '32', '80 + 112', '224', '192']]);
  await viewer.open(micropython(), 'mylog.txt');
  const trace = microbitTrace();
  const map = heapMap(trace, trace.eventCount - 1);
  const expected = partingWalls(trace, map, 20).map((wall) => formatCount(wall.largestIfFreedBytes));
  await viewer.until(`document.querySelectorAll('.wide tbody tr').length === ${expected.length}`);
  t.deepEqual(
    (await cells(viewer.page, '.wide tbody tr')).map((row) => row[3]),
    expected,
  );
  await keepScreenshot(viewer.page, 'fragmentation');
  t.deepEqual(viewer.complaints, []);
});

test('a size that is wanted: the fewest blocks in the way are listed, and outlined in the map', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { hash: '#tab=fragmentation' });
  await viewer.open(journalFromText(VECTOR));
  const { page } = viewer;
  // 80 bytes lie free before the block at 0x1070, 112 behind it: with it gone 224 do.
  t.is(
    await page.textContent('.verdict-line'),
    '≈ 42 % fragmented: ≤ 192 B free, largest ≤ 112 B; boot (1 block) is in the way (not exact)',
  );
  const map = () => page.$eval('canvas.map', (canvas) => (canvas as HTMLCanvasElement).toDataURL());
  const before = await map();
  await page.fill('.room input', '200');
  await viewer.until(`document.querySelector('[data-room]')?.dataset.room === '1'`);
  t.deepEqual(
    (await cells(page, '.room tbody tr')).map((row) => row.slice(0, 2)),
    [['0x00001070', '32']],
  );
  t.not(await map(), before);
  await page.fill('.room input', '100');
  await viewer.until(`document.querySelector('.room')?.textContent.includes('is there already')`);
  t.is(await map(), before);
  await page.fill('.room input', 'much');
  await viewer.until(`document.querySelector('.room .warn-text')?.textContent.startsWith('A size is a number')`);
  t.deepEqual(viewer.complaints, []);
});

test('says what the command line says of a trace that is not to be trusted', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  await viewer.open(journalFromText(VECTOR));
  const bars = await viewer.page.$$eval('.bar', (all) => all.map((bar) => bar.textContent ?? ''));
  t.notRegex(bars.join(), /doubtful/);
  await viewer.open(journalFromText(VECTOR, { doubtful: 'a free before its allocation', contents: 'snapshot' }));
  const bar = (await viewer.page.textContent('.bar.warn')) ?? '';
  t.regex(bar, /^Careful: This trace is doubtful: its figures may be wrong, a snapshot of the blocks/);
  await viewer.page.click('.bar.warn button:text-is("Details")');
  t.regex(
    (await viewer.page.textContent('.bar.warn ul')) ?? '',
    /the capture is doubtful: a free before its allocation/,
  );
  t.deepEqual(viewer.complaints, []);
});

test('counts as the library does, and designs pools as `harvest pools` does', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { hash: '#tab=statistics' });
  await viewer.open(micropython(), 'mylog.txt');
  const { page } = viewer;
  const trace = microbitTrace();
  const stats = heapStats(trace);
  // The worker counts.
  await page.waitForSelector('.columns section:first-child tr:has-text("allocations")');
  const totals = Object.fromEntries(await cells(page, '.columns section:first-child tr'));
  t.is(totals.allocations, formatCount(stats.allocations));
  t.is(totals.peak, `${formatBytes(stats.peak.bytes)} at event ${formatCount(stats.peak.seq)}`);
  await page.fill('.pool-form label:has-text("pools") input', '3');
  await page.click('button:text-is("Generate")');
  await page.click('.plan button:text-is("Zephyr")');
  t.is(await page.textContent('.plan pre'), poolsZephyr(poolPlan(trace, { pools: 3 })));
  await page.fill('.pool-form label:has-text("pools") input', 'many');
  await page.click('button:text-is("Generate")');
  await page.waitForSelector('#pools [role=alert]');
  await keepScreenshot(page, 'statistics');
  t.deepEqual(viewer.complaints, []);
});

test('shows the call tree and the flame graph of any figure, inverted too', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { hash: '#tab=tree&unit=bytes' });
  await viewer.open(journalFromText(VECTOR));
  const { page } = viewer;
  const rows = async () => (await cells(page, '.tree-row')).map((row) => `${row[0]} ${row[3]?.replace(/^[▾▸]/, '')}`);
  await viewer.until(`document.querySelectorAll('.tree-row').length === 3`);
  t.deepEqual(await rows(), ['32 main m.c:1', '32 boot b.c:10', '32 main m.c:5']);
  await page.click('button:text-is("in total")');
  await viewer.until(`document.querySelector('.tree-row .number').textContent === '64'`);
  await page.click('label:has-text("inverted") input');
  await viewer.until(`document.querySelector('.tree-row .text').textContent.includes('boot')`);
  t.is((await rows())[0], '64 boot b.c:10');
  await page.click('#tab-flame');
  await page.hover('.flame-box canvas', { position: { x: 20, y: 30 } });
  await page.waitForSelector('.flame-box .tip');
  t.regex((await page.textContent('.flame-box .tip')) ?? '', /64 B/);
  await page.dblclick('.flame-box canvas', { position: { x: 20, y: 30 } });
  await page.waitForSelector('button:text-is("Zoom out")');
  t.deepEqual(viewer.complaints, []);
});

test('finds what grows from mark to mark, and what differs between two traces', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const leak = (n: number) => `mark cycle\nalloc ${0x2000 + n * 64} 48 main@m.c:1 > leaky@l.c:7`;
  const text = `alloc 0x1000 16 main@m.c:1\n${[0, 1, 2, 3].map(leak).join('\n')}\nmark cycle`;
  await using viewer = await openViewer(browser, { hash: '#tab=leaks' });
  await viewer.open(journalFromText(text));
  const { page } = viewer;
  const [first] = await cells(page, 'table.pad tbody tr');
  t.deepEqual(first?.slice(0, 4), ['grows at every mark', '192', '4', '48']);
  const other = journalFromText(`${text}\nalloc 0x9000 100 main@m.c:9 > fresh@f.c:2`);
  await page.setInputFiles('#compare-file', { name: 'after.harvest', mimeType: '', buffer: Buffer.from(other) });
  await page.waitForSelector('#tab-diff[aria-selected=true]');
  await viewer.until(`document.querySelector('.tree-row') !== null`);
  const differences = await cells(page, '.tree-row');
  t.is(differences.length, 1);
  t.deepEqual(differences[0]?.slice(0, 3), ['new', '+100', '+1']);
  t.true(differences[0]?.[5]?.includes('fresh'));
  await keepScreenshot(page, 'diff');
  t.deepEqual(viewer.complaints, []);
});

test('the difference of two traces as a flame graph has the widths, figures and colours that were worked out by hand', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const leak = (n: number) => `alloc ${0x2000 + n * 64} 48 main@m.c:1 > leaky@l.c:7\n`;
  const before = `alloc 0x1000 16 main@m.c:1\n${[0, 1, 2, 3].map(leak).join('')}`;
  // Two of the four are gone, in a function that has moved by a line; another function has come.
  const after = `${before.replaceAll('l.c:7', 'l.c:8')}free 0x2000\nfree 0x2040\nalloc 0x9000 100 main@m.c:9 > fresh@f.c:2`;
  await using viewer = await openViewer(browser);
  await viewer.open(journalFromText(before), 'before.harvest');
  const { page } = viewer;
  const second = { name: 'after.harvest', mimeType: '', buffer: Buffer.from(journalFromText(after)) };
  await page.setInputFiles('#compare-file', second);
  await page.waitForSelector('#tab-diff[aria-selected=true]');
  await page.click('#tab-flame');
  await page.click('.segments button:text-is("Difference")');
  t.regex((await page.textContent('.tools:has(.diff-key)')) ?? '', /^before\.harvest → after\.harvest: 208 B → 212 B/);
  const canvas = page.locator('.flame-box canvas');
  const box = await canvas.boundingBox();
  if (!box) return t.fail('no flame graph');
  /** What stands at a share of the width in a row, and whether it is red (more), blue (less) or grey. */
  const at = async (share: number, row: number) => {
    const [x, y] = [share * box.width, row * 20 + 10];
    await page.mouse.move(box.x + x, box.y + y);
    const tips = await page.locator('.flame-box .tip').allInnerTexts();
    const [red = 0, , blue = 0] = await canvas.evaluate(
      (it, [left, top]) => {
        const { width } = it.getBoundingClientRect();
        const ratio = (it as HTMLCanvasElement).width / width;
        // The corner of a box has none of its text.
        const place = [Math.round((left ?? 0) * ratio), Math.round(((top ?? 0) + 7) * ratio)] as const;
        return [...((it as HTMLCanvasElement).getContext('2d')?.getImageData(...place, 1, 1).data ?? [])];
      },
      [x, y],
    );
    return [tips[0]?.match(/\d+ B → \d+ B/)?.[0], Math.abs(red - blue) < 30 ? 'same' : red > blue ? 'more' : 'less'];
  };
  // As wide as after: fresh has 100 of 212 bytes, leaky 96, main itself the last 16.
  t.deepEqual(await at(0.01, 1), ['208 B → 212 B', 'more']);
  t.deepEqual(await at(0.46, 2), ['0 B → 100 B', 'more']);
  t.deepEqual(await at(0.48, 2), ['192 B → 96 B', 'less']);
  t.deepEqual(await at(0.91, 2), ['192 B → 96 B', 'less']);
  t.is((await at(0.94, 2))[0], undefined);
  // As wide as before: leaky has 192 of 208, and fresh was not there.
  await page.click('.segments button:text-is("as wide as before")');
  t.deepEqual(await at(0.01, 2), ['192 B → 96 B', 'less']);
  t.deepEqual(await at(0.91, 2), ['192 B → 96 B', 'less']);
  t.is((await at(0.94, 2))[0], undefined);
  // The browser remarks on the looks of this test at single pixels.
  t.deepEqual(
    viewer.complaints.filter((text) => !text.includes('willReadFrequently')),
    [],
  );
});

test('opens allocation_history.json and sees what the log of the same capture shows', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  await viewer.open(fixture('micropython-microbit/allocation_history.json.gz'), 'allocation_history.json');
  t.is(await viewer.ask('state().error'), undefined);
  const stats = heapStats(microbitTrace());
  t.is(await viewer.ask('state().loaded.usage.liveBytes.at(-1)'), stats.liveBytes);
  const inUse = await viewer.page.$eval('[data-figure=live]', (it) => it.parentElement?.textContent);
  t.true(inUse?.endsWith(`${formatCount(stats.liveCount)} blocks`), inUse ?? '');
  // Our own files carry addresses and bytes.
  await viewer.open(Buffer.from(historyText(traceFromText(VECTOR))), 'allocation_history.json');
  t.is(await viewer.ask('state().loaded.regions[0].baseAddress'), 0x1000);
  t.is(await viewer.ask('state().loaded.trace.eventCount'), 6);
  t.deepEqual(viewer.complaints, []);
});

test('keeps the picture as PNG and SVG, and hidden frames in the browser', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  await viewer.open(journalFromText(VECTOR));
  const { page } = viewer;
  const save = async (item: string) => {
    await page.click('button:text("Save")');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.click(`.menu-items button:text("${item}")`),
    ]);
    return readFileSync(await download.path());
  };
  t.is((await save('PNG')).subarray(1, 4).toString(), 'PNG');
  const svg = (await save('SVG')).toString();
  t.is(svg.match(/<title>/g)?.length, 2, 'one shape for each live block');
  await page.click('button:text("hidden frames")');
  await page.fill('dialog textarea', 'boot\n  \nline');
  await page.click('dialog button:text-is("Apply")');
  t.deepEqual(await viewer.ask('state().hide'), ['boot', 'line']);
  t.is(await viewer.ask('state().loaded.sources.list.filter((it) => it.functionName === "boot").length'), 0);
  await page.reload();
  await started(page);
  t.deepEqual(await viewer.ask('state().hide'), ['boot', 'line']);
  await page.keyboard.press('?');
  await page.waitForSelector('dialog .keys');
  await keepScreenshot(page, 'help');
  t.deepEqual(viewer.complaints, []);
});
