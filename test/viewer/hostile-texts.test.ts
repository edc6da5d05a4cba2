import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { htmlReport } from '../../lib/report/html-report.js';
import { sanitize } from '../../lib/report/sanitize.js';
import { testWithChromium } from '../support/chromium-test.js';
import { PAYLOADS } from '../support/hostile-texts.js';
import {
  ABOUT_FIELDS,
  hostileAbout,
  hostileElf,
  hostileNames,
  hostileSamples,
  inField,
  NAME_FIELDS,
  unnamedTrace,
} from '../support/hostile-traces.js';
import { tempFolder } from '../support/temp-folder.js';
import { openViewer, settled, type ViewerPage, withoutChromium } from '../support/viewer-page.js';
import { lives, savedFile, visitEverything } from '../support/viewer-tour.js';
import { harmIn, neverShown, watchPage } from '../support/watched-page.js';

const test = testWithChromium();

/** Tall enough that the rows of all lists are there. */
const TALL = { width: 1100, height: 2400 };
const SMALL = { width: 900, height: 500 };
/** So many payloads are in one trace: lists show 50 rows and more. */
const BATCH = 45;

/** What the page shows nowhere. */
const UNSHOWN = ['task', 'version', 'elf', 'build', 'difference', 'report-key', 'report-value', 'note-code', 'memory'];

/** What the viewer shows of a text: cut, with the characters that disguise something made visible. */
const asShown = (text: string) => sanitize(text.slice(0, 390));

async function shownAsText(t: ExecutionContext, { page }: ViewerPage, fields: readonly string[]): Promise<void> {
  for (const field of fields) {
    const texts = PAYLOADS.map((text) => asShown(inField(text, field)));
    if (!UNSHOWN.includes(field)) t.deepEqual(await neverShown(page, texts), [], field);
  }
}

/** No script ran, no element was made, nothing was asked for, and the page still works. */
async function unharmed(t: ExecutionContext, viewer: ViewerPage): Promise<void> {
  t.deepEqual(await harmIn(viewer.page), []);
  t.true(await lives(viewer));
  t.deepEqual(viewer.complaints, []);
  t.deepEqual(viewer.requests, []);
}

/** Values that the page's own script finds as `given`; bytes as base64. */
async function give({ page }: ViewerPage, given: unknown): Promise<void> {
  await page.evaluate((value) => Object.assign(window, { given: value }), given);
  await page.evaluate(`Object.assign(window, {
    drawn: () => new Promise((done) => setTimeout(done)),
    bytesOf: (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)),
    choose: (files) => {
      const all = new DataTransfer();
      for (const file of files) all.items.add(file);
      const input = document.getElementById('open-file');
      input.files = all.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    },
  })`);
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

test('every payload in every name of a trace is shown as text', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  t.true(PAYLOADS.length > 100);
  await using viewer = await openViewer(browser, { size: TALL });
  const { page } = viewer;
  await watchPage(page);
  for (let at = 0; at < PAYLOADS.length; at += BATCH) {
    const bytes = hostileNames(PAYLOADS.slice(at, at + BATCH));
    await viewer.open(bytes, 'a.harvest');
    t.is(await viewer.ask('state().error'), undefined);
    await page.setInputFiles('#compare-file', { name: 'b.harvest', mimeType: '', buffer: Buffer.from(bytes) });
    await viewer.until('state().other !== undefined');
    await visitEverything(viewer);
    // Of each payload the third block, and who holds it.
    await page.setViewportSize(SMALL);
    await page.evaluate(`(async () => {
      const { spans } = heapHarvest.state().loaded;
      for (let span = 2; span < spans.count; span += 3) {
        heapHarvest.goTo(spans.startSeq[span], span);
        await new Promise((done) => setTimeout(done));
      }
    })()`);
    await page.setViewportSize(TALL);
  }
  await shownAsText(t, viewer, NAME_FIELDS);
  await unharmed(t, viewer);
});

test('every payload in what a trace says of itself, and in the name of its file, is shown as text', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { size: SMALL });
  await watchPage(viewer.page);
  const about = (text: string, whole: boolean) => base64(hostileAbout(text, { whole }));
  await give(
    viewer,
    PAYLOADS.map((text) => [about(text, false), about(text, true), inField(text, 'name')]),
  );
  await viewer.page.evaluate(`(async () => {
    for (const [cut, whole, name] of given) {
      for (const bytes of [cut, whole]) {
        await heapHarvest.open(bytesOf(bytes), name);
        await drawn();
        for (const closed of document.querySelectorAll('.bar [aria-expanded=false]')) closed.click();
        document.getElementById('tab-why').click();
        await drawn();
      }
    }
  })()`);
  await shownAsText(t, viewer, [...ABOUT_FIELDS, 'name']);
  await unharmed(t, viewer);
});

