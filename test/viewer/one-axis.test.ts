import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import anyTest, { type SerialFn, type TestFn } from 'ava';
import type { Browser } from 'playwright-core';
import { fixture, projectRoot } from '../support/fixture.js';
import {
  journalFromText,
  openViewer,
  startChromium,
  type ViewerPage,
  withoutChromium,
} from '../support/viewer-page.js';

/** One page for all tests of this file: to start one takes longer than what they do in it. */
const test = (anyTest as TestFn<{ browser: Browser | undefined; viewer: ViewerPage | undefined }>).serial as SerialFn<{
  browser: Browser | undefined;
  viewer: ViewerPage | undefined;
}>;

test.before(async (t) => {
  t.context.browser = await startChromium();
  t.context.viewer = t.context.browser && (await openViewer(t.context.browser));
});
test.after.always(async (t) => {
  await t.context.browser?.close();
});

/** Before the range: old, alive throughout, and gone, freed in it. In it: kept, short. After it: late. */
const TRACE = `
  region heap 0x1000 4096 16
  alloc 0x1000 16 boot@b.c:1 > old@a.c:1
  alloc 0x1010 32 boot@b.c:1 > gone@a.c:2
  alloc 0x1030 64 boot@b.c:1 > kept@a.c:3
  alloc 0x1070 128 boot@b.c:1 > short@a.c:4
  free 0x1070
  free 0x1010
  alloc 0x1100 256 boot@b.c:1 > late@a.c:5
  free 0x1030`;

const tab = async (viewer: ViewerPage, name: string) => {
  await viewer.page.evaluate(`document.getElementById('tab-${name}').click()`);
  await viewer.page.waitForSelector(`#tab-${name}[aria-selected=true]`);
};
/** All of them: before it is measured a list draws its first row only. */
const rowsOf = async ({ page, until }: ViewerPage) => {
  const drawn = `document.querySelectorAll('.row[data-seq]').length`;
  await until(`document.querySelector('.panel .tools [role=status]').textContent.startsWith(${drawn} + ' row')`);
  return page.$$eval('.row[data-seq]', (rows) => rows.map((row) => Number((row as HTMLElement).dataset.seq)).sort());
};
const choose = async (viewer: ViewerPage, text: string) => {
  await viewer.page.click(`.segments button:text-is("${text}")`);
};

test('a range that is dragged on the axis is obeyed by every panel', async (t) => {
  const { viewer } = t.context;
  if (!viewer) return withoutChromium(t);
  await viewer.open(journalFromText(TRACE));
  const { page } = viewer;
  // Eight events across: from within the second to within the sixth.
  const box = await page.locator('.curve canvas').boundingBox();
  const x = (event: number) => (box?.x ?? 0) + ((event + 0.5) / 8) * (box?.width ?? 0);
  const y = (box?.y ?? 0) + 20;
  await page.mouse.move(x(1), y);
  await page.mouse.down();
  await page.mouse.move(x(5), y, { steps: 4 });
  await page.mouse.up();
  t.deepEqual(await viewer.ask('state().range'), { afterSeq: 1, throughSeq: 5 });
  t.is(await viewer.ask('state().atSeq'), 5, 'the views show B');
  await tab(viewer, 'table');
  t.deepEqual(await rowsOf(viewer), [2, 3], 'born from A to B');
  await choose(viewer, 'of these alive at B');
  t.deepEqual(await rowsOf(viewer), [2]);
  await choose(viewer, 'Freed from A to B');
  t.deepEqual(await rowsOf(viewer), [1, 3], 'freed in it, whenever born');
  await choose(viewer, 'Born from A to B');
  await tab(viewer, 'flame');
  await choose(viewer, 'alive at B');
  t.regex((await page.textContent('.panel .tools')) ?? '', /total 64 B/);
  await choose(viewer, 'all alive at the event');
  t.regex((await page.textContent('.panel .tools')) ?? '', /total 80 B/);
  await tab(viewer, 'tree');
  await choose(viewer, 'born from A to B');
  t.regex((await page.textContent('.panel .tools')) ?? '', /total 192 B/);
  await tab(viewer, 'leaks');
  t.regex((await page.textContent('.panel .tools')) ?? '', /From A to B: 48 B → 80 B/);
  await tab(viewer, 'statistics');
  t.regex((await page.textContent('.panel table')) ?? '', /alive at B64 B in 1/);
  await tab(viewer, 'diff');
  const rows = await page.$$eval('.tree-row', (list) => list.map((row) => row.textContent));
  t.is(rows[0], 'new+64+1+64+64boot > kept');
  t.true(rows.some((row) => row?.includes('boot > gone') && row.includes('−32')));
  t.false(
    rows.some((row) => row?.includes('late')),
    'nothing of what came after B',
  );
});

