import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { FinishedServedRing } from '../../lib/alloctrace/served-rings.js';
import { serveAlloctrace } from '../../lib/alloctrace/server.js';
import { writerById } from '../../lib/formats/export/trace-writers.js';
import { serveSpeedscope } from '../../lib/output/speedscope-app.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import type { Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { startChromium, viewerPath } from '../support/viewer-page.js';
import type { BenchRow } from './bench-row.js';
import { syntheticTrace } from './synthetic-trace.js';
import {
  curveTime,
  openTime,
  Renderers,
  since,
  sliderFrames,
  sortTime,
  type ThreadTimes,
  tabSwitch,
} from './viewer-figures.js';

/** Millions of events; `HARVEST_BENCH_EVENTS=1` leaves the long one out. */
const MILLIONS = (process.env.HARVEST_BENCH_EVENTS ?? '1,5').split(',').map(Number);

/** The machine may be busy with other things. */
const PATIENCE_MS = 600_000;

/**
 * The viewer with millions of events in headless Chromium beside speedscope, which opens the same trace in the same run: how long
 * opening takes until the map is drawn, and the largest-free curve is there; a step of the slider from its input event to the next
 * frame; the longest switch of panels; memory of the renderer with its workers. Beside the clock stands processor time: the clock is
 * only worth something on a machine that does nothing else.
 */
export async function viewerBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [row('viewer: bundle', readFileSync(viewerPath).length / 1024, 'KB', 500)];
  for (const millions of MILLIONS) {
    const path = join(tmpdir(), `heap-harvest-bench-${process.pid}.harvest`);
    const trace = syntheticTrace(millions * 1e6);
    try {
      await writeFile(path, Buffer.concat(journalBytes(trace)));
      const fromDisk = await withPage((page) => ownFigures(page, path, `viewer, ${millions}M events`));
      if (!fromDisk) return [];
      const served = await withPage((page) => ownFigures(page, path, `viewer as served, ${millions}M events`), true);
      rows.push(...fromDisk, ...(served ?? []));
      rows.push(...((await withBrowser((browser) => speedscopeFigures(browser, trace, millions))) ?? []));
      if (millions === 1) rows.push(...((await withPage((page) => largeScreen(page, path), false, LARGE)) ?? []));
    } finally {
      await rm(path, { force: true });
    }
  }
  rows.push(row('viewer: load of the machine meanwhile (1 is one busy processor)', loadavg()[0] ?? 0, ''));
  return rows;
}

async function withBrowser<T>(act: (browser: Browser) => Promise<T>): Promise<T | undefined> {
  // A renderer that waits for a page that is never opened would be counted.
  const browser = await startChromium(['--disable-features=SpareRendererForSitePerProcess']);
  if (!browser) return undefined;
  try {
    return await act(browser);
  } finally {
    await browser.close();
  }
}

interface Opened {
  readonly page: Page;
  readonly renderers: Renderers;
}

/** A screen of 3840 by 2160 with two of its pixels across, and two down, for each of the page's. */
const LARGE: BrowserContextOptions = { viewport: { width: 3840, height: 2160 }, deviceScaleFactor: 2 };

/** The viewer from disk, or as `harvest view` serves it: there page and worker may share memory. */
function withPage<T>(
  act: (opened: Opened) => Promise<T>,
  served = false,
  screen: BrowserContextOptions = { viewport: { width: 1366, height: 768 } },
): Promise<T | undefined> {
  return withBrowser(async (browser) => {
    const context = await browser.newContext(screen);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const nothing = new FinishedServedRing(new TraceBuilder().build(), { name: 'nothing' });
    await using server = served ? await serveAlloctrace(nothing, { page: readFileSync(viewerPath) }) : undefined;
    await page.goto(server ? `${new URL(server.url).origin}/` : pathToFileURL(viewerPath).href);
    await page.waitForSelector('.page');
    return act({ page, renderers: await Renderers.of(browser) });
  });
}

