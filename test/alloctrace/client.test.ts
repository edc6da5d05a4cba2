import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { AlloctraceClient } from '../../lib/alloctrace/client.js';
import { LiveServedRing } from '../../lib/alloctrace/served-rings.js';
import { serveAlloctrace } from '../../lib/alloctrace/server.js';
import { writeAlloctraceJson } from '../../lib/formats/write-alloctrace-json.js';
import { HeapRing } from '../../lib/ring/heap-ring.js';
import { eventAt } from '../../lib/trace/trace.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { traceFromText } from '../support/trace-from-text.js';

const FAST = { retryDelayMs: 1, timeoutMs: 5000 };

/** A board that answers each request with the next of these (the last one again and again); resolves to its URL. */
async function board(t: ExecutionContext, ...answers: ((response: ServerResponse, path: string) => void)[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(`${request.method} ${request.url}`);
    answer?.(response, request.url ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { asked, url: `http://127.0.0.1:${port}` };
}

const DOCUMENT = [
  ...writeAlloctraceJson(
    traceFromText('alloc 0x1000 8 main@m.c:1\nalloc 0x1010 8 main@m.c:2\nalloc 0x1020 8 main@m.c:3'),
  ),
].join('');
const whole = (response: ServerResponse) => response.end(DOCUMENT);
const HALF = DOCUMENT.slice(0, DOCUMENT.indexOf('"seq":2'));

test('two harvesters: what one captured into a ring the other downloads', async (t) => {
  const ring = new HeapRing(100, { captureLargest: true }, 5);
  await using server = await serveAlloctrace(new LiveServedRing(ring, { name: 'board', elfBuildId: 'abc' }));
  const client = new AlloctraceClient(server.url, FAST);
  await client.configure({ backtrace: { depth: 1 } });
  const original = traceFromText(
    'alloc 0x1000 32 main@m.c:1 > foo@f.c:10\nfailed 99\nfree 0x1000 main@m.c:2\nmark end',
  );
  for (let seq = 0; seq < original.eventCount; seq++) ring.add({ ...eventAt(original, seq), atUs: seq * 10 });
  ring.add({ kind: 'mark', name: 'end' });
  await client.freeze();
  const status = await client.status();
  t.is(status.state, 'frozen');
  t.deepEqual(status.target, { name: 'board', elfBuildId: 'abc' });
  t.is(status.backtrace.depth, 1);
  const copy = await client.download();
  t.deepEqual(eventAt(copy, 0), {
    kind: 'alloc',
    address: 0x1000,
    sizeBytes: 32,
    atUs: 0,
    backtrace: [{ address: 0x8014, functionName: 'foo', file: 'f.c', line: 10 }],
  });
  t.is(copy.eventCount, 3);
  t.deepEqual(
    copy.marks.map((mark) => mark.name),
    ['end'],
  );
  t.is(copy.info.startedAtWallMs, 5);
  t.true(copy.info.complete);
  await client.resume();
  await client.reset();
  t.is((await client.status()).state, 'recording');
  t.is((await client.download({ limit: 1 })).eventCount, 0);
});

test('the base path is /alloctrace unless the URL has one', (t) => {
  t.is(new AlloctraceClient('http://board').baseUrl, 'http://board/alloctrace');
  t.is(new AlloctraceClient('http://board:81/').baseUrl, 'http://board:81/alloctrace');
  t.is(new AlloctraceClient('http://board/x/ring/').baseUrl, 'http://board/x/ring');
  for (const url of ['board', 'ftp://board', 'http://', 'http://u:p@board', 'http://board/?a=1'])
    t.throws(() => new AlloctraceClient(url), { code: 'HH1620' }, url);
});

test('a download that is cut is tried again', async (t) => {
  const cut = (response: ServerResponse) => {
    response.writeHead(200, { 'Content-Length': DOCUMENT.length });
    response.write(HALF, () => response.destroy());
  };
  const { url, asked } = await board(t, cut, whole);
  const trace = await new AlloctraceClient(url, FAST).download({ limit: 9 });
  t.is(trace.eventCount, 3);
  t.true(trace.info.complete);
  t.deepEqual(asked, ['GET /alloctrace/trace?limit=9', 'GET /alloctrace/trace?limit=9']);
});

test('when it stays cut the whole events are kept and the trace says so', async (t) => {
  const short = (response: ServerResponse) => {
    response.writeHead(200, { 'Content-Length': DOCUMENT.length });
    response.write(HALF, () => response.destroy());
  };
  const withoutLength = (response: ServerResponse) => response.end(HALF);
  for (const answer of [short, withoutLength]) {
    const { url, asked } = await board(t, answer);
    const trace = await new AlloctraceClient(url, FAST).download();
    t.is(asked.length, 3);
    t.is(trace.eventCount, 2);
    t.false(trace.info.complete);
    t.true(trace.gaps.some((gap) => gap.reason.startsWith('cut off after ')));
    t.true(trace.notes.some((note) => note.code === 'alloctrace-cut' && note.text.includes(url)));
  }
});

test('a board that hangs half-way is given up after the time-out, with what it sent', async (t) => {
  const { url } = await board(t, (response) => response.write(HALF));
  const trace = await new AlloctraceClient(url, { timeoutMs: 1500, retries: 0 }).download();
  t.is(trace.eventCount, 2);
  t.true(trace.notes.some((note) => note.text.includes('nothing for 1500 ms')));
});

test('a garbage collection during a download takes neither its time-out nor its abort away', async (t) => {
  const collecting = setInterval(collectGarbage, 100);
  t.teardown(() => clearInterval(collecting));
  const { url } = await board(t, (response) => response.write(HALF));
  const hanging = await new AlloctraceClient(url, { timeoutMs: 1500, retries: 0 }).download();
  t.true(hanging.notes.some((note) => note.text.includes('nothing for 1500 ms')));
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('enough')), 1000);
  const aborted = await new AlloctraceClient(url, { timeoutMs: 60_000 }).download({ signal: abort.signal });
  t.is(aborted.eventCount, 2);
  t.true(aborted.notes.some((note) => note.text.includes('enough')));
});