test('Back returns to what was shown before, and the address holds range and selection', async (t) => {
  const { viewer } = t.context;
  if (!viewer) return withoutChromium(t);
  const { page } = viewer;
  await viewer.until(`location.hash.includes('tab=diff')`);
  t.regex(await page.evaluate<string>('location.hash'), /range=2-5/);
  await tab(viewer, 'leaks');
  await viewer.until(`location.hash.includes('tab=leaks')`);
  await page.evaluate('history.back()');
  await page.waitForSelector('#tab-diff[aria-selected=true]');
  t.deepEqual(await viewer.ask('state().range'), { afterSeq: 1, throughSeq: 5 });
  await page.evaluate('history.forward()');
  await page.waitForSelector('#tab-leaks[aria-selected=true]');
  await page.keyboard.press('x');
  t.is(await viewer.ask('state().range'), undefined);
  await viewer.until(`!location.hash.includes('range')`);
  await page.keyboard.press('Control+z');
  await viewer.until(`state().range !== undefined`);
  // The keys that need no mouse.
  await page.keyboard.press('x');
  await viewer.ask('goTo(2)');
  await page.keyboard.press('a');
  await viewer.ask('goTo(6)');
  await page.keyboard.press('b');
  t.deepEqual(await viewer.ask('state().range'), { afterSeq: 2, throughSeq: 6 });
  await page.keyboard.press('x');
});

test('Back shows the frames again that were hidden; what a link asks for and the trace has not is left out', async (t) => {
  const { viewer } = t.context;
  if (!viewer) return withoutChromium(t);
  const { page } = viewer;
  const hide = await viewer.ask('state().hide');
  const sources = await viewer.ask('state().loaded.sources.list.length');
  await viewer.until(`location.hash.includes('at=6') && !location.hash.includes('range')`);
  await page.evaluate(`location.hash += '&hide=old%0Agone%0Akept%0Ashort%0Alate&span=99&range=3-99'`);
  await viewer.until('state().hide.length === 5');
  t.is(await viewer.ask('state().loaded.sources.list.length'), 1, 'all are of boot');
  t.is(await viewer.ask('state().span'), -1);
  t.is(await viewer.ask('state().range'), undefined);
  await viewer.until(`!location.hash.includes('range')`);
  await page.evaluate('history.go(-2)');
  await viewer.until(`!location.hash.includes('hide')`);
  t.deepEqual(await viewer.ask('state().hide'), hide);
  t.is(await viewer.ask('state().loaded.sources.list.length'), sources);
});

