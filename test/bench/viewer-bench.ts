import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { openViewer, startChromium, viewerPath } from '../support/viewer-page.js';
import type { BenchRow } from './bench-row.js';
import { syntheticTrace } from './synthetic-trace.js';

const EVENTS = 1_000_000;
const FRAMES = 200;

/**
 * The viewer with a million events in headless Chromium: how long opening takes until the map is drawn, and the largest-free curve
 * is there; a step of the slider from its input event to the next frame; sorting half a million rows; sizes.
 */
export async function viewerBench(): Promise<BenchRow[]> {
  const browser = await startChromium();
  if (!browser) return [];
  const path = join(tmpdir(), `heap-harvest-bench-${process.pid}.harvest`);
  try {
    await writeFile(path, Buffer.concat(journalBytes(syntheticTrace(EVENTS))));
    await using viewer = await openViewer(browser);
    const { page } = viewer;
    const opening = await openTime(page, path);
    await viewer.until('state().loaded.gaps !== undefined');
    const curve = await page.evaluate<number>('performance.now() - benchStart');
    const slider = await sliderFrames(page);
    const sort = await sortTime(page);
    return [
      row('viewer: open 1M events until the map is drawn', opening, 'ms', 3000),
      row('viewer: the same until the largest-free curve is there', curve, 'ms'),
      row('viewer: slider step, median', slider.median, 'ms', 16),
      row('viewer: slider step, p95', slider.p95, 'ms', 33),
      row('viewer: sort 550k rows, median of 5', sort, 'ms', 300),
      row('viewer: bundle', readFileSync(viewerPath).length / 1024, 'KB', 400),
      row('viewer: memory of the page', await memoryMb(page), 'MB', 600),
    ];
  } finally {
    await browser.close();
  }
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

/** From the moment the page has the bytes: reading a file from the disk is not the page's work. */
async function openTime(page: Page, path: string): Promise<number> {
  await page.evaluate(`
    const input = document.querySelector('#open-file');
    globalThis.benchStart = 0;
    globalThis.benchOpened = new Promise((resolve) => {
      input.addEventListener('change', () => {
        globalThis.benchStart = performance.now();
        const check = () => {
          const { loaded, busy } = heapHarvest.state();
          if (loaded && busy === '' && document.querySelector('canvas.map')) {
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - benchStart)));
          } else setTimeout(check, 5);
        };
        check();
      }, { capture: true, once: true });
    });
    undefined`);
  await page.setInputFiles('#open-file', path);
  return page.evaluate<number>('benchOpened');
}

/** Steps to places all over the trace: the work of the input event and of the drawing that follows, until the frame is made. */
async function sliderFrames(page: Page): Promise<{ readonly median: number; readonly p95: number }> {
  const times = await page.evaluate<number[]>(`(async () => {
    const slider = document.querySelector('#slider');
    const times = [];
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (let i = 0; i < ${FRAMES}; i++) {
      await frame();
      const start = performance.now();
      slider.value = String(Math.floor(((i * 617) % ${FRAMES}) * (${EVENTS - 1} / ${FRAMES})));
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise((resolve) => { const channel = new MessageChannel(); channel.port1.onmessage = resolve; channel.port2.postMessage(0); });
      await new Promise((resolve) => { const channel = new MessageChannel(); channel.port1.onmessage = resolve; channel.port2.postMessage(0); });
      if (String(heapHarvest.state().atSeq) !== slider.value) throw new Error('the slider did not move the page');
      times.push(performance.now() - start);
    }
    return times;
  })()`);
  times.sort((a, b) => a - b);
  return { median: times[Math.floor(times.length / 2)] ?? 0, p95: times[Math.floor(times.length * 0.95)] ?? 0 };
}

async function sortTime(page: Page): Promise<number> {
  const times = await page.evaluate<number[]>(`(async () => {
    const times = [];
    for (const title of ['bytes', 'life', 'address', 'source', 'drop']) {
      const button = [...document.querySelectorAll('[role=columnheader] button')].find((it) => it.textContent.startsWith(title));
      const start = performance.now();
      button.click();
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      times.push(performance.now() - start);
    }
    return times;
  })()`);
  return times.sort((a, b) => a - b)[2] ?? 0;
}

/** Typed arrays included, after a collection: what the renderer's heap and its buffers take. */
async function memoryMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize = 0 } = (await session.send('Runtime.getHeapUsage')) as {
    readonly usedSize: number;
    readonly backingStorageSize?: number;
  };
  return (usedSize + backingStorageSize) / (1024 * 1024);
}
