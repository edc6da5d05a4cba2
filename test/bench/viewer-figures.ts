import { readFileSync } from 'node:fs';
import type { Browser, CDPSession, Page } from 'playwright-core';

/** What a step of work took. Wall time is only worth something on a machine that does nothing else; processor time is of all threads. */
export interface Spent {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Processor time and memory of the browser's renderers, as the system counts them. */
export class Renderers {
  private constructor(private readonly session: CDPSession) {}

  static async of(browser: Browser): Promise<Renderers> {
    return new Renderers(await browser.newBrowserCDPSession());
  }

  async cpuMs(): Promise<number> {
    const all = await this.all();
    return all.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
  }

  /** What they keep in memory, workers too: shared pages counted by their share. */
  async memoryMb(): Promise<number> {
    const all = await this.all();
    return all.reduce((sum, { id }) => sum + pssMb(id), 0);
  }

  private async all(): Promise<readonly { readonly id: number; readonly cpuTime: number }[]> {
    const { processInfo } = await this.session.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type }) => type === 'renderer');
  }
}

function pssMb(pid: number): number {
  try {
    const [, kb] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    return Number(kb ?? 0) / 1024;
  } catch {
    // A process that has just ended.
    return 0;
  }
}

/** From the moment the page has the file until its map is drawn; `benchStart` stays for what comes later. */
export async function openTime(page: Page, path: string): Promise<number> {
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

export interface Frames {
  readonly median: number;
  readonly p95: number;
  readonly worst: number;
  /** Of the page's own thread, a step. */
  readonly cpuMs: number;
}

const STEPS = 200;

/** Steps to places all over the trace: the work of the input event and of the drawing that follows, until the frame is made. */
export async function sliderFrames(page: Page): Promise<Frames> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await taskMs(session);
  const times = await page.evaluate<number[]>(`(async () => {
    const slider = document.querySelector('#slider');
    const times = [];
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const task = () => new Promise((resolve) => { const channel = new MessageChannel(); channel.port1.onmessage = resolve; channel.port2.postMessage(0); });
    for (let i = 0; i < ${STEPS}; i++) {
      await frame();
      const start = performance.now();
      slider.value = String(Math.floor(((i * 617) % ${STEPS}) * (Number(slider.max) / ${STEPS})));
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      await task();
      await task();
      if (String(heapHarvest.state().atSeq) !== slider.value) throw new Error('the slider did not move the page');
      times.push(performance.now() - start);
    }
    return times;
  })()`);
  const cpuMs = ((await taskMs(session)) - before) / STEPS;
  await session.detach();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { median: at(0.5), p95: at(0.95), worst: at(1), cpuMs };
}

async function taskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
}

/** The longest of all switches from one panel to the next: until the page has drawn and can be used again. */
export async function tabSwitch(page: Page): Promise<number> {
  return page.evaluate<number>(`(async () => {
    let longest = 0;
    for (const id of ['fragmentation', 'leaks', 'statistics', 'tree', 'flame', 'diff', 'table']) {
      const start = performance.now();
      document.getElementById('tab-' + id).click();
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      longest = Math.max(longest, performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return longest;
  })()`);
}

export async function sortTime(page: Page): Promise<number> {
  await page.waitForSelector('.row[data-seq]');
  const times = await page.evaluate<number[]>(`(async () => {
    const times = [];
    for (const title of ['bytes', 'life', 'address', 'source', 'drop']) {
      const button = [...document.querySelectorAll('[role=columnheader] button')].find((it) => it.textContent.startsWith(title));
      const first = () => [...document.querySelectorAll('.row[data-seq]')].map((it) => it.dataset.seq).join();
      const [start, before] = [performance.now(), first()];
      button.click();
      // The rows come from the worker; a sort that leaves them as they are is not waited for.
      while (first() === before && performance.now() - start < 5000) await new Promise((resolve) => setTimeout(resolve, 1));
      times.push(performance.now() - start);
    }
    return times;
  })()`);
  return times.sort((a, b) => a - b)[2] ?? 0;
}