test('a zoomed flame graph keeps its ancestors, and works by keyboard', async (t) => {
  const { viewer } = t.context;
  if (!viewer) return withoutChromium(t);
  const { page } = viewer;
  await tab(viewer, 'flame');
  await choose(viewer, 'in total');
  await page.focus('.flame-box canvas');
  const tip = () => page.textContent('.flame-box .tip b');
  await page.keyboard.press('ArrowDown');
  t.is(await tip(), 'boot');
  await page.keyboard.press('ArrowDown');
  t.is(await tip(), 'late', 'the largest first');
  await page.keyboard.press('ArrowRight');
  t.is(await tip(), 'short');
  const at = await viewer.ask('state().atSeq');
  await page.keyboard.press('Enter');
  await page.waitForSelector('button:text-is("Zoom out")');
  await page.keyboard.press('ArrowUp');
  t.is(await tip(), 'boot', 'the caller is still there');
  await page.keyboard.press('ArrowUp');
  t.is(await tip(), 'everything');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
  t.is(await page.$('button:text-is("Zoom out")'), null);
  t.is(await viewer.ask('state().atSeq'), at, 'arrows stay with what has the focus');
});

test('a click on any row shows what is behind it in the table and lights it in the map, a second one all again', async (t) => {
  const { viewer } = t.context;
  if (!viewer) return withoutChromium(t);
  const { page } = viewer;
  await viewer.ask('goTo(6)');
  const color = async () => (await viewer.ask<{ color: string }>(`probeMap('heap', 0x1004)`)).color;
  const bright = await color();
  const behind = async (panel: string, row: string) => {
    await tab(viewer, panel);
    await page.click(row);
    await viewer.until('state().query !== ""');
    const lit = (await color()) === bright;
    await tab(viewer, 'table');
    const rows = await rowsOf(viewer);
    await tab(viewer, panel);
    await page.click(row);
    await viewer.until('state().query === ""');
    return [...rows, lit ? 'lit' : 'dimmed'];
  };
  t.deepEqual(await behind('leaks', 'tr.act:has-text("late")'), [6, 'dimmed']);
  t.deepEqual(await behind('leaks', 'tr.act:has-text("old")'), [0, 'lit']);
  t.deepEqual(await behind('statistics', '.wide tr.act:has-text("short")'), [3, 'dimmed']);
  t.deepEqual(await behind('statistics', 'table.bars tr.act:has-text("256")'), [6, 'dimmed']);
  await tab(viewer, 'tree');
  await choose(viewer, 'in total');
  t.deepEqual(await behind('tree', '.tree-row:has-text("boot") .text span'), [0, 1, 2, 3, 6, 'lit']);
  t.deepEqual(await behind('fragmentation', 'tr.act:has-text("0x00001030") .number'), [2, 'dimmed']);
  t.deepEqual(await behind('fragmentation', 'tr.act:has-text("256 B late") .number'), [6, 'dimmed']);
  t.deepEqual(await behind('flame', '.flame-box canvas >> nth=0'), [0, 1, 2, 3, 6, 'lit'], 'the middle of the graph');
  await page.keyboard.press('x');
  await page.selectOption('.legend select', 'size');
  await viewer.until(`location.hash.includes('color=size')`);
  t.regex((await page.textContent('.legend table')) ?? '', /up to 16 B16 B1up to 32 B0 B0up to 64 B64 B1/);
  await page.selectOption('.legend select', 'source');
});

