import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { journalFromText, VECTOR, type ViewerPage } from './viewer-page.js';

const TABS = ['table', 'fragmentation', 'leaks', 'statistics', 'tree', 'flame', 'diff', 'why'];

/** Clicks on what is there of some elements, one after the other; by the page itself, which takes little time between them. */
export async function clickThrough(page: Page, selectors: readonly string[]): Promise<void> {
  await page.evaluate(`(async () => {
    for (const selector of ${JSON.stringify(selectors)}) {
      for (const element of document.querySelectorAll(selector)) element.click();
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
  })()`);
}

/** Every panel and both views of what is open. */
export async function visitEverything({ page }: ViewerPage): Promise<void> {
  const views = ['.view-tabs button:last-child', '.view-tabs button:first-child'];
  await clickThrough(page, [...TABS.map((tab) => `#tab-${tab}`), ...views, '.bar [aria-expanded=false]', 'summary']);
}

/** The page still opens a good trace and draws it. */
export async function lives(viewer: ViewerPage): Promise<boolean> {
  await viewer.open(journalFromText(VECTOR), 'good.harvest');
  return viewer.ask(`state().loaded.trace.eventCount === 6 && state().error === undefined`);
}

/** What an item of the menu Save hands to the browser. */
export async function savedFile(
  { page }: ViewerPage,
  item: string,
): Promise<{ readonly bytes: Buffer; readonly name: string }> {
  await page.click('header button:text("Save")');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.click(`.menu-items button:text("${item}")`),
  ]);
  return { bytes: readFileSync(await download.path()), name: download.suggestedFilename() };
}
