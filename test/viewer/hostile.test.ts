import { gzipSync } from 'node:zlib';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { testWithChromium } from '../support/chromium-test.js';
import { journalFromText, openViewer, VECTOR, type ViewerPage, withoutChromium } from '../support/viewer-page.js';

const test = testWithChromium();

const BASE = [
  '<script>window.pwned=1</script>',
  '<img src=x onerror="window.pwned=1">',
  '"><svg onload=window.pwned=1>',
  "'-window.pwned=1-'",
  'javascript:window.pwned=1',
  '</script><script>window.pwned=1</script>',
  '</style><style>@import "http://127.0.0.1:9/x"</style>',
  '<iframe srcdoc="<script>parent.pwned=1</script>">',
  '{{constructor.constructor("window.pwned=1")()}}',
  '\u202egnp.exe\u0000\u001b[31m',
  `${'x'.repeat(5000)}<b>`,
];
/** Ways out of what a text may stand in, and what would run or load something there. */
const ESCAPES = ['', '">', "'>", '-->', ']]>', '</title>', '</textarea>', '`${'];
const ACTS = [
  '<img src=x onerror=window.pwned=1>',
  '<svg><animate onbegin=window.pwned=1 attributeName=x dur=1s>',
  '<details open ontoggle=window.pwned=1>',
  '<input autofocus onfocus=window.pwned=1>',
  '<video src=//127.0.0.1:9/x onerror=window.pwned=1>',
  '<object data=//127.0.0.1:9/x>',
  '<embed src=//127.0.0.1:9/x>',
  '<link rel=stylesheet href=//127.0.0.1:9/x>',
  '<meta http-equiv=refresh content="0;url=//127.0.0.1:9/x">',
  '<base href=//127.0.0.1:9/>',
  '<form action=//127.0.0.1:9/x><button autofocus>',
  '<a href="javascript:window.pwned=1" autofocus onfocus=window.pwned=1>',
];
const PAYLOADS = [...BASE, ...ESCAPES.flatMap((out) => ACTS.map((act) => out + act))];

/** A trace with markup in every text that a trace can hold. */
function hostileNames(): Uint8Array {
  const builder = new TraceBuilder({
    ...{ source: PAYLOADS[0] ?? '', board: PAYLOADS[1] ?? '', allocator: PAYLOADS[2] ?? '', engine: PAYLOADS[3] ?? '' },
    ...{ endReason: PAYLOADS[4] ?? '', elf: { path: PAYLOADS[5] ?? '' }, complete: false },
    oracle: { outcome: 'differs', detail: PAYLOADS[1] ?? '', differences: [...PAYLOADS] },
  });
  builder.add({
    kind: 'region',
    region: { name: PAYLOADS[1] ?? '', baseAddress: 0x1000, sizeBytes: 8192, unitBytes: 8 },
  });
  PAYLOADS.forEach((text, i) => {
    const backtrace = [
      { address: 0x8000 + i, functionName: text, file: text, line: 1 },
      { address: 0x9000 + i, functionName: text, file: text, line: 2 },
    ];
    builder.add({ kind: 'mark', name: text });
    builder.add({ kind: 'alloc', address: 0x1000 + i * 64, sizeBytes: 32, backtrace });
    builder.add({ kind: 'gap', reason: text });
    builder.add({ kind: 'note', code: text, text });
    builder.add({ kind: 'epoch', reason: text });
    builder.add({ kind: 'failed', sizeBytes: 8, backtrace });
  });
  return Buffer.concat(journalBytes(builder.build()));
}

const TABS = ['table', 'fragmentation', 'leaks', 'statistics', 'tree', 'flame', 'diff'];

async function visitEverything({ page }: ViewerPage): Promise<void> {
  for (const tab of TABS) await page.click(`#tab-${tab}`);
  await page.keyboard.press('t');
  await page.waitForSelector('.time');
  await page.keyboard.press('m');
  for (const button of await page.locator('.bar button:text-is("Details")').all()) await button.click();
}

/** The page still opens a good trace and draws it. */
async function lives(viewer: ViewerPage): Promise<boolean> {
  await viewer.open(journalFromText(VECTOR), 'good.harvest');
  return viewer.ask(`state().loaded.trace.eventCount === 6 && state().error === undefined`);
}

test('shows markup and scripts in every text as text', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  t.true(PAYLOADS.length > 100);
  await using viewer = await openViewer(browser);
  const bytes = hostileNames();
  await viewer.open(bytes, '<img src=x onerror=window.pwned=1>.harvest');
  t.is(await viewer.ask('state().error'), undefined);
  await viewer.page.setInputFiles('#compare-file', { name: '<b>.harvest', mimeType: '', buffer: Buffer.from(bytes) });
  await viewer.until('state().other !== undefined');
  await visitEverything(viewer);
  t.is(await viewer.page.evaluate('window.pwned'), undefined);
  t.is(
    await viewer.page
      .locator(
        '#app :is(img, iframe, script, video, object, embed, link, meta, base, style, form[action], animate, [onerror], [onload], [onfocus], [ontoggle])',
      )
      .count(),
    0,
  );
  t.true(await lives(viewer));
  t.deepEqual(viewer.complaints, []);
  t.deepEqual(viewer.requests, []);
});