test('the verdict on top follows the selected event and B, and its parts are links, by keyboard too', async (t) => {
  const { viewer } = t.context;
  if (!viewer) return withoutChromium(t);
  const { page } = viewer;
  // What the allocator's headers take is not recorded, so that the figures are bounds, and look so.
  const text = () => page.textContent('.verdicts');
  await page.keyboard.press('x');
  await tab(viewer, 'table');
  await viewer.ask('goTo(6)');
  // Free are 32 bytes before kept, 144 behind it, and 3,584 behind late.
  t.is(await text(), '≈ 5 % fragmented: ≤ 3,760 B free, largest ≤ 3,584 B; late (1 block) is in the way (not exact)');
  await viewer.ask('goTo(3)');
  await page.keyboard.press('a');
  await viewer.ask('goTo(5)');
  await page.keyboard.press('b');
  t.regex((await text()) ?? '', /^≈ 1 % fragmented: ≤ 4,016 B free, largest ≤ 3,984 B; kept \(1 block\)/, 'B');
  await page.keyboard.press('x');
  await viewer.ask('goTo(2)');
  t.is(await text(), 'Not fragmented: ≤ 3,984 B free in one piece (not exact)');
  await viewer.ask('goTo(6)');
  const press = async (part: string) => {
    await page.getByRole('button', { name: part, exact: true }).focus();
    await page.keyboard.press('Enter');
  };
  await press('≈ 5 % fragmented');
  await page.waitForSelector('#tab-fragmentation[aria-selected=true]');
  await page.evaluate(`document.activeElement.blur()`);
  await viewer.until(`location.hash.includes('tab=fragmentation') && location.hash.includes('at=6')`);

  // The largest free block is outlined, and brought into a map that shows other bytes.
  await page.evaluate(`location.hash += '&map=4096-4160:heap'`);
  await viewer.until(`state().windows.heap?.to === 4160`);
  const map = () => page.$eval('canvas.map', (canvas) => (canvas as HTMLCanvasElement).toDataURL());
  for (const part of ['largest ≤ 3,584 B', '≤ 3,760 B free']) {
    await press(part);
    await viewer.until(`state().gap === 'heap'`);
    const { from, to } = await viewer.ask<{ from: number; to: number }>('state().windows.heap');
    t.true(from < 0x2000 && to > 0x1200, `${from} to ${to}`);
    t.is(await page.getAttribute(`.verdicts button:text-is("${part}")`, 'aria-pressed'), 'true');
    await viewer.until(`location.hash.includes('gap=heap')`);
    const outlined = await map();
    await page.evaluate(`location.hash = location.hash.replace(/&gap=[^&]*/, '')`);
    await viewer.until(`state().gap === '' && state().windows.heap?.to === ${to}`);
    t.not(await map(), outlined);
    await page.evaluate('history.go(-2)');
    await viewer.until(`state().gap === '' && state().windows.heap?.to === 4160`);
  }
  await page.evaluate(`location.hash = location.hash.replace(/&map=[^&]*/, '')`);
  await viewer.until(`state().windows.heap === undefined`);

  // Who is in the way: the table and the map, as a row of a panel does it.
  for (const part of ['late', '1 block']) {
    await press(part);
    await viewer.until(`state().query === 'by:"late a.c:5"'`);
    await tab(viewer, 'table');
    t.deepEqual(await rowsOf(viewer), [6]);
    await viewer.until(`location.hash.includes('q=by')`);
    await press(part);
    await viewer.until(`state().query === ''`);
  }
  await page.dblclick('.verdicts button:text-is("late")');
  await page.waitForSelector('#tab-table[aria-selected=true]');
  await viewer.until(`state().query !== ''`);
  await page.click('.chip');
  await page.evaluate('document.activeElement.blur()');
});

test('the sandwich has the callers and what was called, the difference what grew between two moments', async (t) => {
  const { viewer } = t.context;
  if (!viewer) return withoutChromium(t);
  const { page } = viewer;
  await tab(viewer, 'flame');
  await choose(viewer, 'Sandwich');
  await page.selectOption('.tools select', 'kept');
  await page.focus('.sandwich canvas >> nth=0');
  const tip = () => page.textContent('.flame-box .tip');
  await page.keyboard.press('ArrowUp');
  t.regex((await tip()) ?? '', /^bootb\.c:164 B/, 'its caller, above it');
  await choose(viewer, 'Difference');
  t.regex((await page.textContent('.panel .empty')) ?? '', /Set a range/);
  await page.evaluate('document.activeElement.blur()');
  await viewer.ask('goTo(1)');
  await page.keyboard.press('a');
  await viewer.ask('goTo(5)');
  await page.keyboard.press('b');
  await page.focus('.flame-box canvas');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  t.regex((await tip()) ?? '', /^kepta\.c:30 B → 64 B/);
  await page.keyboard.press(' ');
  await viewer.until(`state().query === 'path:"boot > kept"'`);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press(' ');
  await viewer.until(`state().query === ''`);
  await page.evaluate('document.activeElement.blur()');
  await page.keyboard.press('x');
  await choose(viewer, 'Graph');
});

