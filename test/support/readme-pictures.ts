/** `npm run screenshots`: captures the demo and draws the pictures of README.md and docs/viewer.md from it, under docs/images. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { projectRoot } from './fixture.js';
import { openViewer, startChromium, type ViewerPage } from './viewer-page.js';

const LIMIT_BYTES = 200 * 1024;
const folder = join(projectRoot, 'docs', 'images');

interface Picture {
  readonly name: string;
  readonly theme: 'dark' | 'light';
  /** The view, as the page's address holds it. */
  readonly hash: string;
  readonly size?: { readonly width: number; readonly height: number };
  /** What is done before the picture is taken. */
  readonly act?: (viewer: ViewerPage) => Promise<void>;
}

const FRONT = '#at=2400&tab=flame&figure=at&inverted=1';
const SMALLER = { width: 1180, height: 740 };
const PICTURES: readonly Picture[] = [
  { name: 'viewer-dark', theme: 'dark', hash: FRONT },
  { name: 'viewer-light', theme: 'light', hash: FRONT },
  { name: 'hunt-leak', theme: 'light', size: SMALLER, hash: '#range=1850-5030&at=5030&tab=leaks' },
  {
    name: 'hunt-broken-block',
    theme: 'light',
    size: SMALLER,
    hash: '#tab=fragmentation',
    act: async ({ page }) => {
      await page.fill('.room input', '4K');
      await page.waitForSelector('[data-room]');
    },
  },
  { name: 'hunt-peak', theme: 'light', size: SMALLER, hash: '#at=4160&tab=tree&figure=at&inverted=1' },
];

/** A capture that `harvest demo` wrote, given as the argument; else one that is made now. */
function demoCapture(): string {
  const [, , given] = process.argv;
  if (given) return given;
  const out = join(projectRoot, 'build', 'screenshots', 'demo');
  mkdirSync(out, { recursive: true });
  execFileSync(process.execPath, [join(projectRoot, 'dist', 'bin', 'harvest.js'), 'demo', '-q', '--out', out], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return join(out, 'capture.harvest');
}

async function take(browser: Browser, trace: Uint8Array, picture: Picture): Promise<void> {
  const { name, theme, hash, size = { width: 1280, height: 800 } } = picture;
  await using viewer = await openViewer(browser, { theme, hash, size });
  await viewer.open(trace, 'demo.harvest');
  await viewer.until(`state().loaded.gapsState === 'ready'`);
  await picture.act?.(viewer);
  // What is drawn once nothing moves any more.
  await viewer.page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const path = join(folder, `${name}.png`);
  await viewer.page.screenshot({ path });
  const bytes = statSync(path).size;
  if (bytes > LIMIT_BYTES) throw new Error(`${name}.png: found ${bytes} bytes, expected at most ${LIMIT_BYTES}`);
  process.stdout.write(`docs/images/${name}.png: ${Math.round(bytes / 1024)} KiB\n`);
}

const browser = await startChromium();
if (!browser) throw new Error('found no Chromium, which draws the pictures (Debian: apt-get install chromium)');
try {
  mkdirSync(folder, { recursive: true });
  const trace = readFileSync(demoCapture());
  for (const picture of PICTURES) await take(browser, trace, picture);
} finally {
  await browser.close();
}
