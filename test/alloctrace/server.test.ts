import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import test from 'ava';
import { inTurns } from '../../lib/alloctrace/in-turns.js';
import { FinishedServedRing, LiveServedRing } from '../../lib/alloctrace/served-rings.js';
import { type AlloctraceServerOptions, serveAlloctrace } from '../../lib/alloctrace/server.js';
import { HeapRing } from '../../lib/ring/heap-ring.js';
import { EventKind } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { traceFromText } from '../support/trace-from-text.js';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** A plain client: fetch would not send another Host or Origin. */
function ask(port: number, path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const post = (port: number, path: string, body: unknown = {}) =>
  ask(port, `/alloctrace/${path}`, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });

function liveServer(capacity = 4, options: AlloctraceServerOptions = {}) {
  const ring = new HeapRing(capacity, {}, 1000);
  return { ring, serving: serveAlloctrace(new LiveServedRing(ring, { name: 'microbit' }), options) };
}

test('serves status, settings, freeze, resume and reset of a live ring', async (t) => {
  const { ring, serving } = liveServer(2);
  await using server = await serving;
  t.is(server.url, `http://127.0.0.1:${server.port}/alloctrace`);
  const status = JSON.parse((await ask(server.port, '/alloctrace/status')).text);
  t.deepEqual(status, {
    state: 'idle',
    ring: { count: 0, capacity: 2 },
    captured: 0,
    overwritten: 0,
    collapsed: 0,
    captureLargest: false,
    collapsePairs: false,
    stopOnFull: true,
    backtrace: { depth: 6, minSizeBytes: 0, skipFrees: false },
    target: { name: 'microbit' },
  });
  t.is((await post(server.port, 'config', { collapsePairs: true, backtrace: { depth: 2 } })).status, 200);
  t.true(ring.settings.collapsePairs);
  t.is(ring.settings.backtrace.depth, 2);
  ring.add({ kind: 'alloc', address: 1, sizeBytes: 1 });
  t.is(JSON.parse((await post(server.port, 'freeze')).text).state, 'frozen');
  t.is(JSON.parse((await post(server.port, 'resume')).text).state, 'recording');
  ring.add({ kind: 'alloc', address: 2, sizeBytes: 1 });
  const full = await post(server.port, 'resume');
  t.is(full.status, 409);
  t.true(JSON.parse(full.text).error.includes('the ring is full'));
  t.is(JSON.parse((await post(server.port, 'reset')).text).ring.count, 0);
});

test('GET /trace gives the header of the protocol and the newest events on request', async (t) => {
  const { ring, serving } = liveServer(8);
  await using server = await serving;
  for (let i = 1; i <= 3; i++) ring.add({ kind: 'alloc', address: i, sizeBytes: 8, atUs: i });
  const { header, events } = JSON.parse((await ask(server.port, '/alloctrace/trace?limit=2')).text);
  t.deepEqual(
    events.map((event: { address: number }) => event.address),
    [2, 3],
  );
  t.is(header.anchorWallMs, 1000);
  t.deepEqual(header.ring, { count: 3, capacity: 8 });
  t.true(header.truncated);
  t.is((await ask(server.port, '/alloctrace/trace?limit=-1')).status, 400);
});

test('a setting out of range is 400 and names the field', async (t) => {
  const { ring, serving } = liveServer();
  await using server = await serving;
  const cases: [unknown, string][] = [
    [{ backtrace: { depth: 7 } }, 'config.backtrace.depth'],
    [{ backtrace: { depth: 0 } }, 'config.backtrace.depth'],
    [{ backtrace: { minSizeBytes: -1 } }, 'config.backtrace.minSizeBytes'],
    [{ stopOnFull: 1 }, 'config.stopOnFull'],
    [{ stopOnFul: true }, 'config.stopOnFul'],
    [[], 'config'],
  ];
  for (const [body, field] of cases) {
    const { status, text } = await post(server.port, 'config', body);
    t.is(status, 400);
    t.true(JSON.parse(text).error.startsWith(field), text);
  }
  const broken = await ask(server.port, '/alloctrace/config', { method: 'POST', headers: JSON_TYPE, body: '{' });
  t.is(broken.status, 400);
  t.true(ring.settings.stopOnFull);
});

test('a finished trace can be read but not changed', async (t) => {
  await using server = await serveAlloctrace(new FinishedServedRing(traceFromText('alloc 0x100 8')));
  t.is(JSON.parse((await ask(server.port, '/alloctrace/trace')).text).events.length, 1);
  t.is(JSON.parse((await ask(server.port, '/alloctrace/status')).text).state, 'frozen');
  t.is((await post(server.port, 'freeze')).status, 200);
  for (const path of ['reset', 'resume']) t.is((await post(server.port, path)).status, 409);
});

