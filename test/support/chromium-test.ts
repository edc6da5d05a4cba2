import anyTest, { type SerialFn, type TestFn } from 'ava';
import type { Browser } from 'playwright-core';
import { startChromium } from './viewer-page.js';

/** The test function of a file whose tests share one browser, one page at a time: a dozen at once would wait for each other. */
export function testWithChromium(): SerialFn<{ browser: Browser | undefined }> {
  const test = (anyTest as TestFn<{ browser: Browser | undefined }>).serial;
  test.before(async (t) => {
    t.context.browser = await startChromium();
  });
  test.after.always(async (t) => {
    await t.context.browser?.close();
  });
  return test;
}