test('a board that is short of memory is asked again; a refusal is not repeated', async (t) => {
  const busy = (response: ServerResponse) => response.writeHead(503).end('{"error":"no memory"}');
  const again = await board(t, busy, whole);
  t.is((await new AlloctraceClient(again.url, FAST).download()).eventCount, 3);
  const refusing = await board(t, (response) => response.writeHead(403).end('{"error":"host is not served here"}'));
  const error = await t.throwsAsync(new AlloctraceClient(refusing.url, FAST).status(), { code: 'HH1622' });
  t.true(error.message.includes('403 (host is not served here)'));
  t.is(refusing.asked.length, 1);
});

test('what is not the protocol is named', async (t) => {
  const page = await board(t, (response) => response.end('<html>router</html>'));
  await t.throwsAsync(new AlloctraceClient(page.url, FAST).status(), { code: 'HH1623' });
  await t.throwsAsync(new AlloctraceClient(page.url, FAST).download(), { code: 'HH1490' });
  const other = await board(t, (response) => response.end('{"state":"lost"}'));
  const error = await t.throwsAsync(new AlloctraceClient(other.url, FAST).status(), { code: 'HH1623' });
  t.true(error.message.includes('status.ring: found nothing'));
  const redirecting = await board(t, (response) => response.writeHead(302, { location: 'http://evil.example' }).end());
  await t.throwsAsync(new AlloctraceClient(redirecting.url, FAST).status(), { code: 'HH1621' });
});

test('an endless answer is cut at the byte limit', async (t) => {
  const { url } = await board(t, (response) => {
    response.write(HALF);
    const pour = () => {
      while (response.writable && response.write(' '.repeat(65536)));
      response.once('drain', pour);
    };
    pour();
  });
  const trace = await new AlloctraceClient(url, { ...FAST, retries: 0, maxBytes: 1_000_000 }).download();
  t.is(trace.eventCount, 2);
  t.true(trace.notes.some((note) => note.text.includes('more than 1000000 bytes')));
});

test('nobody there is DeviceLostError with the reason', async (t) => {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const error = await t.throwsAsync(new AlloctraceClient(`http://127.0.0.1:${port}`, FAST).download(), {
    code: 'HH1621',
  });
  t.true(error.message.includes('ECONNREFUSED'), error.message);
});

test('an abort ends a request that waits', async (t) => {
  const { url } = await board(t, () => {});
  const abort = new AbortController();
  const waiting = new AlloctraceClient(url, FAST).status(abort.signal);
  abort.abort();
  await t.throwsAsync(waiting, { any: true, name: 'AbortError' });
});