async function ownFigures({ page, renderers }: Opened, path: string, of: string): Promise<BenchRow[]> {
  renderers.watchMemory();
  const before = await renderers.threads();
  const opening = await openTime(page, path);
  const opened = since(before, await renderers.threads());
  const curve = await curveTime(page);
  const curveCpu = since(before, await renderers.threads());
  const slider = await sliderFrames(page, renderers);
  const tabs = await tabSwitch(page, renderers);
  const sorting = await sortTime(page);
  return [
    row(`${of}: open until the map is drawn`, opening, 'ms', 4000),
    row(`${of}: the same, processor time of the page`, opened.pageMs, 'ms'),
    row(`${of}: the same, processor time of the worker`, opened.workerMs, 'ms'),
    row(`${of}: the same, processor time of all threads`, sumOf(opened), 'ms', 4000),
    row(`${of}: until the largest-free curve is there`, curve, 'ms'),
    row(`${of}: the same, processor time of the worker`, curveCpu.workerMs, 'ms'),
    row(`${of}: slider step, median`, slider.median, 'ms', 16),
    row(`${of}: slider step, p95`, slider.p95, 'ms', 32),
    row(`${of}: slider step, worst`, slider.worst, 'ms', 100),
    row(`${of}: slider step, processor time of the page`, slider.threads.pageMs, 'ms', 16),
    row(`${of}: slider step, processor time of other threads`, slider.threads.otherMs, 'ms'),
    row(`${of}: switch of panels, longest`, tabs.wallMs, 'ms', 150),
    row(`${of}: switch of panels, most processor time of the page`, tabs.pageMs, 'ms', 150),
    row(`${of}: sort all rows, median of 5`, sorting, 'ms'),
    row(`${of}: memory, page and worker`, await renderers.memoryMb(), 'MB', 600),
    row(`${of}: memory, the most at any time`, renderers.peakMemoryMb(), 'MB'),
  ];
}

const sumOf = ({ pageMs, workerMs, otherMs }: ThreadTimes) => pageMs + workerMs + otherMs;

async function largeScreen({ page, renderers }: Opened, path: string): Promise<BenchRow[]> {
  await openTime(page, path);
  await curveTime(page);
  const slider = await sliderFrames(page, renderers);
  const of = 'viewer, 1M events, 4K x 2';
  return [
    row(`${of}: slider step, median`, slider.median, 'ms', 16),
    row(`${of}: slider step, processor time of the page`, slider.threads.pageMs, 'ms', 16),
    row(`${of}: slider step, processor time of other threads`, slider.threads.otherMs, 'ms'),
  ];
}

/** As `harvest view --in speedscope` does; without the package there is nothing to stand beside. */
async function speedscopeFigures(browser: Browser, trace: Trace, millions: number): Promise<BenchRow[]> {
  const profile = () => writerById('speedscope').write(trace);
  const server = await serveSpeedscope({ host: '127.0.0.1', port: 0, profile }).catch(() => undefined);
  if (!server) return [];
  await using _ = server;
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const renderers = await Renderers.of(browser);
  const before = await renderers.cpuMs();
  const start = performance.now();
  await page.goto(server.url);
  // Its canvas is there, and it has said which profile it shows.
  await page.waitForFunction('document.querySelector("canvas") && /heap|live|alloc/i.test(document.body.innerText)');
  const wall = performance.now() - start;
  const of = `speedscope, ${millions}M events`;
  return [
    row(`${of}: open until it draws`, wall, 'ms'),
    row(`${of}: the same, processor time`, (await renderers.cpuMs()) - before, 'ms'),
    row(`${of}: memory`, await renderers.memoryMb(), 'MB'),
  ];
}

/** `limit` is the figure to stay under; the ratio says how much of it is used. */
function row(name: string, value: number, unit: string, limit?: number): BenchRow {
  const rounded = Math.round(value * 10) / 10;
  if (limit === undefined) return { name, value: rounded, unit };
  return {
    name,
    value: rounded,
    unit,
    against: `limit of ${limit} ${unit}`,
    ratio: Math.round((value / limit) * 100) / 100,
  };
}