test('unknown endpoints are 404 with a JSON error, wrong methods 405', async (t) => {
  const { serving } = liveServer();
  await using server = await serving;
  for (const path of ['/', '/alloctrace', '/alloctrace/', '/alloctrace/statuses', '/status', '/alloctracestatus']) {
    const { status, text, headers } = await ask(server.port, path);
    t.is(status, 404, path);
    t.is(typeof JSON.parse(text).error, 'string');
    t.is(headers['content-type'], 'application/json; charset=utf-8');
  }
  const wrong = await ask(server.port, '/alloctrace/reset');
  t.is(wrong.status, 405);
  t.is(wrong.headers.allow, 'POST');
});

test('a host name that was rebound to this machine gets nothing', async (t) => {
  const { ring, serving } = liveServer(4, { allowedHosts: ['Board.lan', 'other.lan:8080'] });
  await using server = await serving;
  const { port } = server;
  const status = async (host: string) => (await ask(port, '/alloctrace/status', { headers: { host } })).status;
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${port + 1}`, 'other.lan', 'a b'])
    t.is(await status(host), 403, host);
  for (const host of [`127.0.0.1:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`, `board.lan:${port}`, 'other.lan:8080'])
    t.is(await status(host), 200, host);
  const headers = { ...JSON_TYPE, host: `evil.example:${port}` };
  ring.add({ kind: 'alloc', address: 1, sizeBytes: 1 });
  t.is((await ask(port, '/alloctrace/reset', { method: 'POST', headers, body: '{}' })).status, 403);
  t.is(ring.count, 1);
});

test('other origins are refused; a page from a file may read but not change', async (t) => {
  const { ring, serving } = liveServer();
  await using server = await serving;
  const own = `http://127.0.0.1:${server.port}`;
  const read = (origin: string) => ask(server.port, '/alloctrace/status', { headers: { origin } });
  const reset = (origin: string) =>
    ask(server.port, '/alloctrace/reset', { method: 'POST', headers: { ...JSON_TYPE, origin }, body: '{}' });
  ring.add({ kind: 'alloc', address: 1, sizeBytes: 1 });
  for (const origin of ['http://evil.example', `https://127.0.0.1:${server.port}`, `http://127.0.0.1:1`, 'file://']) {
    const answer = await read(origin);
    t.is(answer.status, 403, origin);
    t.is(answer.headers['access-control-allow-origin'], undefined);
    t.is((await reset(origin)).status, 403, origin);
  }
  t.is((await read('null')).headers['access-control-allow-origin'], 'null');
  t.is((await reset('null')).status, 403);
  t.is(ring.count, 1);
  t.is((await read(own)).headers['access-control-allow-origin'], own);
  t.is((await reset(own)).status, 200);
  t.is(ring.count, 0);
});

test('a page of another site cannot embed an endpoint, but a link to it works', async (t) => {
  const { serving } = liveServer();
  await using server = await serving;
  const get = async (mode: string) => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode };
    return (await ask(server.port, '/alloctrace/trace', { headers })).status;
  };
  t.is(await get('no-cors'), 403);
  t.is(await get('navigate'), 200);
});

test('a simple form post changes nothing', async (t) => {
  const { ring, serving } = liveServer();
  await using server = await serving;
  ring.add({ kind: 'alloc', address: 1, sizeBytes: 1 });
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonx']) {
    const headers = { 'content-type': type };
    t.is((await ask(server.port, '/alloctrace/reset', { method: 'POST', headers, body: '{}' })).status, 415, type);
  }
  t.is((await ask(server.port, '/alloctrace/reset', { method: 'POST' })).status, 415);
  t.is(ring.count, 1);
});

test('preflights are answered for those who may, and only for the method of the endpoint', async (t) => {
  const { serving } = liveServer(4, { cors: ['http://ci.lan'] });
  await using server = await serving;
  const preflight = (origin: string, path: string, method: string) =>
    ask(server.port, `/alloctrace/${path}`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'content-type' },
    });
  t.is((await preflight('http://evil.example', 'reset', 'POST')).status, 403);
  t.is((await preflight('null', 'reset', 'POST')).status, 403);
  t.is((await preflight('null', 'status', 'GET')).status, 204);
  const { status, headers } = await preflight('http://ci.lan', 'reset', 'POST');
  t.is(status, 204);
  t.is(headers['access-control-allow-origin'], 'http://ci.lan');
  t.is(headers['access-control-allow-methods'], 'POST');
  t.is(headers['access-control-allow-headers'], 'content-type');
});

test('a body that is too large is refused with 413', async (t) => {
  const { ring, serving } = liveServer();
  await using server = await serving;
  const body = JSON.stringify({ padding: 'x'.repeat(70_000) });
  const { status } = await ask(server.port, '/alloctrace/config', { method: 'POST', headers: JSON_TYPE, body });
  t.is(status, 413);
  t.true(ring.settings.stopOnFull);
});

