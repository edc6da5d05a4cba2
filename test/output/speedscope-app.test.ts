import { request } from 'node:http';
import test from 'ava';
import { chromium } from 'playwright-core';
import { UsageError } from '../../lib/errors/errors.js';
import { writerById } from '../../lib/formats/export/trace-writers.js';
import { serveSpeedscope } from '../../lib/output/speedscope-app.js';
import { toolPath } from '../support/real-tool.js';
import { traceFromText } from '../support/trace-from-text.js';

const TRACE = traceFromText('alloc 0x1000 64 main@m.c:1 > foo@f.c:10\nalloc 0x1100 128 main@m.c:2 > bar@b.c:20');

const serve = () =>
  serveSpeedscope({
    host: '127.0.0.1',
    port: 0,
    profile: () => writerById('speedscope').write(TRACE),
  });

/** The status of a request, which may name another host than it goes to. */
function statusOf(port: number, path: string, host = '127.0.0.1'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers: { Host: host } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    asked.on('error', reject).end();
  });
}

test('serves the app and the profile, and nothing else of the machine, to its own host only', async (t) => {
  await using server = await serve();
  const { port } = server;
  t.is(await statusOf(port, '/'), 200);
  t.is(await statusOf(port, '/profile.speedscope.json'), 200);
  t.is(await statusOf(port, '/../package.json'), 404);
  t.is(await statusOf(port, '/%2e%2e/package.json'), 404);
  t.is(await statusOf(port, '/profile.speedscope.json', 'evil.example'), 403);
  t.is(await statusOf(port, '/profile.speedscope.json', `localhost:${port}`), 200);
});

test('what is no port is refused as elsewhere', async (t) => {
  const options = { host: '127.0.0.1', port: 99_999, profile: () => [] };
  const error = await t.throwsAsync(serveSpeedscope(options), { instanceOf: UsageError });
  t.is(error?.code, 'HH1900');
});

test('speedscope, from the npm package, shows the profile at the address', async (t) => {
  t.timeout(240_000);
  await using server = await serve();
  t.true(server.port > 0);
  const executablePath = toolPath(t, 'chromium');
  if (executablePath === undefined) return;
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage();
    const outside: string[] = [];
    page.on('request', (one) => {
      if (new URL(one.url()).host !== new URL(server.url).host) outside.push(one.url());
    });
    await page.goto(server.url);
    await page.getByText('live at end (1/4)').waitFor({ timeout: 120_000 });
    t.deepEqual(
      outside.filter((url) => !url.startsWith('data:') && !url.startsWith('blob:')),
      [],
    );
  } finally {
    await browser.close();
  }
});
