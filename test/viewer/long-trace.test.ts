import { readFileSync } from 'node:fs';
import { FinishedServedRing } from '../../lib/alloctrace/served-rings.js';
import { serveAlloctrace } from '../../lib/alloctrace/server.js';
import { callTree } from '../../lib/analysis/call-tree.js';
import { gapTimeline } from '../../lib/analysis/gap-timeline.js';
import { heapMap } from '../../lib/analysis/heap-map.js';
import { heapStats } from '../../lib/analysis/heap-stats.js';
import { usageCurve } from '../../lib/analysis/heap-usage.js';
import { regionVerdicts } from '../../lib/analysis/in-the-way.js';
import { formatBytes, formatCount } from '../../lib/base/units.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { lifespans } from '../../lib/trace/lifespans.js';
import { syntheticTrace } from '../bench/synthetic-trace.js';
import { testWithChromium } from '../support/chromium-test.js';
import { journalFromText, openViewer, VECTOR, viewerPath, withoutChromium } from '../support/viewer-page.js';

const test = testWithChromium();
const trace = syntheticTrace(160_000);
const bytes = Buffer.concat(journalBytes(trace));
/** Short enough to be read by the page itself, and long to read. */
const journalBytesOf = (events: number) => Buffer.concat(journalBytes(syntheticTrace(events)));

test('a long trace is read and asked in a worker, says the same as the library, and may be called off', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
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
  // Of two that are opened at once the second is shown, whichever is read sooner.
  const inPage = (data: Uint8Array) =>
    `Uint8Array.from(atob('${Buffer.from(data).toString('base64')}'), (it) => it.charCodeAt(0))`;
  for (const first of [inPage(journalBytesOf(100_000)), 'new Uint8Array(2 * 1024 * 1024)']) {
    const second = inPage(journalFromText('alloc 0x1 8'));
    const shown = `Promise.all([heapHarvest.open(${first}, 'first'), heapHarvest.open(${second}, 'second')])`;
    t.deepEqual(await page.evaluate(shown), [false, true]);
    t.deepEqual(await viewer.ask('[state().loaded.name, state().busy, state().error, state().opening]'), [
      'second',
      '',
      undefined,
      undefined,
    ]);
    t.is(page.workers().length, 0);
    await viewer.open(journalFromText(VECTOR), 'short.harvest');
  }
  // What a worker finds wrong is said as if the page had found it.
  await viewer.open(new Uint8Array(2 * 1024 * 1024).fill(7), 'noise');
  t.regex(await viewer.ask<string>('state().error.code'), /^HH/);
  t.is(await viewer.ask('state().loaded.name'), 'short.harvest');

  await page.evaluate(`(() => {
    const { postMessage } = Worker.prototype;
    window.asked = [];
    Worker.prototype.postMessage = function (message, ...more) {
      if (message.name === 'verdicts') asked.push(message.args.atSeq);
      return postMessage.call(this, message, ...more);
    };
  })()`);
  await viewer.open(bytes, 'long.harvest');
  t.true(await viewer.ask('state().loaded.desk !== undefined'));
  await viewer.until(`state().loaded.gapsState === 'ready'`);
  await viewer.until('asked.length > 0');
  t.deepEqual(await page.evaluate('[...new Set(asked)]'), [159_999], 'no event of the trace that was open before');
  const [line, usage, spans] = [gapTimeline(trace, 1), usageCurve(trace), lifespans(trace)];
  for (const seq of [0, 40_000, 79_999, 159_999, 60_123, 12]) {
    const map = heapMap(trace, seq);
    await viewer.ask(`goTo(${seq})`);
    await viewer.until(`document.querySelector('#slider').value === '${seq}'`);
    const shown = await page.$eval('.region .figures', (it) => [
      Number((it as HTMLElement).dataset.free),
      Number((it as HTMLElement).dataset.largest),
    ]);
    t.deepEqual(shown, [map.freeBytes, map.largestFreeBytes], `event ${seq}`);
    // Which block an event opened or closed, and how many there are, the page tells from the order of the events.
    const inUse = await page.$eval('[data-figure=live]', (it) => it.parentElement?.textContent);
    t.true(inUse?.endsWith(`${formatCount(usage.liveCount[seq] ?? -1)} blocks`), inUse ?? '');
    const allocated = await page.$$eval('.event-card [data-allocated]', (all) =>
      all.map((it) => it.getAttribute('data-allocated')),
    );
    const closed = spans.closedBy[seq] ?? -1;
    t.deepEqual(allocated, closed < 0 ? [] : [`${spans.startSeq[closed]}`], `event ${seq}`);
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
  // Who is in the way there changes with the frames that are passed over, too.
  const otherSays = async (hide: readonly string[], blocks: number) => {
    const worst = regionVerdicts(trace, heapMap(trace), { hide })[0]?.inTheWay;
    t.is(worst?.count, blocks);
    const text = `; ${worst?.functionName} (${blocks} blocks)`;
    await viewer.until(`document.querySelector('.verdict-line:last-child').textContent.includes('${text}')`);
  };
  await otherSays(['function_1'], 41);
  await page.click('.legend button:has-text("hidden frames")');
  await page.fill('dialog textarea', 'function_1\nfunction_2');
  await page.click('dialog button:text-is("Apply")');
  await otherSays(['function_1', 'function_2'], 103);
  const [, second] = page.workers();
  const ended = new Promise((resolve) => second?.once('close', resolve));
  await page.click('.panel button:text-is("Close")');
  await ended;
  t.is(page.workers().length, 1);
  t.deepEqual(viewer.complaints, []);
  t.deepEqual(viewer.requests, []);
});

test('a page that harvest serves keeps a long trace once, in memory that its worker shares', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using server = await serveAlloctrace(new FinishedServedRing(trace), { page: readFileSync(viewerPath) });
  await using viewer = await openViewer(browser, { url: new URL('/', server.url).href });
  const { page } = viewer;
  await viewer.open(bytes, 'shared.harvest');
  t.true(await viewer.ask('state().loaded.desk !== undefined'));
  await viewer.until(`state().loaded.gapsState === 'ready'`);
  const shared = (path: string) => viewer.ask<boolean>(`state().loaded.${path}.buffer instanceof SharedArrayBuffer`);
  for (const path of ['trace.events.address', 'spans.startSeq', 'sources.colorOf', 'gaps.largestFreeBytes'])
    t.true(await shared(path), path);
  const map = heapMap(trace, 30_000);
  await viewer.ask('goTo(30000)');
  await viewer.until(`document.querySelector('.region .figures')?.dataset.largest === '${map.largestFreeBytes}'`);
  await viewer.until(`document.querySelector('.row[data-seq]') !== null`);
  await page.click('#tab-statistics');
  await page.waitForSelector('.panel table');
  t.true((await page.textContent('.panel'))?.includes(formatCount(heapStats(trace).allocations)));
  // What is saved is read from the shared memory.
  await page.click('header button:text("Save")');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.click('.menu-items button:text("Trace with names and marks (.harvest)")'),
  ]);
  t.true(readFileSync(await download.path()).length > 1_000_000);
  t.deepEqual(viewer.complaints, []);
});
