import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { writerById } from '../../lib/formats/export/trace-writers.js';
import { serveSpeedscope } from '../../lib/output/speedscope-app.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import type { Trace } from '../../lib/trace/trace.js';
import { openViewer, startChromium, viewerPath } from '../support/viewer-page.js';
import type { BenchRow } from './bench-row.js';
import { syntheticTrace } from './synthetic-trace.js';
import { openTime, Renderers, sliderFrames, sortTime, tabSwitch } from './viewer-figures.js';

/** Millions of events; `HARVEST_BENCH_EVENTS=1` leaves the long one out. */
const MILLIONS = (process.env.HARVEST_BENCH_EVENTS ?? '1,5').split(',').map(Number);

/**
 * The viewer with millions of events in headless Chromium beside speedscope, which opens the same trace in the same run: how long
 * opening takes until the map is drawn, and the largest-free curve is there; a step of the slider from its input event to the next
 * frame; the longest switch of panels; memory of the renderer with its workers.
 */
export async function viewerBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [row('viewer: bundle', readFileSync(viewerPath).length / 1024, 'KB', 500)];
  for (const millions of MILLIONS) {
    const path = join(tmpdir(), `heap-harvest-bench-${process.pid}.harvest`);
    const trace = syntheticTrace(millions * 1e6);
    try {
      await writeFile(path, Buffer.concat(journalBytes(trace)));
      const ours = await withBrowser((browser) => ownFigures(browser, path, millions));
      if (!ours) return [];
      rows.push(...ours);
      rows.push(...((await withBrowser((browser) => speedscopeFigures(browser, trace, millions))) ?? []));
      if (millions === 1) rows.push(...((await withBrowser((browser) => largeScreen(browser, path))) ?? []));
    } finally {
      await rm(path, { force: true });
    }
  }
  rows.push(row('viewer: load of the machine meanwhile (1 is one busy processor)', loadavg()[0] ?? 0, ''));
  return rows;
}

async function withBrowser<T>(act: (browser: Browser) => Promise<T>): Promise<T | undefined> {
  const browser = await startChromium();
  if (!browser) return undefined;
  try {
    return await act(browser);
  } finally {
    await browser.close();
  }
}

async function ownFigures(browser: Browser, path: string, millions: number): Promise<BenchRow[]> {
  await using viewer = await openViewer(browser);
  const { page } = viewer;
  const of = `viewer, ${millions}M events`;
  const renderers = await Renderers.of(browser);
  const before = await renderers.cpuMs();
  const opening = await openTime(page, path);
  const openingCpu = (await renderers.cpuMs()) - before;
  await viewer.until(`state().loaded.gapsState === 'ready'`);
  const curve = await page.evaluate<number>('performance.now() - benchStart');
  const slider = await sliderFrames(page);
  const tabs = await tabSwitch(page);
  return [
    row(`${of}: open until the map is drawn`, opening, 'ms', 4000),
    row(`${of}: the same, processor time of all threads`, openingCpu, 'ms', 4000),
    row(`${of}: until the largest-free curve is there`, curve, 'ms'),
    row(`${of}: slider step, median`, slider.median, 'ms', 16),
    row(`${of}: slider step, p95`, slider.p95, 'ms', 32),
    row(`${of}: slider step, worst`, slider.worst, 'ms', 100),
    row(`${of}: slider step, processor time of the page`, slider.cpuMs, 'ms', 16),
    row(`${of}: switch of panels, longest`, tabs, 'ms', 150),
    row(`${of}: sort all rows, median of 5`, await sortTime(page), 'ms'),
    row(`${of}: memory, page and worker`, await renderers.memoryMb(), 'MB', 600),
  ];
}

/** A canvas that is four times as large in pixels: a screen of 3840 by 2160 with two of them for each of the page's. */
async function largeScreen(browser: Browser, path: string): Promise<BenchRow[]> {
  const context = await browser.newContext({ viewport: { width: 3840, height: 2160 }, deviceScaleFactor: 2 });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(`file://${viewerPath}`);
  await page.waitForSelector('.page');
  await openTime(page, path);
  const slider = await sliderFrames(page);
  return [
    row('viewer, 1M events, 4K x 2: slider step, median', slider.median, 'ms', 16),
    row('viewer, 1M events, 4K x 2: slider step, processor time of the page', slider.cpuMs, 'ms', 16),
  ];
}

/** As `harvest view --in speedscope` does; without the package there is nothing to stand beside. */
async function speedscopeFigures(browser: Browser, trace: Trace, millions: number): Promise<BenchRow[]> {
  const profile = () => writerById('speedscope').write(trace);
  const server = await serveSpeedscope({ host: '127.0.0.1', port: 0, profile }).catch(() => undefined);
  if (!server) return [];
  await using _ = server;
  const page = await browser.newPage();
  page.setDefaultTimeout(300_000);
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