test('payloads in the words of every text format, in values that are wrong and in the names of broken files stay text', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { size: SMALL });
  await watchPage(viewer.page);
  const samples = hostileSamples();
  t.true(samples.length > 25);
  const broken = PAYLOADS.flatMap((text) => [
    [`ptr,${text},age\n0x1000,main,5\n`, inField(text, 'broken')],
    [
      JSON.stringify([{ start_block: 1, size: text, start_time: 0, end_time: 4, start_trace: [], end_trace: '' }]),
      'h.json',
    ],
  ]);
  await give(viewer, [
    ...samples.map((bytes) => [base64(bytes), 'sample']),
    ...broken.map(([text = '', name]) => [base64(Buffer.from(text)), name]),
  ]);
  const opened = await viewer.page.evaluate<number>(`(async () => {
    let opened = 0;
    for (const [bytes, name] of given) {
      await heapHarvest.open(bytesOf(bytes), name);
      if (heapHarvest.state().error === undefined) opened++;
      await drawn();
    }
    return opened;
  })()`);
  t.true(opened >= 12, `${opened} of ${samples.length} samples were still read`);
  await shownAsText(t, viewer, ['broken']);
  await unharmed(t, viewer);
});

test('payloads in the names of files and in the symbols of an ELF file stay text', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { size: { width: 900, height: 8000 } });
  const { page } = viewer;
  await watchPage(page);
  await give(viewer, {
    names: PAYLOADS.map((text) => inField(text, 'file')),
    trace: base64(unnamedTrace()),
    elf: base64(hostileElf()),
  });
  await page.evaluate(`(async () => {
    choose(given.names.map((name) => new File([bytesOf(given.trace)], name)));
    while (heapHarvest.state().files.length === 0) await drawn();
    for (const name of given.names) {
      choose([new File([bytesOf(given.elf)], name)]);
      while (heapHarvest.state().offer?.name !== name) await drawn();
      await drawn();
    }
    document.querySelector('.bar.info button.primary').click();
    while (heapHarvest.state().elf === undefined || heapHarvest.state().busy !== '') await drawn();
    document.getElementById('tab-leaks').click();
    await drawn();
    document.getElementById('tab-table').click();
    await drawn();
  })()`);
  t.is(await viewer.ask('state().files.length'), PAYLOADS.length);
  await shownAsText(t, viewer, ['file']);
  const symbols = PAYLOADS.map((text) => asShown(text.replaceAll('\0', '')));
  t.deepEqual(await neverShown(page, symbols), []);
  await unharmed(t, viewer);
});

test('payloads in every field of an address stay text', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { size: SMALL });
  const { page } = viewer;
  await watchPage(page);
  await viewer.open(unnamedTrace());
  await give(
    viewer,
    PAYLOADS.map((text) => inField(text, 'link')),
  );
  await page.evaluate(`(async () => {
    const fields = 'at range span hide view tab filter q color sort time address area axis figure unit inverted row flame fn group hidden';
    for (const text of given) {
      const parts = new URLSearchParams(fields.split(' ').map((name) => [name, text]));
      parts.append('mark', '2:' + text);
      parts.append('map', '4096-8192:' + text);
      history.pushState(null, '', '#' + parts);
      dispatchEvent(new PopStateEvent('popstate'));
      await drawn();
      parts.set('tab', 'flame');
      parts.set('flame', 'sandwich');
      history.pushState(null, '', '#' + parts);
      dispatchEvent(new PopStateEvent('popstate'));
      await drawn();
    }
  })()`);
  // The query and the names of marks are shown; a mark has at most 200 characters.
  const texts = PAYLOADS.filter((text) => text.length < 190).map((text) => inField(text, 'link'));
  t.deepEqual(await neverShown(page, texts.map(asShown)), []);
  await unharmed(t, viewer);
});