test('the box of the table takes comparisons and words, all of which must hold', async (t) => {
  const { viewer } = t.context;
  if (!viewer) return withoutChromium(t);
  const { page } = viewer;
  await page.keyboard.press('x');
  await tab(viewer, 'table');
  const found = async (query: string) => {
    await page.fill('#query', query);
    return rowsOf(viewer);
  };
  t.deepEqual(await found('size>=64'), [2, 3, 6]);
  t.deepEqual(await found('size>=64 alive'), [6]);
  t.deepEqual(await found('size<1K life=1'), [3], 'freed by the next event');
  t.deepEqual(await found('life>1 source:gone'), [1]);
  t.deepEqual(await found('boot size=16'), [0]);
  t.deepEqual(await found('0x1035'), [2]);
  t.deepEqual(await found('drop>100 temporary'), [3]);
  t.deepEqual(await found('life<5ms'), []);
  t.regex((await page.textContent('.panel .empty')) ?? '', /has no times/);
  t.deepEqual(await found('size>many'), []);
  t.regex((await page.textContent('.panel .empty')) ?? '', /takes a number/);
  // The list is there anew, and fills once it knows its height.
  await page.fill('#query', '');
  await viewer.until(`document.querySelectorAll('.row[data-seq]').length === 5`);
});

test('memories that lie apart are drawn each for itself, and figures that are not exact look so', async (t) => {
  const { viewer } = t.context;
  if (!viewer) return withoutChromium(t);
  const { page } = viewer;
  const lines = ['op,address,size'];
  for (let i = 0; i < 40; i++) {
    lines.push(
      `malloc,0x${(0x3f800000 + i * 128).toString(16)},100`,
      `malloc,0x${(0x3ffb8000 + i * 64).toString(16)},60`,
    );
  }
  await viewer.open(Buffer.from(lines.join('\n')), 'two.csv');
  const regions = await page.$$eval('.region .figures', (list) =>
    list.map((it) => [(it as HTMLElement).dataset.free, (it as HTMLElement).dataset.largest]),
  );
  t.deepEqual(regions, [
    [String(39 * 28), '28'],
    [String(39 * 4), '4'],
  ]);
  t.is(await page.textContent('[data-figure=largest]'), '≈ 28 B', 'bounds and headers are not recorded');
  const verdicts = () => page.$$eval('.verdict-line', (lines) => lines.map((line) => line.textContent ?? ''));
  const [first = '', second = ''] = await verdicts();
  t.regex(
    first,
    /^heap: ≈ 97 % fragmented: ≈ 1,092 B free, largest ≈ 28 B; \(no backtrace\) \(38 blocks\) is in the way, as traced/,
  );
  t.regex(second, /^heap 2: ≈ 97 % fragmented: ≈ 156 B free, largest ≈ 4 B; /);
  t.regex((await page.getAttribute('.unsure-link', 'title')) ?? '', /does not tell the bounds of the heap/);
  // The last pixels between the two memories are in neither map; the first block of the second one is in its own.
  t.is(await viewer.ask(`probeMap('heap', 0x3ffb8000)`), undefined);
  t.not((await viewer.ask<{ color: string }>(`probeMap('heap 2', 0x3ffb8010)`)).color, '#141b24');
  // A ring that lost what came before.
  await viewer.open(journalFromText(`gap lost 5 the ring was full\n${TRACE}`), 'ring.harvest');
  t.regex((await page.textContent('[data-figure=live]')) ?? '', /^≥ /);
  t.regex((await page.textContent('[data-figure=free]')) ?? '', /^≤ /);
  t.regex((await verdicts())[0] ?? '', /≤ \d/);
  await viewer.open(journalFromText('alloc 0 8', { hasAddresses: false }), 'sizes.harvest');
  t.deepEqual(await verdicts(), ['Fragmentation is not known: the trace has no addresses.']);
  await viewer.open(fixture('micropython-microbit/allocation_history.json.gz'), 'allocation_history.json');
  await page.click('.bar button:text-is("Details")');
  t.regex((await page.textContent('.bar')) ?? '', /block numbers and no addresses: addresses count from the begin/);
});

