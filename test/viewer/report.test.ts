import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { htmlReport } from '../../lib/report/html-report.js';
import { testWithChromium } from '../support/chromium-test.js';
import { CLI, runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';
import {
  journalFromText,
  keepScreenshot,
  openViewer,
  settled,
  VECTOR,
  viewerPath,
  withoutChromium,
} from '../support/viewer-page.js';

const test = testWithChromium();

test('harvest report writes one file that shows the trace without a server', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'run.harvest'), journalFromText(VECTOR));
  const result = await runCli(
    ['report', 'run.harvest', '-o', 'out.html', '--title', '</script><script>window.pwned=1</script>"'],
    { cwd: folder },
  );
  t.is(result.status, 0, result.stderr);
  await using viewer = await openViewer(browser, { path: join(folder, 'out.html'), hash: '#at=4&tab=leaks' });
  await settled(viewer.page);
  t.is(await viewer.ask('state().loaded.trace.eventCount'), 6);
  t.is(await viewer.ask('state().atSeq'), 4);
  t.true((await viewer.ask<string>('state().loaded.name')).startsWith('</script>'));
  t.is(await viewer.page.evaluate('window.pwned'), undefined);
  // The sentence of `harvest frag` on top, in which bounds look like bounds.
  const frag = await runCli(['frag', 'run.harvest', '--at', '4'], { cwd: folder });
  const verdict = (await viewer.page.textContent('.verdict-line')) ?? 'none';
  t.regex(verdict, /^≈ 13 % fragmented: ≤ 128 B free, largest ≤ 112 B; boot \(1 block\) is in the way \(not exact\)$/);
  t.true(frag.stdout.split('\n').includes(verdict.replace(/[≈≤] | \(not exact\)/g, '')), frag.stdout);
  t.deepEqual(viewer.complaints, []);
  t.deepEqual(viewer.requests, []);
  await keepScreenshot(viewer.page, 'report');
});

test('a report escapes its title and takes nothing but base64', (t) => {
  const page = 'before<!--embedded-trace-->after';
  const html = htmlReport({ viewerHtml: page, journalGzipBase64: 'QUJD', title: `"><b>'&\u202e` });
  t.is(
    html,
    'before<script type="application/x-heap-harvest" data-name="&quot;&gt;&lt;b&gt;&#39;&amp;\\u202e">QUJD</script>after',
  );
  t.throws(() => htmlReport({ viewerHtml: page, journalGzipBase64: '</script>', title: '' }), { code: 'HH1920' });
  t.throws(() => htmlReport({ viewerHtml: 'no place', journalGzipBase64: 'QUJD', title: '' }), { code: 'HH1920' });
});

test('harvest view serves the trace in the viewer on 127.0.0.1 only', async (t) => {
  const { browser } = t.context;
  if (!browser) return withoutChromium(t);
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'run.harvest'), journalFromText(VECTOR));
  const child = spawn(process.execPath, [CLI, 'view', 'run.harvest', '--no-open', '--json'], { cwd: folder });
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [Buffer];
  const { url } = JSON.parse(`${line}`) as { url: string };
  t.regex(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  const page = await browser.newPage();
  await page.goto(url);
  await settled(page);
  t.is(await page.evaluate('heapHarvest.state().loaded.trace.eventCount'), 6);
  await page.close();
  child.kill('SIGINT');
  const [status] = (await once(child, 'exit')) as [number];
  t.is(status, 0);
});

test('the page is one file of at most 500 KiB that may load nothing', (t) => {
  const html = readFileSync(viewerPath, 'utf8');
  t.true(Buffer.byteLength(html) <= 500 * 1024, `${Buffer.byteLength(html)} bytes`);
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? '';
  t.true(policy.startsWith("default-src 'none'"));
  t.false(policy.includes('unsafe'));
  t.deepEqual([...html.matchAll(/<(?:script|link|img|iframe)[^>]*\s(?:src|href)="(?!data:)/g)], []);
});
