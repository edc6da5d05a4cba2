/**
 * `node dist/test/support/viewer-gallery.js FOLDER [--only TEXT] [TRACE...]`: pictures of the viewer to be looked at, of every kind of trace that a
 * user may have, dark and light, from a phone to 4K; of more traces where their files are given.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { ringDump, twoMemoriesDump } from './gallery-traces.js';
import { openViewer, startChromium, type ViewerPage } from './viewer-page.js';

const SIZES = [
  [390, 844],
  [1280, 800],
  [1440, 900],
  [2560, 1440],
  [3840, 2160],
] as const;

interface Subject {
  readonly name: string;
  readonly bytes?: Uint8Array;
  readonly hash?: string;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' } } });
const [folder = 'build/gallery', ...files] = positionals;
const SUBJECTS: readonly Subject[] = [
  { name: 'empty' },
  { name: 'error', bytes: Buffer.from('ptr,owner,age\n0x1000,main,5\n') },
  { name: 'two-memories', bytes: Buffer.from(twoMemoriesDump()), hash: '#tab=fragmentation' },
  { name: 'ring', bytes: Buffer.from(ringDump()) },
  { name: 'ring-time', bytes: Buffer.from(ringDump()), hash: '#view=time&tab=leaks' },
  ...files.flatMap((path): Subject[] => {
    const bytes = readFileSync(path);
    const name = basename(path).replace(/\..*/, '');
    return [
      { name, bytes },
      { name: `${name}-flame`, bytes, hash: '#tab=flame&inverted=1' },
      { name: `${name}-time`, bytes, hash: '#view=time&tab=statistics' },
      { name: `${name}-fragmentation`, bytes, hash: '#tab=fragmentation' },
    ];
  }),
];

async function settle(viewer: ViewerPage): Promise<void> {
  await viewer.until(`state().busy === '' && state().loaded?.gapsState !== 'computing'`);
  await viewer.page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

async function take(browser: Browser, { name, bytes, hash }: Subject, theme: 'dark' | 'light'): Promise<void> {
  const wanted = SIZES.map(([width, height]) => ({ width, height, file: `${name}-${width}-${theme}.png` })).filter(
    ({ file }) => file.includes(values.only ?? ''),
  );
  const [first] = wanted;
  if (!first) return;
  await using viewer = await openViewer(browser, { theme, size: first, ...(hash === undefined ? {} : { hash }) });
  if (bytes) await viewer.open(bytes, name);
  for (const { width, height, file } of wanted) {
    await viewer.page.setViewportSize({ width, height });
    await settle(viewer);
    // A phone scrolls.
    await viewer.page.screenshot({ path: join(folder, file), fullPage: width < 800 });
    process.stdout.write(`${join(folder, file)}\n`);
  }
}

mkdirSync(folder, { recursive: true });
const browser = await startChromium();
if (!browser) throw new Error('found no Chromium, which draws the pictures (Debian: apt-get install chromium)');
try {
  for (const subject of SUBJECTS) for (const theme of ['dark', 'light'] as const) await take(browser, subject, theme);
} finally {
  await browser.close();
}