test('says that the curve is being computed while it is, and greys what needs it', async (t) => {
  const { viewer } = t.context;
  if (!viewer) return withoutChromium(t);
  const { page } = viewer;
  await viewer.until(`state().loaded.gapsState === 'ready'`);
  t.is(await page.$('[data-curve=computing]'), null);
  t.false(await page.isDisabled('button:text-is("Tightest")'));
  // What a region of 2^40 bytes took: no curve at all.
  await viewer.open(journalFromText(TRACE.replace('0x1000 4096 16', '0x1000 1099511627776 1')), 'large.harvest');
  await viewer.until(`state().loaded.gapsState === 'ready'`);
  t.is(await viewer.ask('state().loaded.gaps.largestFreeBytes[0]'), 2 ** 40 - 16);
});

/** What a link must bring back. */
const VIEW = `(({ atSeq, range, span, hide, view, tab, query, color, windows, time, timeAddress, gap, make, group, hiddenColumns, unfolded, filter, sort }) =>
  ({ atSeq, range, span, hide, view, tab, query, color, windows, time, timeAddress, gap, make, group, hiddenColumns, unfolded, filter, sort }))(state())`;

test('a link restores the whole view in a new page', async (t) => {
  const { viewer, browser } = t.context;
  if (!viewer || !browser) return withoutChromium(t);
  await viewer.open(journalFromText(TRACE));
  await viewer.until(`location.hash.includes('at=7')`);
  const asked =
    'at=5&range=2-5&span=2&hide=boot%0Aold&tab=fragmentation&color=size&q=size%3E16&filter=alive&sort=-life&time=1-6&address=4096-5000' +
    '&group=source&hidden=life&gap=heap&make=4000&unfold=heap%4012288&map=4096-4400%3Aheap';
  await viewer.page.evaluate(`location.hash = ${JSON.stringify(asked)}`);
  await viewer.until(`state().make === '4000' && location.hash.includes('unfold')`);
  const before = await viewer.ask<Record<string, unknown>>(VIEW);
  t.deepEqual(before.range, { afterSeq: 1, throughSeq: 5 });
  t.deepEqual(before.hide, ['boot', 'old']);
  const hash = await viewer.page.evaluate<string>('location.hash');
  await using opened = await openViewer(browser, { hash });
  await opened.open(journalFromText(TRACE));
  t.deepEqual(await opened.ask(VIEW), before);
  await opened.until(`document.querySelector('[data-room]')?.dataset.room === '1'`);
  t.is(await opened.page.inputValue('.room input'), '4000');
  t.is(await opened.page.inputValue('.legend select'), 'size');
  t.deepEqual(opened.complaints, []);
  await viewer.page.evaluate(`location.hash = 'at=7'`);
  await viewer.until(`state().make === '' && !state().hide.includes('old')`);
});