test('paths that climb find nothing, encoded or not', async (t) => {
  const page = new TextEncoder().encode('<!doctype html>page');
  const { serving } = liveServer(4, { page });
  await using server = await serving;
  for (const path of [
    '/../package.json',
    '/alloctrace/../../etc/passwd',
    '/alloctrace/..%2f..%2fetc/passwd',
    '/%2e%2e/package.json',
    '//etc/passwd',
    '/alloctrace/status/..',
    '/alloctrace/./status',
    '/index.html/..',
    '/alloctrace/__proto__',
    '/alloctrace/constructor',
  ])
    t.is((await ask(server.port, path)).status, 404, path);
  const { text, headers } = await ask(server.port, '/');
  t.is(text, '<!doctype html>page');
  t.is(headers['content-security-policy'], "frame-ancestors 'none'");
  // Without these two the page may not share memory with its worker.
  t.is(headers['cross-origin-opener-policy'], 'same-origin');
  t.is(headers['cross-origin-embedder-policy'], 'require-corp');
});

test('raw nonsense on the socket does not end the server', async (t) => {
  const { serving } = liveServer();
  await using server = await serving;
  for (const bytes of [
    'GET / HTTP/1.1\r\n\r\n',
    '\0\xff\r\n\r\n',
    'POST /alloctrace/reset HTTP/1.1\r\nHost: x\r\n\r\n',
  ])
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.end(bytes, 'latin1'));
      socket.on('close', () => resolve()).on('error', () => resolve());
      socket.resume();
    });
  t.is((await ask(server.port, '/alloctrace/status')).status, 200);
});

test('closing ends open connections and can be repeated; a port in use is named', async (t) => {
  const { serving } = liveServer();
  const server = await serving;
  const { serving: second } = liveServer(4, { port: server.port });
  const error = await t.throwsAsync(second, { code: 'HH1640' });
  t.true(error.message.includes(String(server.port)));
  const hanging = connect(server.port, '127.0.0.1');
  const ended = new Promise((resolve) => hanging.on('close', resolve).on('error', () => {}));
  await server.close();
  await server.close();
  await ended;
  t.true(hanging.destroyed);
});

test('what is no port is refused before anything is opened', async (t) => {
  for (const port of [-1, 1.5, 65_536, 1e308, Number.NaN])
    await t.throwsAsync(liveServer(4, { port }).serving, { code: 'HH1900' }, String(port));
});

test.serial('clients that connect and say nothing, or never end their request, lock nobody out', async (t) => {
  t.timeout(120_000);
  const { serving } = liveServer();
  await using server = await serving;
  const sockets = Array.from({ length: 80 }, (_, i) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    if (i % 2 === 0) socket.write('GET /alloctrace/status HTTP/1.1\r\nHost: 127.0.0.1\r\nX-');
    return socket;
  });
  const trickle = setInterval(() => {
    for (const socket of sockets) if (!socket.destroyed && socket.bytesWritten > 0) socket.write('a');
  }, 200);
  try {
    let status = 0;
    for (let tries = 0; status !== 200 && tries < 600; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      status = await ask(server.port, '/alloctrace/status').then(
        (answer) => answer.status,
        () => 0,
      );
    }
    t.is(status, 200);
  } finally {
    clearInterval(trickle);
    for (const socket of sockets) socket.destroy();
  }
});

test.serial(
  'an answer is made no further once its client is gone, and others are answered while it is made',
  async (t) => {
    let made = 0;
    const pieces = (function* () {
      for (;;) {
        made++;
        const until = performance.now() + 5;
        while (performance.now() < until);
        yield made % 2 === 0 ? 'x' : '';
      }
    })();
    const client = { destroyed: false };
    let others = 0;
    const other = setInterval(() => others++, 1);
    for await (const piece of inTurns(pieces, client)) {
      t.is(piece, 'x');
      if (others > 5) client.destroyed = true;
    }
    clearInterval(other);
    const before = made;
    await new Promise((resolve) => setTimeout(resolve, 30));
    t.is(made, before);
  },
);

test.serial('aborted downloads of a large trace leave the server answering', async (t) => {
  t.timeout(120_000);
  const builder = new TraceBuilder({ source: 'test' });
  for (let i = 0; i < 400_000; i++) builder.addEvent(i % 5 === 4 ? EventKind.failed : EventKind.alloc, i * 16, 16, -1);
  await using server = await serveAlloctrace(new FinishedServedRing(builder.build()));
  for (let i = 0; i < 30; i++) {
    const call = request({ host: '127.0.0.1', port: server.port, path: '/alloctrace/trace' });
    call.on('error', () => undefined);
    call.end();
    await new Promise((resolve) => setTimeout(resolve, 5));
    call.destroy();
  }
  t.is((await ask(server.port, '/alloctrace/status')).status, 200);
  const { text } = await ask(server.port, '/alloctrace/trace?limit=10');
  t.is((JSON.parse(text) as { events: unknown[] }).events.length, 8);
});
