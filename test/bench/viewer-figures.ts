import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Browser, CDPSession, Page } from 'playwright-core';

/** Processor time by thread: of the page's own script and drawing, of its workers, and of all else that the browser does for it. */
export interface ThreadTimes {
  readonly pageMs: number;
  readonly workerMs: number;
  /** Compositing, the collection of garbage beside the script, decoding of messages. */
  readonly otherMs: number;
}

/** Processor time and memory of the browser's renderers, as the system counts them. */
export class Renderers {
  private peakMb = 0;
  private watch: NodeJS.Timeout | undefined;

  private constructor(private readonly session: CDPSession) {}

  static async of(browser: Browser): Promise<Renderers> {
    return new Renderers(await browser.newBrowserCDPSession());
  }

  async cpuMs(): Promise<number> {
    const { pageMs, workerMs, otherMs } = await this.threads();
    return pageMs + workerMs + otherMs;
  }

  async threads(): Promise<ThreadTimes> {
    let [pageMs, workerMs, otherMs] = [0, 0, 0];
    for (const pid of await this.pids()) {
      for (const { isMain, name, cpuMs } of threadsOf(pid)) {
        if (isMain) pageMs += cpuMs;
        else if (name.startsWith('DedicatedWorker')) workerMs += cpuMs;
        else otherMs += cpuMs;
      }
    }
    return { pageMs, workerMs, otherMs };
  }

  /** What they keep in memory, workers too: shared pages counted by their share. */
  async memoryMb(): Promise<number> {
    const mb = (await this.pids()).reduce((sum, pid) => sum + pssMb(pid), 0);
    this.peakMb = Math.max(this.peakMb, mb);
    return mb;
  }

  /** From now on looks at the memory again and again, until the peak is asked for. */
  watchMemory(): void {
    this.watch = setInterval(() => void this.memoryMb().catch(() => undefined), 200);
  }

  peakMemoryMb(): number {
    clearInterval(this.watch);
    return this.peakMb;
  }

  private async pids(): Promise<readonly number[]> {
    const { processInfo } = await this.session.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type, id }) => type === 'renderer' && !isOfBrowser(id)).map(({ id }) => id);
  }
}

/** What draws the browser's own address bar, in a window that nobody sees, has nothing to do with the page. */
function isOfBrowser(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--top-chrome-webui');
  } catch {
    // A process that has just ended.
    return false;
  }
}

export function since(before: ThreadTimes, after: ThreadTimes): ThreadTimes {
  return {
    pageMs: after.pageMs - before.pageMs,
    workerMs: after.workerMs - before.workerMs,
    otherMs: after.otherMs - before.otherMs,
  };
}

interface Thread {
  readonly isMain: boolean;
  readonly name: string;
  readonly cpuMs: number;
}

/** The first figure of schedstat is nanoseconds on a processor: finer than the clock ticks of stat. */
function threadsOf(pid: number): Thread[] {
  const folder = `/proc/${pid}/task`;
  const read = (id: string): Thread[] => {
    try {
      const [onCpu] = readFileSync(`${folder}/${id}/schedstat`, 'utf8').split(' ');
      const name = readFileSync(`${folder}/${id}/comm`, 'utf8').trim();
      return [{ isMain: Number(id) === pid, name, cpuMs: Number(onCpu) / 1e6 }];
    } catch {
      // A thread that has just ended.
      return [];
    }
  };
  return existsSync(folder) ? readdirSync(folder).flatMap(read) : [];
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

/** From the same moment until the curve of the largest free block is there. */
export async function curveTime(page: Page): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    const check = () => {
      if (heapHarvest.state().loaded.gapsState === 'ready') resolve(performance.now() - benchStart);
      else setTimeout(check, 5);
    };
    check();
  })`);
}

export interface Frames {
  readonly median: number;
  readonly p95: number;
  readonly worst: number;
  /** A step. */
  readonly threads: ThreadTimes;
}

const STEPS = 200;

/** Steps to places all over the trace: the work of the input event and of the drawing that follows, until the frame is made. */
export async function sliderFrames(page: Page, renderers: Renderers): Promise<Frames> {
  const before = await renderers.threads();
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
  const { pageMs, workerMs, otherMs } = since(before, await renderers.threads());
  const threads = { pageMs: pageMs / STEPS, workerMs: workerMs / STEPS, otherMs: otherMs / STEPS };
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { median: at(0.5), p95: at(0.95), worst: at(1), threads };
}

const PANELS = ['fragmentation', 'leaks', 'statistics', 'tree', 'flame', 'diff', 'table'];

/** The longest of all switches from one panel to the next, until the page has drawn and can be used again, and the most processor time of the page for one. */
export async function tabSwitch(page: Page, renderers: Renderers): Promise<{ wallMs: number; pageMs: number }> {
  let [wallMs, pageMs] = [0, 0];
  for (const id of PANELS) {
    const before = await renderers.threads();
    const wall = await page.evaluate<number>(`(async () => {
      const start = performance.now();
      document.getElementById('tab-${id}').click();
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - start;
    })()`);
    wallMs = Math.max(wallMs, wall);
    pageMs = Math.max(pageMs, since(before, await renderers.threads()).pageMs);
    // What the worker has to say comes later.
    await page.waitForTimeout(500);
  }
  return { wallMs, pageMs };
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