test('payloads in what a board answers stay text', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  let asked = 0;
  const status = { state: 'recording', ring: { count: 1, capacity: 8 }, captured: 1, overwritten: 0, collapsed: 0 };
  const settings = { captureLargest: true, collapsePairs: false, stopOnFull: false };
  const backtrace = { depth: 4, minSizeBytes: 0, skipFrees: false };
  const server = createServer((_, answer) => {
    const text = PAYLOADS[asked++ % PAYLOADS.length] ?? '';
    // Every other answer is an error, with the text as its reason.
    answer.writeHead(asked % 2 ? 200 : 409, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'application/json' });
    const name = inField(text, 'board');
    const good = { ...status, ...settings, backtrace, target: { name, elfBuildId: name } };
    answer.end(JSON.stringify(asked % 2 ? good : { error: name.replaceAll('"', "'").replaceAll('\\', '') }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.teardown(() => server.close());
  await using viewer = await openViewer(browser, { size: SMALL });
  const { page } = viewer;
  await watchPage(page);
  await page.keyboard.press('c');
  await page.fill('#host', `127.0.0.1:${(server.address() as AddressInfo).port}`);
  while (asked < 2 * PAYLOADS.length) {
    const before = asked;
    await page.evaluate(`document.getElementById('do-connect').click()`);
    while (asked === before) await new Promise((resolve) => setTimeout(resolve, 2));
    await page.waitForSelector(asked % 2 ? '#link-state.connected' : '#link-state.no-answer');
  }
  t.deepEqual(await harmIn(page), []);
  t.deepEqual(
    viewer.requests.filter((url) => !/^http:\/\/127\.0\.0\.1:\d+\/alloctrace\/status$/.test(url)),
    [],
  );
});

/** The cells of a CSV table (RFC 4180). */
function cellsOf(csv: string): string[] {
  return [...csv.matchAll(/"((?:[^"]|"")*)"|[^",\r\n]+/g)].map(
    ([cell, quoted]) => quoted?.replaceAll('""', '"') ?? cell,
  );
}

test('what the page keeps of a hostile trace is harmless: tables, drawings, and the report, which shows payloads as text', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser, { size: SMALL });
  const { page } = viewer;
  await viewer.open(hostileNames(PAYLOADS), `${PAYLOADS[0]}`);
  for (const item of ['All events (CSV)', 'Marks (CSV)']) {
    const { bytes, name } = await savedFile(viewer, item);
    const cells = cellsOf(bytes.toString());
    t.true(cells.length > PAYLOADS.length, item);
    t.deepEqual(
      cells.filter((cell) => /^[=+\-@\t\r\n\uff1d]/.test(cell) && !/^-?\d+$/.test(cell)),
      [],
      item,
    );
    t.regex(name, /^\w[\w.-]*$/);
  }
  const svg = await savedFile(viewer, 'Heap map as SVG');
  t.deepEqual(
    await page.evaluate(
      (text) =>
        [
          ...new Set(
            [...new DOMParser().parseFromString(text, 'image/svg+xml').querySelectorAll('*')].map((it) => it.nodeName),
          ),
        ].sort(),
      svg.bytes.toString(),
    ),
    ['g', 'rect', 'svg', 'text', 'title'],
  );
  for (const item of ['speedscope', 'Perfetto']) {
    const { bytes } = await savedFile(viewer, item);
    t.true(bytes.length > 1000, item);
    t.notThrows(() => item === 'speedscope' && JSON.parse(bytes.toString()));
  }
  const path = join(tempFolder(t), 'report.html');
  writeFileSync(path, (await savedFile(viewer, 'Report')).bytes);
  await using report = await openViewer(browser, { path, size: SMALL });
  await settled(report.page);
  await watchPage(report.page);
  t.is(await report.ask('state().loaded.trace.marks.length'), PAYLOADS.length);
  await visitEverything(report);
  t.deepEqual(await harmIn(report.page), []);
  t.deepEqual([...viewer.complaints, ...viewer.requests, ...report.complaints, ...report.requests], []);
});

test('every payload as the title of a report stays in its attribute', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const page = await browser.newPage();
  const pages = PAYLOADS.map((title) =>
    htmlReport({ viewerHtml: '<body><!--embedded-trace--></body>', journalGzipBase64: 'QUJD', title }),
  );
  const found = await page.evaluate(
    (all) =>
      all.map((html) => {
        const made = [...new DOMParser().parseFromString(html, 'text/html').querySelectorAll('*')];
        const name = made.find((it) => it.hasAttribute('data-name'))?.getAttribute('data-name') ?? '';
        return { made: made.map((it) => it.localName).join(' '), name };
      }),
    pages,
  );
  t.deepEqual(
    found,
    PAYLOADS.map((title) => ({ made: 'html head body script', name: sanitize(title) })),
  );
  await page.close();
});
