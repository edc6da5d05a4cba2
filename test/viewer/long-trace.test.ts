import { callTree } from '../../lib/analysis/call-tree.js';
import { gapTimeline } from '../../lib/analysis/gap-timeline.js';
import { heapMap } from '../../lib/analysis/heap-map.js';
import { heapStats } from '../../lib/analysis/heap-stats.js';
import { formatBytes, formatCount } from '../../lib/base/units.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { syntheticTrace } from '../bench/synthetic-trace.js';
import { testWithChromium } from '../support/chromium-test.js';
import { journalFromText, openViewer, VECTOR, withoutChromium } from '../support/viewer-page.js';

const test = testWithChromium();

test('a long trace is read and asked in a worker, says the same as the library, and may be called off', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const trace = syntheticTrace(160_000);
  const bytes = Buffer.concat(journalBytes(trace));
  await using viewer = await openViewer(browser);
  const { page } = viewer;
  await viewer.open(journalFromText(VECTOR), 'short.harvest');
  t.is(await viewer.ask('state().loaded.desk'), undefined);

  // Called off before a worker has said anything: what was open stays.
  await page.evaluate(`(async () => {
    const opened = heapHarvest.open(new Uint8Array(2 * 1024 * 1024), 'unwanted');
    await new Promise((resolve) => setTimeout(resolve));
    document.getElementById('cancel').click();
    await opened;
  })()`);
  t.deepEqual(await viewer.ask('[state().loaded.name, state().busy, state().error, state().opening]'), [
    'short.harvest',
    '',
    undefined,
    undefined,
  ]);
  // What a worker finds wrong is said as if the page had found it.
  await viewer.open(new Uint8Array(2 * 1024 * 1024).fill(7), 'noise');
  t.regex(await viewer.ask<string>('state().error.code'), /^HH/);
  t.is(await viewer.ask('state().loaded.name'), 'short.harvest');

  await viewer.open(bytes, 'long.harvest');
  t.true(await viewer.ask('state().loaded.desk !== undefined'));
  await viewer.until(`state().loaded.gapsState === 'ready'`);
  const line = gapTimeline(trace, 1);
  for (const seq of [0, 40_000, 79_999, 159_999, 60_123, 12]) {
    const map = heapMap(trace, seq);
    await viewer.ask(`goTo(${seq})`);
    await viewer.until(`document.querySelector('#slider').value === '${seq}'`);
    const shown = await page.$eval('.region .figures', (it) => [
      Number((it as HTMLElement).dataset.free),
      Number((it as HTMLElement).dataset.largest),
    ]);
    t.deepEqual(shown, [map.freeBytes, map.largestFreeBytes], `event ${seq}`);
    t.is(await viewer.ask(`state().loaded.gaps.largestFreeBytes[${seq}]`), line.largestFreeBytes[seq]);
  }
  await viewer.until(`document.querySelector('.row[data-seq]') !== null`);
  const allocations = heapStats(trace).allocations;
  t.regex((await page.textContent('.panel .tools')) ?? '', new RegExp(`${formatCount(allocations)} rows`));
  // The worker looks for sources past the same frames as the page.
  const bySource = (hide: readonly string[]) => {
    const sources = heapStats(trace, { hide }).sources.filter(({ functionName }) =>
      functionName.includes('function_1'),
    );
    return formatCount(sources.reduce((sum, source) => sum + source.allocations, 0));
  };
  const rowCount = (count: string) =>
    viewer.until(`document.querySelector('.panel .tools [role=status]').textContent === '${count} rows'`);
  await page.fill('#query', 'source:function_1');
  await rowCount(bySource([]));
  await page.click('.legend button:has-text("hidden frames")');
  await page.fill('dialog textarea', 'function_1');
  await page.click('dialog button:text-is("Apply")');
  await rowCount(bySource(['function_1']));
  t.not(bySource(['function_1']), bySource([]));
  await page.fill('#query', '');
  await page.click('#tab-statistics');
  await page.waitForSelector('.panel table');
  t.true((await page.textContent('.panel'))?.includes(formatCount(allocations)));
  await page.click('#tab-tree');
  await page.waitForSelector('.panel .tools');
  const total = callTree(trace).root.live.bytes;
  await page.click('.segments button:text-is("at the end")');
  await viewer.until(`document.querySelector('.panel .tools')?.textContent.includes('${formatBytes(total)}')`);
  await page.click('#tab-leaks');
  await page.waitForSelector('.panel tbody tr');
  await page.click('#tab-fragmentation');
  await page.waitForSelector('.panel tbody tr');
  // Each trace has its worker, and takes it along.
  await page.setInputFiles('#compare-file', { name: 'again.harvest', mimeType: '', buffer: bytes });
  await viewer.until(`state().other?.gapsState === 'ready'`);
  const [, second] = page.workers();
  const ended = new Promise((resolve) => second?.once('close', resolve));
  await page.click('.panel button:text-is("Close")');
  await ended;
  t.is(page.workers().length, 1);
  t.deepEqual(viewer.complaints, []);
  t.deepEqual(viewer.requests, []);
});
