import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ExecutionContext } from 'ava';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { TraceInfo } from '../../lib/trace/heap-event.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { projectRoot } from './fixture.js';
import { notRun } from './not-run.js';
import { builderFromText } from './trace-from-text.js';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** The machine may be busy with other tests. */
const PATIENCE_MS = 120_000;
export const viewerPath = join(projectRoot, 'dist', 'viewer', 'heap-harvest.html');

/** The vector of the heap map (docs/analysis.md): 256 bytes, six events. */
export const VECTOR = `
  region heap 0x1000 256 16
  alloc 0x1000 32 main@m.c:1 > boot@b.c:10
  alloc 0x1020 16 main@m.c:2 > line@l.c:20
  alloc 0x1030 64 main@m.c:3 > table@t.c:30
  free 0x1020 main@m.c:4
  alloc 0x1070 32 main@m.c:5 > boot@b.c:10
  free 0x1030 main@m.c:6`;

/** Undefined where no Chromium is installed; every test that needs it says so and passes over. */
export async function startChromium(more: readonly string[] = []): Promise<Browser | undefined> {
  const executablePath = CHROMIUM.find((path) => existsSync(path));
  if (!executablePath) return undefined;
  if (!existsSync(viewerPath)) execFileSync(process.execPath, [join(projectRoot, 'viewer', 'build.mjs')]);
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', ...more];
  return chromium.launch({ executablePath, args, timeout: PATIENCE_MS });
}

/** A viewer page that is watched: whatever it writes to the console, throws or asks the network for is in the lists. */
export interface ViewerPage extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: string[];
  /** Opens bytes as a file chosen by the user; resolves when the page is done with them. */
  open(bytes: Uint8Array, name?: string): Promise<void>;
  /** A JavaScript expression in the page: `state().atSeq`. */
  ask<T>(expression: string): Promise<T>;
  /** Resolves when an expression is true. */
  until(expression: string): Promise<void>;
}

export interface PageOptions {
  readonly hash?: string;
  readonly theme?: 'light' | 'dark';
  readonly size?: { readonly width: number; readonly height: number };
  /** Another page than the viewer: a report. */
  readonly path?: string;
  /** The viewer as it is served. */
  readonly url?: string;
}

export async function openViewer(browser: Browser, options: PageOptions = {}): Promise<ViewerPage> {
  const viewport = options.size ?? { width: 1366, height: 768 };
  const context = await browser.newContext({ viewport, colorScheme: options.theme ?? 'dark', acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`${error}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => undefined);
  });
  page.on('request', (request) => {
    if (!/^(file|data|blob):/.test(request.url())) requests.push(request.url());
  });
  const path = options.path ?? viewerPath;
  await page.goto((options.url ?? pathToFileURL(path).href) + (options.hash ?? ''));
  await started(page);
  const ask = <T>(expression: string) =>
    page.evaluate<T>(`(({ state, probeMap, goTo }) => ${expression})(heapHarvest)`);
  return {
    page,
    complaints,
    requests,
    ask,
    until: (expression) => until(page, expression),
    open: async (bytes, name = 'trace.harvest') => {
      await page.setInputFiles('#open-file', {
        name,
        mimeType: 'application/octet-stream',
        buffer: Buffer.from(bytes),
      });
      await settled(page);
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** Resolves when a page that was loaded has unpacked its script and runs. */
export async function started(page: Page): Promise<void> {
  await page.waitForSelector('.page');
}

/** Asks again and again: the browser's own waiting needs eval, which the page forbids. */
async function until(page: Page, expression: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await page.evaluate(`Boolean((({ state }) => ${expression})(heapHarvest))`))) {
    if (Date.now() > end) throw new Error(`the page never came to: ${expression}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Resolves when the page has a trace or an error, and is not busy. */
export async function settled(page: Page): Promise<void> {
  await started(page);
  await until(page, '(({ loaded, error, busy }) => (loaded || error) && busy === "")(state())');
}

/** A journal as a user would have it on disk. */
export function journalFromText(text: string, info: Partial<TraceInfo> = {}): Uint8Array {
  return Buffer.concat(journalBytes(builderFromText(text, info).build()));
}

/** Keeps a picture of the page as an artefact of the run. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = join(projectRoot, 'build', 'screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Says aloud that a test could not run. */
export function withoutChromium(t: ExecutionContext): undefined {
  return notRun(t, 'no Chromium is installed (Debian: apt-get install chromium)');
}