const WILD: readonly (readonly [string, string])[] = [
  [
    'a block of 1 GB in a region of 256 bytes',
    'region heap 0x1000 256 16\nalloc 0x1000 1073741824\nalloc 0x1040 1073741824',
  ],
  ['a region of a petabyte', 'region heap 0 1125899906842624 1\nalloc 0x1001 1073741823\nfree 0x1001'],
  ['a region of 128 MiB in single bytes', 'region heap 0x1 134217727 1\nalloc 0x3 5\nalloc 0x9 7'],
  ['overlapping blocks', 'alloc 0x1000 64\nalloc 0x1010 64\nalloc 0x1000 8\nfree 0x1010\nfree 0x1010\nfree 0x7000'],
  ['blocks of no bytes', 'alloc 0x1000 0\nalloc 0x1000 0\nrealloc 0x1000 -> 0x1000 0'],
  ['a region of no bytes', 'region heap 0x1000 0 1\nfailed 8'],
  ['no event at all', 'region heap 0x1000 256 16'],
  ['a block at the top of memory', 'region heap 0xfffff000 4096 8\nalloc 0xfffffff8 4096'],
];
for (const [what, text] of WILD) {
  test(`lives through ${what}`, async (t) => {
    const { browser } = t.context;
    if (!browser) return withoutChromium(t);
    await using viewer = await openViewer(browser);
    await viewer.open(journalFromText(text));
    t.true(await viewer.ask('state().loaded !== undefined || state().error.text.length > 0'));
    if (await viewer.ask('state().loaded.trace.eventCount > 0')) await visitEverything(viewer);
    t.true(await lives(viewer));
    t.deepEqual(viewer.complaints, []);
  });
}

test('times that are negative or run backwards neither stop the table nor the time view', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const builder = new TraceBuilder();
  for (const [i, atUs] of [-5e9, 100, -1, 1e18, 50].entries()) {
    builder.add({ kind: 'alloc', address: 0x1000 + i * 64, sizeBytes: 32, atUs });
  }
  await using viewer = await openViewer(browser, { hash: '#view=time&axis=clock' });
  await viewer.open(Buffer.concat(journalBytes(builder.build())));
  await visitEverything(viewer);
  t.is(await viewer.ask('state().loaded.trace.eventCount'), 5);
  t.true(await lives(viewer));
  t.deepEqual(viewer.complaints, []);
});

const record = { start_block: 1, size: 2, start_time: 0, end_time: 4, start_trace: [], end_trace: '' };
const BROKEN: readonly (readonly [string, Uint8Array | string, RegExp])[] = [
  ['an empty file', '', /HH1402/],
  ['noise', Buffer.from(Array.from({ length: 999 }, (_, i) => (i * 7919) % 251)), /^HH\d{4}/],
  ['a history whose size is text', JSON.stringify([{ ...record, size: '<b>2</b>' }]), /HH1926.*record 0: size/],
  ['a history whose time is negative', JSON.stringify([{ ...record, start_time: -3 }]), /HH1926.*start_time/],
  ['a history whose trace is a number', JSON.stringify([{ ...record, start_trace: 7 }]), /HH1926.*start_trace/],
  ['a cut history', JSON.stringify([record, record]).slice(0, 150), /HH1925/],
  ['a cut gzip file', gzipSync(Buffer.alloc(5000, 'alloc')).subarray(0, 12), /^HH\d{4}/],
  ['a journal of another version', Buffer.from('HHJRNL\r\n\x09\x00\x00\x00'), /HH1404.*version 9/],
];
test('says what is wrong with a file that is none, and keeps what was open', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  t.true(await lives(viewer));
  for (const [what, content, message] of BROKEN) {
    await viewer.open(Buffer.from(content), 'broken');
    const { code, text } = await viewer.ask<{ code: string; text: string }>('state().error');
    t.regex(`${code} ${text}`, message, what);
    t.true((await viewer.page.textContent('.bar.error'))?.includes(code), what);
    t.is(await viewer.ask('state().loaded.name'), 'good.harvest', what);
  }
  t.deepEqual(viewer.complaints, []);
});

test('opens what is left of a cut journal and warns', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  await using viewer = await openViewer(browser);
  const whole = journalFromText(VECTOR);
  await viewer.open(whole.subarray(0, whole.length - 30));
  t.is(await viewer.ask('state().loaded.trace.eventCount'), 6);
  t.regex((await viewer.page.textContent('.bar.warn')) ?? '', /not complete, 1 gap/);
  t.true(await lives(viewer));
  await viewer.until(`document.querySelector('.bar.warn') === null`);
});
