import { gzipSync } from 'node:zlib';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { testWithChromium } from '../support/chromium-test.js';
import { journalFromText, openViewer, VECTOR, withoutChromium } from '../support/viewer-page.js';
import { lives, visitEverything } from '../support/viewer-tour.js';

const test = testWithChromium();

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
  ['a table of unknown columns', 'ptr,owner,age\n0x1000,main,5\n', /HH1402.*ptr, owner, age/],
  ['JSON lines of unknown members', '{"where":"0x1000","much":64}\n', /HH1402.*where, much/],
  ['a table with a value that is none', 'op,address,size\nmalloc,0x1000,many\n', /HH1453.*many/],
  ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /HH1402.*89 50 4e 47/],
  ['a log of breakpoints without a heap', 'Breakpoint 1, main () at m.c:3\n#0  main () at m.c:3\n', /^HH14\d\d/],
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
    const bar = (await viewer.page.textContent('.bar.error')) ?? '';
    t.true(bar.includes(code), what);
    t.notRegex(bar, /harvest [a-z]|--[a-z]|options\./, what);
    t.true((await viewer.ask<string>('state().error.remedy')).length > 20, what);
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
