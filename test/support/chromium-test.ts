import anyTest, { type TestFn } from 'ava';
import type { Browser } from 'playwright-core';
import { startChromium } from './viewer-page.js';

/** The test function of a file whose tests share one browser. */
export function testWithChromium(): TestFn<{ browser: Browser | undefined }> {
  const test = anyTest as TestFn<{ browser: Browser | undefined }>;
  test.before(async (t) => {
    t.context.browser = await startChromium();
  });
  test.after.always(async (t) => {
    await t.context.browser?.close();
  });
  return test;
}
