import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { testWithChromium } from '../support/chromium-test.js';
import { journalFromText, openViewer, VECTOR, withoutChromium } from '../support/viewer-page.js';

const test = testWithChromium();

test('the edge of the panel moves by the arrow keys, which then move nothing else, and stays where it was left', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  await viewer.open(journalFromText(VECTOR));
  const { page } = viewer;
  const edge = page.locator('[role=separator]');
  t.is(await edge.getAttribute('aria-label'), 'Height of the panel');
  const share = async () => Number(await edge.getAttribute('aria-valuenow'));
  const height = async () => (await page.locator('.panel').boundingBox())?.height ?? 0;
  const [before, heightBefore, event] = [await share(), await height(), await viewer.ask('state().atSeq')];
  await edge.focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowUp');
  t.is(await share(), before + 9);
  t.true((await height()) > heightBefore + 20, `${heightBefore} -> ${await height()}`);
  await page.keyboard.press('ArrowDown');
  t.is(await share(), before + 6);
  await page.keyboard.press('End');
  t.is(await share(), 85, 'as large as it gets');
  await page.keyboard.press('ArrowUp');
  t.is(await share(), 85);
  await page.keyboard.press('Home');
  t.is(await share(), 10);
  t.is(await viewer.ask('state().atSeq'), event, 'the same event is selected');
  await page.evaluate('document.activeElement.blur()');
  await page.reload();
  await viewer.open(journalFromText(VECTOR));
  t.is(await share(), 10);
  t.deepEqual(viewer.complaints, []);
});

/** Five events, a millisecond apart, as the clock of whom tells them. */
function timed(kind: 'host' | 'target'): Uint8Array {
  const builder = new TraceBuilder({ clock: { kind, name: 'a clock' } });
  builder.add({ kind: 'region', region: { name: 'heap', baseAddress: 0x1000, sizeBytes: 4096, unitBytes: 16 } });
  for (let i = 0; i < 4; i++) builder.add({ kind: 'alloc', address: 0x1000 + i * 64, sizeBytes: 32, atUs: i * 1000 });
  builder.add({ kind: 'free', address: 0x1000, atUs: 4000 });
  return Buffer.concat(journalBytes(builder.build()));
}

test('microseconds of the host say so wherever they stand; those of the target do not', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  const { page } = viewer;
  const titles = () => page.$$eval('[role=columnheader] button', (all) => all.map((it) => it.textContent ?? ''));
  const texts = (selector: string) => page.$$eval(selector, (all) => all.map((it) => it.textContent ?? '').join(' | '));
  for (const kind of ['host', 'target'] as const) {
    await viewer.open(timed(kind));
    const isHost = kind === 'host';
    await page.click('#tab-table');
    const timedColumns = (await titles()).filter((title) => /^(time|freed|life)/.test(title));
    t.is(timedColumns.length, 3, timedColumns.join());
    t.is(timedColumns.filter((title) => /^\w+[^,]*, host/.test(title)).length, isHost ? 3 : 0, timedColumns.join());
    await page.evaluate(`location.hash += '&axis=clock'`);
    await viewer.until(`state().timeAxis === 'clock'`);
    t.is(await page.textContent('.axis-unit'), isHost ? 'host time' : 'time');
    await page.click('#tab-statistics');
    await page.waitForSelector('.panel table, .panel dl');
    const statistics = await texts('.panel');
    t.is(/host time/.test(statistics), isHost, statistics);
    t.is(/lifetime[^|]* µs/i.test(statistics) && isHost, false, statistics);
  }
  t.deepEqual(viewer.complaints, []);
});
