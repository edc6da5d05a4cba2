import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { traceOf } from '../../lib/trace/collect-trace.js';
import type { TraceRecord } from '../../lib/trace/heap-event.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { readJournal } from '../../lib/trace/journal-reader.js';
import { testWithChromium } from '../support/chromium-test.js';
import { graphOf } from '../support/object-graphs.js';
import { tempFolder } from '../support/temp-folder.js';
import {
  journalFromText,
  openViewer,
  settled,
  VECTOR,
  type ViewerPage,
  withoutChromium,
} from '../support/viewer-page.js';

const test = testWithChromium();

const file = (name: string, bytes: Uint8Array) => ({ name, mimeType: '', buffer: Buffer.from(bytes) });
const save = async ({ page }: ViewerPage, item: string) => {
  await page.click('header button:text("Save")');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.click(`.menu-items button:text("${item}")`),
  ]);
  return readFileSync(await download.path());
};

test('takes pasted text, several files and ELF files, and says in the page’s words what is no trace', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  const { page } = viewer;
  await page.evaluate(`(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'op,address,size\\nmalloc,0x1000,16\\nmalloc,0x1020,32\\n');
    window.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
  })()`);
  await settled(page);
  t.deepEqual(await viewer.ask('[state().loaded.name, state().loaded.trace.eventCount]'), ['pasted text', 2]);
  const elf = file('firmware.elf', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0]));
  await page.setInputFiles('#open-file', [elf]);
  await page.waitForSelector('.bar:has-text("firmware.elf is an ELF file"):has-text("use it for names?")');
  await page.click('.bar button:text-is("Dismiss")');
  const [one, two] = [
    file('one.harvest', journalFromText(VECTOR)),
    file('two.harvest', journalFromText('alloc 0x1 8')),
  ];
  await page.setInputFiles('#open-file', [one, two]);
  await viewer.until('state().other !== undefined');
  t.deepEqual(await viewer.ask('[state().loaded.name, state().other.name]'), ['one.harvest', 'two.harvest']);
  t.deepEqual(await page.$$eval('.verdict-line', (lines) => lines.map((line) => line.textContent?.slice(0, 30))), [
    'one.harvest: ≈ 42 % fragmented',
    'two.harvest, at its end: Full:',
  ]);
  // Files of the same name are told apart.
  await page.setInputFiles('#open-file', [one, file('one.harvest', journalFromText('alloc 0x1 8'))]);
  await viewer.until('state().other !== undefined');
  const chosen = () => page.$eval('header select', (it) => (it as HTMLSelectElement).selectedOptions[0]?.textContent);
  t.is(await chosen(), '1 of 2: one.harvest');
  await page.selectOption('header select', '1');
  await viewer.until(`state().loaded.trace.eventCount === 1 && state().busy === ''`);
  t.is(await chosen(), '2 of 2: one.harvest');
  await page.setInputFiles('#open-file', [one, two, file('three.harvest', journalFromText(VECTOR))]);
  await page.waitForSelector('select[aria-label="Which of the opened traces"]');
  await page.selectOption('select[aria-label="Which of the opened traces"]', '1');
  await viewer.until(`state().loaded.name === 'two.harvest' && state().busy === ''`);
  t.deepEqual(viewer.complaints, []);
});

test('keeps the trace with marks of one’s own as a report that opens at what was shown, and in the forms of other tools', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  const { page } = viewer;
  await viewer.open(journalFromText(VECTOR), 'vector.harvest');
  await viewer.ask('goTo(2)');
  // What is done within a moment is one step of the history.
  await viewer.until(`location.hash.includes('at=2')`);
  await page.keyboard.press('k');
  await page.fill('.mark-form input', 'table is there');
  await page.keyboard.press('Enter');
  await viewer.until(`location.hash.includes('mark=3%3Atable+is+there')`);
  t.deepEqual(await viewer.ask('state().loaded.trace.marks'), [{ beforeSeq: 3, name: 'table is there' }]);
  t.is((await save(viewer, 'Marks (CSV)')).toString(), 'before_event,name\r\n3,"table is there"\r\n');
  const kept = readJournal(await save(viewer, 'Trace with'), 'kept').build();
  t.deepEqual(kept.marks, [{ beforeSeq: 3, name: 'table is there' }]);
  t.is(JSON.parse((await save(viewer, 'speedscope')).toString()).shared.frames.length > 3, true);
  t.true((await save(viewer, 'Perfetto')).length > 100);
  t.is((await save(viewer, 'All events')).toString().trim().split('\r\n').length, 7);
  // A picture with the legend is wider than the stage.
  const png = await save(viewer, 'PNG');
  const stage = await page.locator('.stage').boundingBox();
  t.true(png.readUInt32BE(16) > (stage?.width ?? 0) + 250);
  const report = join(tempFolder(t), 'report.html');
  writeFileSync(report, await save(viewer, 'Report'));
  await using opened = await openViewer(browser, { path: report });
  await settled(opened.page);
  t.deepEqual(await opened.ask('[state().error, state().loaded.name, state().atSeq]'), [
    undefined,
    'vector.harvest',
    2,
  ]);
  t.is(await opened.ask('state().loaded.trace.marks[0].name'), 'table is there');
  // Back takes the mark away again.
  await page.evaluate('history.back()');
  await viewer.until('state().loaded.trace.marks.length === 0');
  t.deepEqual([...viewer.complaints, ...opened.complaints, ...opened.requests], []);
});

test('says why a block is alive where the capture read who holds which', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const graph = graphOf(
    ['names:dict', 'rex:Dog', 'lost:Dog'],
    ['named __main__.__dict__ -> names', "names ['rex'] -> rex"],
  );
  const allocations = [...graph.address].map((address): TraceRecord => ({ kind: 'alloc', address, sizeBytes: 16 }));
  await using viewer = await openViewer(browser, { hash: '#tab=why' });
  await viewer.open(Buffer.concat(journalBytes(traceOf([...allocations, { kind: 'graph', graph }]))));
  const { page } = viewer;
  await page.click('tr.act:has-text("dict")');
  t.is(await viewer.ask('state().span'), 0);
  t.regex(
    (await page.textContent('[data-why=held]')) ?? '',
    /dict at .*is held by:__main__\.__dict__It keeps 32 B in 2 blocks alive/,
  );
  await viewer.ask('goTo(2)');
  await page.click('h2:text-is("Types") + table tr:has-text("Dog")');
  await viewer.until(`state().query === 'type:"Dog"'`);
  await page.click('#tab-table');
  t.deepEqual(await page.$$eval('.row[data-seq]', (rows) => rows.map((row) => (row as HTMLElement).dataset.seq)), [
    '1',
    '2',
  ]);
  t.false(await page.locator('.legend option:text-is("type")').isDisabled());
  t.deepEqual(viewer.complaints, []);
});
