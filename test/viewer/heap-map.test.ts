import { heapMap } from '../../lib/analysis/heap-map.js';
import { testWithChromium } from '../support/chromium-test.js';
import { fixture } from '../support/fixture.js';
import { microbitTrace } from '../support/microbit-trace.js';
import {
  journalFromText,
  keepScreenshot,
  openViewer,
  VECTOR,
  type ViewerPage,
  withoutChromium,
} from '../support/viewer-page.js';

const test = testWithChromium();

const FREE = '#141b24';
const colorAt = async (viewer: ViewerPage, address: number) =>
  (await viewer.ask<{ color: string } | undefined>(`probeMap('heap', ${address})`))?.color;
const figures = (viewer: ViewerPage) =>
  viewer.page.$eval('.region .figures', (element) => {
    const { free, largest } = (element as HTMLElement).dataset;
    return [Number(free), Number(largest)];
  });
const goTo = async (viewer: ViewerPage, seq: number) => {
  await viewer.ask(`goTo(${seq})`);
  await viewer.until(`document.querySelector('#slider').value === '${seq}'`);
};

test('paints the blocks of the vector at their addresses and finds free and largest after every event', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  await viewer.open(journalFromText(VECTOR));
  const expected = [
    [224, 224],
    [208, 208],
    [144, 144],
    [160, 144],
    [128, 112],
    [192, 112],
  ];
  const painted: boolean[][] = [];
  for (const [seq, pair] of expected.entries()) {
    await goTo(viewer, seq);
    t.deepEqual(await figures(viewer), pair, `event ${seq + 1}`);
    const used = await Promise.all(
      [0x1010, 0x1028, 0x1050, 0x1080, 0x10c0].map(async (it) => (await colorAt(viewer, it)) !== FREE),
    );
    painted.push(used);
  }
  t.deepEqual(painted, [
    [true, false, false, false, false],
    [true, true, false, false, false],
    [true, true, true, false, false],
    [true, false, true, false, false],
    [true, false, true, true, false],
    [true, false, false, true, false],
  ]);
  // Blocks of one source have one colour, those of another a different one.
  await goTo(viewer, 4);
  t.is(await colorAt(viewer, 0x1010), await colorAt(viewer, 0x1080));
  t.not(await colorAt(viewer, 0x1010), await colorAt(viewer, 0x1050));
  await keepScreenshot(viewer.page, 'vector');
  t.deepEqual(viewer.complaints, []);
  t.deepEqual(viewer.requests, []);
});

test('moves by slider, keys and links; a click selects a block, a double click goes to its event', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { hash: '#at=2' });
  await viewer.open(journalFromText(VECTOR));
  const { page } = viewer;
  const at = () => viewer.ask<number>('state().atSeq');
  t.is(await at(), 2, 'the link says where to begin');
  await page.fill('#slider', '4');
  t.is(await at(), 4);
  await page.focus('canvas.map');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  t.is(await at(), 2);
  await page.keyboard.press('End');
  t.is(await at(), 5);
  await page.keyboard.press('Home');
  t.is(await at(), 0);
  await page.keyboard.press('p');
  t.is(await at(), 4, 'the peak');
  const block = await viewer.ask<{ x: number; y: number }>(`probeMap('heap', 0x1050)`);
  await page.mouse.click(block.x, block.y);
  t.is(await at(), 4);
  t.is(await viewer.ask<number>('state().span'), 2);
  await page.mouse.dblclick(block.x, block.y);
  t.is(await at(), 2);
  await viewer.until(`location.hash.includes('at=2')`);
  await page.evaluate(`location.hash = '#at=3&tab=leaks'`);
  await page.waitForSelector('#tab-leaks[aria-selected=true]');
  t.is(await at(), 3);
  t.deepEqual(viewer.complaints, []);
});

test('scrolling zooms to the whole region and back in, dragging pans, a double click resets', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  const text = VECTOR.replace('0x1000 256 16', '0x1000 65536 16');
  await viewer.open(journalFromText(text));
  const { page } = viewer;
  const whole = () => page.$eval('.region-head', (element) => !element.textContent?.includes('scroll out'));
  t.false(await whole(), 'a region that is hardly used opens at its used part');
  const box = await page.locator('canvas.map').boundingBox();
  const [x, y] = [(box?.x ?? 0) + 100, (box?.y ?? 0) + 40];
  await page.mouse.move(x, y);
  for (let i = 0; i < 30; i++) await page.mouse.wheel(0, 100);
  await viewer.until(`!document.querySelector('.region-head').textContent.includes('scroll out')`);
  t.deepEqual(
    await figures(viewer),
    [65536 - 64, 65536 - 144],
    'the figures are those of the whole region at any zoom',
  );
  for (let i = 0; i < 6; i++) await page.mouse.wheel(0, -100);
  await viewer.until(`document.querySelector('.region-head').textContent.includes('scroll out')`);
  const before = await viewer.ask<{ from: number }>(`state().windows.heap`);
  await page.mouse.move(x, y + 60);
  await page.mouse.down();
  await page.mouse.move(x, y, { steps: 4 });
  await page.mouse.up();
  const after = await viewer.ask<{ from: number }>(`state().windows.heap`);
  t.true(after.from > before.from, 'dragging up shows higher addresses');
  await page.mouse.dblclick(x, y);
  t.is(await viewer.ask('state().windows.heap'), undefined);
  t.deepEqual(viewer.complaints, []);
});

test('shows the MicroPython fixture as the library sees it, in both views and themes', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const trace = microbitTrace();
  for (const theme of ['dark', 'light'] as const) {
    await using viewer = await openViewer(browser, { theme });
    await viewer.open(fixtureBytes(), 'mylog.txt.gz');
    await viewer.until('state().loaded.gaps !== undefined');
    for (const seq of [0, 100, 300, trace.eventCount - 1]) {
      const map = heapMap(trace, seq);
      await goTo(viewer, seq);
      t.deepEqual(await figures(viewer), [map.freeBytes, map.largestFreeBytes], `event ${seq}`);
      const shown = await viewer.page.textContent('[data-figure=largest]');
      t.is(shown?.replace(/\D/g, ''), String(map.largestFreeBytes));
    }
    await keepScreenshot(viewer.page, `micropython-${theme}`);
    await viewer.page.keyboard.press('t');
    await viewer.page.waitForSelector('.time canvas.map');
    await keepScreenshot(viewer.page, `micropython-time-${theme}`);
    t.deepEqual(viewer.complaints, []);
  }
});

function fixtureBytes(): Uint8Array {
  return fixture('micropython-microbit/mylog.txt.gz');
}

test('brushing the time view zooms, a double click shows all again', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { hash: '#view=time' });
  await viewer.open(fixtureBytes(), 'mylog.txt');
  const { page } = viewer;
  const box = await page.locator('.time canvas.map').boundingBox();
  const [left, top, width] = [box?.x ?? 0, box?.y ?? 0, box?.width ?? 0];
  await page.mouse.move(left + width * 0.25, top + 20);
  await page.mouse.down();
  await page.mouse.move(left + width * 0.5, top + 24, { steps: 4 });
  await page.mouse.up();
  const time = await viewer.ask<{ from: number; to: number }>('state().time');
  t.true(Math.abs(time.from - 486 * 0.25) <= 2 && Math.abs(time.to - 486 * 0.5) <= 2, JSON.stringify(time));
  await page.mouse.dblclick(left + 20, top + 20);
  t.is(await viewer.ask('state().time'), undefined);
  t.deepEqual(viewer.complaints, []);
});
