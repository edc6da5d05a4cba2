import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { testWithChromium } from '../support/chromium-test.js';
import { fixture } from '../support/fixture.js';
import { microbitTrace } from '../support/microbit-trace.js';
import { journalFromText, keepScreenshot, openViewer, VECTOR, withoutChromium } from '../support/viewer-page.js';

const test = testWithChromium();

const seqs = (page: Page) =>
  page.$$eval('.list .row', (rows) => rows.map((row) => Number((row as HTMLElement).dataset.seq)));
const choose = (page: Page, text: string) => page.click(`.tools .segments button:text-is("${text}")`);

const TRACE = `${VECTOR}
  failed 4096 main@m.c:7 > big@b.c:99
  alloc 0x10a0 8 main@m.c:8 > line@l.c:20
  free 0x10a0 main@m.c:9`;

test('filters by kind and text, sorts by any column; a click selects a row, a double click or Enter goes to its event', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  await viewer.open(journalFromText(TRACE));
  const { page } = viewer;
  t.deepEqual(await seqs(page), [6, 2, 0, 4, 1, 7], 'largest first when no largest block was captured');
  await choose(page, 'Still alive');
  t.deepEqual(await seqs(page), [0, 4]);
  await choose(page, 'Freed');
  t.deepEqual(await seqs(page), [2, 1, 7]);
  await choose(page, 'Failed');
  t.deepEqual(await seqs(page), [6]);
  await choose(page, 'Temporary');
  t.deepEqual(await seqs(page), [7]);
  await choose(page, 'With frees');
  await page.click('[role=columnheader] button:text-is("#")');
  await page.click('[role=columnheader] button:text("#")');
  t.deepEqual(await seqs(page), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  await choose(page, 'All');
  await page.fill('#query', 'BOOT');
  t.deepEqual(await seqs(page), [0, 4]);
  await page.fill('#query', '0x1038');
  t.deepEqual(await seqs(page), [2], 'an address inside of a block');
  await page.fill('#query', '');
  await page.click('.row[data-seq="2"]');
  t.deepEqual(await viewer.ask('[state().atSeq, state().picked, state().span]'), [8, 2, 2]);
  await page.dblclick('.row[data-seq="2"]');
  t.is(await viewer.ask('state().atSeq'), 2);
  await page.focus('.list');
  await page.keyboard.press('ArrowDown');
  t.deepEqual(await viewer.ask('[state().atSeq, state().picked]'), [2, 4]);
  await page.keyboard.press('Enter');
  t.is(await viewer.ask('state().atSeq'), 4);
  // A free is shown with who allocated its block.
  await choose(page, 'With frees');
  t.regex((await page.textContent('.row[data-seq="3"] [data-column=stack]')) ?? '', /allocated by line ← main/);
  await page.selectOption('.tools select', 'source');
  t.deepEqual(await page.$$eval('.group-row', (rows) => rows.map((row) => row.textContent?.replace(/^▸/, ''))), [
    'boot  b.c:102 rows64 B64 B aliveonly these',
    'table  t.c:302 rows64 B0 B aliveonly these',
    'line  l.c:204 rows24 B0 B aliveonly these',
    'big  b.c:991 row0 B0 B aliveonly these',
  ]);
  await page.click('.group-row:has-text("boot")');
  t.deepEqual(
    (await seqs(page)).filter((seq) => !Number.isNaN(seq)),
    [0, 4],
  );
  await viewer.until(`location.hash.includes('group=source')`);
  await page.click('button:text("Columns")');
  await page.click('.menu-check:has-text("life")');
  await page.keyboard.press('Escape');
  t.is(await page.$('[role=columnheader] button:text-is("life")'), null);
  await viewer.until(`location.hash.includes('hidden=life')`);
  t.deepEqual(viewer.complaints, []);
});

test('sorts every column as the values say, unknown ones last', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  await viewer.open(journalFromText(TRACE));
  await viewer.page.waitForSelector('[role=columnheader] button:text("drop")');
  const sorted = async (title: string) => {
    await viewer.page.click(`[role=columnheader] button:text-matches("^${title}")`);
    return seqs(viewer.page);
  };
  t.deepEqual((await sorted('drop')).slice(0, 4), [2, 4, 7, 1], 'they cut 64, 32, 24 and 16 bytes');
  t.deepEqual((await sorted('life')).slice(0, 3), [2, 1, 7]);
  t.deepEqual((await sorted('address'))[0], 6);
  t.deepEqual(await sorted('source'), [0, 4, 1, 7, 2, 6]);
});

test('marks rows that cut the largest block, copies addr2line commands, and exports what is filtered', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  await viewer.open(journalFromText(TRACE));
  const { page } = viewer;
  await page.waitForSelector('.row.cuts');
  t.deepEqual(
    await page.$$eval('.row.cuts', (rows) => rows.map((row) => Number((row as HTMLElement).dataset.seq))),
    [2, 4, 1, 7],
  );
  await page.click('.row[data-seq="2"] [data-column=address] button');
  await page.waitForSelector('.toast.on');
  const toast = await page.textContent('.toast');
  t.regex(toast ?? '', /arm-none-eabi-addr2line -e firmware\.elf -afipC 0x803c 0x8005/);
  await page.fill('#query', 'boot');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('.tools button:text-is("CSV")')]);
  const csv = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\r\n');
  t.is(csv.length, 3);
  t.true(csv[1]?.startsWith('0,,alloc,0x00001000,32,"boot  b.c:10"'), csv[1]);
  t.is(await page.locator('.list .row').count(), 2);
  t.deepEqual(viewer.complaints, []);
});

test('scrolls through all rows of a long trace and drags the edge of the table', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { hash: '#sort=seq&filter=events' });
  await viewer.open(fixture('micropython-microbit/mylog.txt.gz'), 'mylog.txt');
  const { page } = viewer;
  // The worker finds the rows.
  await page.waitForSelector('.tools [role=status]:text-is("486 rows")');
  // On its number: where its middle is changes when the curve, and with it three columns, comes.
  await page.click('.row', { position: { x: 20, y: 10 } });
  await viewer.until('state().picked === 0');
  await page.keyboard.press('End');
  await page.waitForSelector('.row[data-seq="485"].selected');
  t.true((await page.locator('.list .row').count()) < 60, 'only rows in sight exist');
  const before = await page.locator('.panels').boundingBox();
  const edge = await page.locator('.splitter').boundingBox();
  const [x, y] = [(edge?.x ?? 0) + 200, (edge?.y ?? 0) + 3];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x, y - 150, { steps: 3 });
  await page.mouse.up();
  const after = await page.locator('.panels').boundingBox();
  t.true((after?.height ?? 0) - (before?.height ?? 0) > 120);
  t.is(microbitTrace().eventCount, 486);
  await keepScreenshot(page, 'table');
  t.deepEqual(viewer.complaints, []);
});