test('text grows on a 4K screen, and nothing is cut off there', async (t) => {
  const { viewer } = t.context;
  if (!viewer) return withoutChromium(t);
  const { page } = viewer;
  await viewer.open(journalFromText(TRACE));
  await tab(viewer, 'table');
  const heights = () =>
    page.evaluate<number[]>(`['.verdict-line', '.row[data-seq]', '#open', '.side dd']
      .map((it) => document.querySelector(it).getBoundingClientRect().height)`);
  const usual = await heights();
  const size = page.viewportSize() ?? { width: 1366, height: 768 };
  await page.setViewportSize({ width: 3840, height: 2160 });
  const large = await heights();
  for (const [i, height] of large.entries()) t.true(height > (usual[i] ?? 0) * 1.4, `${i}: ${usual[i]} to ${height}`);
  const beyond = `[...document.querySelectorAll('main *, header *, .verdicts *')]
    .filter((it) => it.getBoundingClientRect().right > innerWidth + 1 && !it.closest('.off-screen'))
    .map((it) => it.tagName + '.' + it.className)`;
  t.deepEqual(await page.evaluate(beyond), []);
  t.is(await page.evaluate('document.documentElement.scrollHeight - innerHeight'), 0);
  const font = (selector: string) =>
    page.evaluate<number>(`(() => {
      const it = document.querySelector('${selector}');
      return parseFloat(getComputedStyle(it).fontSize) * it.currentCSSZoom;
    })()`);
  for (const of of ['.gutter span', '.axis-ticks span', '.view-tabs button', '.range-row button'])
    t.true((await font(of)) >= 12.5, `${of}: ${await font(of)}`);
  await tab(viewer, 'flame');
  // Four functions below everything, in rows of 30 pixels: the pointer is on the first of them.
  await page.waitForSelector('.flame-box canvas');
  t.is(await page.$eval('.flame-box canvas', (it) => it.getBoundingClientRect().height % 30), 0);
  await page.hover('.flame-box canvas', { position: { x: 100, y: 45 } });
  t.regex((await page.textContent('.flame-box .tip')) ?? '', /^boot/);
  await tab(viewer, 'table');
  // The pointer hits what it is at.
  await page.click('.row[data-seq="6"]');
  t.is(await viewer.ask('state().picked'), 6);
  const at = await viewer.ask<{ x: number; y: number }>(`probeMap('heap', 0x1104)`);
  await page.mouse.click(at.x, at.y);
  t.is(await viewer.ask('state().picked'), 6);
  await page.setViewportSize(size);
});

test('nothing is cut off on a phone, and no rule of axe-core is broken', async (t) => {
  const { viewer } = t.context;
  if (!viewer) return withoutChromium(t);
  const { page } = viewer;
  await viewer.open(journalFromText(TRACE));
  await page.evaluate(readFileSync(join(projectRoot, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8'));
  // Of the whole page, or of a part of it.
  const violations = (part = 'body') =>
    page.evaluate<string[]>(
      `axe.run('${part}').then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
    );
  for (const panel of ['table', 'fragmentation', 'leaks', 'statistics', 'tree', 'flame', 'diff', 'why']) {
    await tab(viewer, panel);
    t.deepEqual(await violations('#panel'), [], panel);
  }
  await page.keyboard.press('t');
  await page.emulateMedia({ colorScheme: 'light' });
  t.deepEqual(await violations(), [], 'time view, light');
  for (const size of [
    { width: 390, height: 844 },
    { width: 640, height: 400 },
  ]) {
    await page.setViewportSize(size);
    for (const panel of ['table', 'statistics', 'flame', 'leaks']) {
      await tab(viewer, panel);
      const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      t.is(wide, 0, `${panel} at ${size.width}`);
    }
    // What is wider than the page scrolls within a part of its own.
    const cut = await page.evaluate<string[]>(`[...document.querySelectorAll('main *, header *')]
      .filter((it) => it.getBoundingClientRect().right > innerWidth + 1)
      .filter((it) => !it.closest('.list, .scroll, .axis-ticks, .off-screen'))
      .map((it) => it.tagName + '.' + it.className)`);
    t.deepEqual(cut, []);
  }
  t.deepEqual(await violations(), [], 'stacked');
  t.deepEqual(viewer.complaints, []);
  t.deepEqual(viewer.requests, []);
});
