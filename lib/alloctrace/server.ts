import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { bracketed, closed, listen } from '../base/http-listen.js';
import type { Milliseconds } from '../base/units.js';
import { HarvestError, TraceFormatError } from '../errors/errors.js';
import { writeAlloctraceJson } from '../formats/write-alloctrace-json.js';
import { watchCrowd } from './crowd.js';
import { inTurns } from './in-turns.js';
import { DEFAULT_BASE_PATH, parseConfig, type ServedRing } from './protocol.js';
import { checkRequest, type GuardPolicy, normalHost } from './request-guard.js';

/** Where a server listens, and who may ask it. */
export interface AlloctraceServerOptions {
  /** Interface to listen on; 127.0.0.1 unless told otherwise. */
  readonly host?: string;
  /** 0 (the default): any free port. */
  readonly port?: number;
  readonly basePath?: string;
  /** Names (`board.lan`, `board.lan:8080`) to answer to besides 127.0.0.1, localhost, [::1] and `host` itself. */
  readonly allowedHosts?: readonly string[];
  /** More origins that may read and change: `http://ci.lan`, `null`, or `*` for all. */
  readonly cors?: readonly string[];
  /** An HTML page to serve at `/`: the viewer. Nothing but its bytes is ever served. */
  readonly page?: Uint8Array;
}

/** A server that listens. */
export interface AlloctraceServer extends AsyncDisposable {
  /** With the base path: what `harvest capture ring` takes. */
  readonly url: string;
  readonly port: number;
  /** Ends open connections too. Closing twice is fine. */
  close(): Promise<void>;
}

/** How often Node looks for requests that take too long. */
const CHECK_EVERY_MS: Milliseconds = 500;
/** A configuration is a few hundred bytes; more is not read. */
const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * Serves a ring or a finished trace with the endpoints and the rules of the alloctrace protocol.
 * @throws UsageError HH1900 for what is no port, TargetError HH1640 when it cannot be opened.
 * @example await using server = await serveAlloctrace(new FinishedServedRing(trace), { port: 8080 });
 */
