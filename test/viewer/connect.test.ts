import { readFileSync } from 'node:fs';
import { LiveServedRing } from '../../lib/alloctrace/served-rings.js';
import { serveAlloctrace } from '../../lib/alloctrace/server.js';
import { HeapRing } from '../../lib/ring/heap-ring.js';
import { testWithChromium } from '../support/chromium-test.js';
import { keepScreenshot, openViewer, settled, started, viewerPath, withoutChromium } from '../support/viewer-page.js';

const test = testWithChromium();

const backtrace = [{ address: 0x8124, functionName: 'net_init', file: 'net.c', line: 88 }];

test('a page from a file connects, shows the status, changes the settings and loads the ring', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const ring = new HeapRing(64, {}, 1000);
  for (let i = 0; i < 10; i++)
    ring.add({ kind: 'alloc', address: 0x20000000 + i * 64, sizeBytes: 48, atUs: i * 100, backtrace });
  ring.add({ kind: 'free', address: 0x20000040, atUs: 2000 });
  // Pages from files may read; to let them change something is the user's decision.
  await using server = await serveAlloctrace(new LiveServedRing(ring, { name: 'microbit' }), { cors: ['null'] });
  await using viewer = await openViewer(browser);
  const { page } = viewer;
  await page.keyboard.press('c');
  await page.fill('#host', `127.0.0.1:${server.port}`);
  await page.click('#do-connect');
  await page.waitForSelector('#link-state.connected');
  const field = (name: string) => page.textContent(`[data-status="${name}"]`);
  t.is(await field('state'), 'recording');
  t.is(await field('captured'), '11');
  t.is(await field('target'), 'microbit');
  await page.click('button:text-is("Freeze")');
  await page.waitForSelector('[data-status=state]:text-is("frozen")');
  await page.click('button:text-is("Resume")');
  await page.waitForSelector('[data-status=state]:text-is("recording")');
  for (const [label, status] of [
    ['stop on full', 'off'],
    ['capture largest', 'on'],
    ['collapse pairs', 'on'],
  ] as const) {
    await page.click(`.ring-controls label:text("${label}") input`);
    await page.waitForSelector(`[data-status="${label}"]:text-is("${status}")`);
  }
  await page.selectOption('.ring-controls select', '3');
  await page.waitForSelector('[data-status=backtrace]:text("depth 3")');
  await keepScreenshot(page, 'connect');
  await page.fill('#limit', '5');
  await page.click('#load');
  await settled(page);
  t.is(await viewer.ask('state().loaded.trace.eventCount'), 5, 'the newest five');
  t.is(await viewer.ask('state().dialog'), 'none');
  t.true((await page.textContent('.row [data-column=source]'))?.includes('net.c:88'));
  t.deepEqual(viewer.complaints, []);
});

test('says when nobody answers, and keeps the address', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const ring = new HeapRing(4, {}, 1000);
  const server = await serveAlloctrace(new LiveServedRing(ring));
  await server.close();
  await using viewer = await openViewer(browser);
  const { page } = viewer;
  await page.click('button:text-is("Connect")');
  await page.fill('#host', `127.0.0.1:${server.port}`);
  await page.click('#do-connect');
  await page.waitForSelector('#link-state.no-answer');
  t.regex((await page.textContent('dialog .bar.error')) ?? '', /expected an answer/);
  await page.fill('#host', 'http://user:pass@board/');
  await page.click('#do-connect');
  t.regex((await page.textContent('dialog .bar.error')) ?? '', /expected HOST/);
  await page.reload();
  await started(page);
  await page.click('button:text-is("Connect")');
  t.is(await page.inputValue('#host'), `127.0.0.1:${server.port}`);
});

test('a page that may not change anything says so and goes on reading', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using server = await serveAlloctrace(new LiveServedRing(new HeapRing(4, {}, 1000)));
  await using viewer = await openViewer(browser);
  const { page } = viewer;
  await page.click('button:text-is("Connect")');
  await page.fill('#host', `127.0.0.1:${server.port}`);
  await page.click('#do-connect');
  await page.waitForSelector('#link-state.connected');
  await page.click('button:text-is("Freeze")');
  await page.waitForSelector('dialog .bar.error');
  t.regex((await page.textContent('dialog .bar.error')) ?? '', /open the page that the server itself serves/);
  await page.waitForSelector('#link-state.connected');
});

test('the page that a server serves connects to it and changes it', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const ring = new HeapRing(4, {}, 1000);
  await using server = await serveAlloctrace(new LiveServedRing(ring), { page: readFileSync(viewerPath) });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.port}/`);
  await started(page);
  await page.click('#do-connect');
  await page.waitForSelector('#link-state.connected');
  await page.click('button:text-is("Freeze")');
  await page.waitForSelector('[data-status=state]:text-is("frozen")');
  t.is(ring.state, 'frozen');
  await page.close();
});