export async function serveAlloctrace(
  source: ServedRing,
  options: AlloctraceServerOptions = {},
): Promise<AlloctraceServer> {
  const { host = '127.0.0.1', port: wanted = 0 } = options;
  const hosts = new Set<string>();
  const service = new Service(source, options, { hosts, cors: options.cors ?? [] });
  const server = createServer(
    { connectionsCheckingInterval: CHECK_EVERY_MS },
    (request, response) => void service.handle(request, response),
  );
  watchCrowd(server);
  const port = await listen(server, { host, port: wanted }, 'serve');
  const names = ['127.0.0.1', 'localhost', '[::1]', bracketed(host), ...(options.allowedHosts ?? [])];
  for (const name of names) {
    const known = normalHost(/:\d+$/.test(name) && !name.endsWith(']') ? name : `${name}:${port}`);
    if (known !== undefined) hosts.add(known);
  }
  const close = () => closed(server);
  const url = `http://${bracketed(host)}:${port}${service.basePath}`;
  return { url, port, close, [Symbol.asyncDispose]: close };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

interface Route {
  readonly method: 'GET' | 'POST';
  readonly handler: Handler;
}

class Service {
  readonly basePath: string;
  private readonly routes: ReadonlyMap<string, Route>;

  constructor(
    private readonly source: ServedRing,
    private readonly options: AlloctraceServerOptions,
    private readonly policy: GuardPolicy,
  ) {
    this.basePath = `/${(options.basePath ?? DEFAULT_BASE_PATH).replace(/^\/+|\/+$/g, '')}`.replace(/^\/$/, '');
    const get = (handler: Handler): Route => ({ method: 'GET', handler });
    const change = (act: () => void | Promise<void>): Route => ({
      method: 'POST',
      handler: async (request, response) => {
        await bodyOf(request);
        await act();
        send(response, 200, await source.status());
      },
    });
    this.routes = new Map([
      ['/status', get(async (_, response) => send(response, 200, await source.status()))],
      ['/trace', get((request, response) => this.trace(request, response))],
      ['/config', { method: 'POST', handler: (request, response) => this.configure(request, response) }],
      ['/freeze', change(() => source.freeze())],
      ['/resume', change(() => source.resume())],
      ['/reset', change(() => source.reset())],
    ]);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.answer(request, response);
    } catch (error) {
      failed(response, error);
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method = 'GET' } = request;
    const verdict = checkRequest(
      {
        method,
        host: headers.host,
        origin: headers.origin,
        contentType: headers['content-type'],
        fetchSite: single(headers['sec-fetch-site']),
        fetchMode: single(headers['sec-fetch-mode']),
        preflightMethod: headers['access-control-request-method'],
      },
      this.policy,
    );
    if (!verdict.allowed) {
      send(response, verdict.status, { error: verdict.error });
      return;
    }
    response.setHeader('Vary', 'Origin');
    if (verdict.corsOrigin !== undefined) response.setHeader('Access-Control-Allow-Origin', verdict.corsOrigin);
    // The path is compared as it came: nothing is decoded or resolved, so there is nothing to climb out of.
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const { page } = this.options;
    if (page && (path === '/' || path === '/index.html') && (method === 'GET' || method === 'HEAD')) {
      sendPage(response, page);
      return;
    }
    const route = path.startsWith(this.basePath) ? this.routes.get(path.slice(this.basePath.length)) : undefined;
    if (!route) {
      send(response, 404, { error: `no such endpoint: ${path.slice(0, 200)}` });
      return;
    }
    if (method === 'OPTIONS') {
      preflight(response, route.method);
      return;
    }
    if (method !== route.method && !(method === 'HEAD' && route.method === 'GET')) {
      response.setHeader('Allow', route.method);
      send(response, 405, { error: `${path} answers ${route.method}` });
      return;
    }
    await route.handler(request, response);
  }

  private async trace(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = new URLSearchParams((request.url ?? '').split('?')[1] ?? '').get('limit');
    if (text !== null && !/^\d{1,15}$/.test(text))
      return send(response, 400, {
        error: `limit: found ${JSON.stringify(text.slice(0, 40))}, expected a whole number`,
      });
    const limit = text === null ? undefined : Number(text);
    const { trace, header } = await this.source.trace(limit);
    response.writeHead(200, JSON_HEADERS);
    const pieces = writeAlloctraceJson(trace, { header, ...(limit === undefined ? {} : { limit }) });
    // A client that goes away ends the pipeline; there is nobody left to tell.
    await pipeline(Readable.from(inTurns(pieces, response)), response).catch(() => response.destroy());
  }

  private async configure(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.source.configure(parseConfig(JSON.parse(await bodyOf(request))));
    send(response, 200, await this.source.status());
  }
}

const JSON_HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, JSON_HEADERS);
  response.end(`${JSON.stringify(body)}\n`);
}

function sendPage(response: ServerResponse, page: Uint8Array): void {
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': page.length,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    // Nobody may draw the page's buttons under their own.
    'Content-Security-Policy': "frame-ancestors 'none'",
    // The page and its worker may share memory then: a long trace is there once, not twice.
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  });
  response.end(page);
}

function preflight(response: ServerResponse, method: 'GET' | 'POST'): void {
  response.writeHead(204, {
    'Access-Control-Allow-Methods': method,
    'Access-Control-Allow-Headers': 'content-type',
    'Access-Control-Max-Age': '600',
  });
  response.end();
}

function failed(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error instanceof BodyTooLarge) {
    // The rest of the body is not waited for.
    response.setHeader('Connection', 'close');
    send(response, 413, { error: `more than ${BODY_LIMIT_BYTES} bytes of body` });
    return;
  }
  if (error instanceof SyntaxError) {
    send(response, 400, { error: 'the body is not JSON' });
    return;
  }
  if (error instanceof TraceFormatError) {
    send(response, 400, { error: error.message });
    return;
  }
  if (error instanceof HarvestError) {
    send(response, 409, { error: error.message, remedy: error.remedy });
    return;
  }
  // What went wrong inside is not for the network.
  send(response, 500, { error: 'internal error' });
}

class BodyTooLarge extends Error {}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not end the connection: the answer is still to be sent.
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > BODY_LIMIT_BYTES) throw new BodyTooLarge();
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
