import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { optionalPackage } from '../base/optional-package.js';
import { TargetError } from '../errors/errors.js';

/** A running server of the speedscope app. It stops with `await using`. */
export interface SpeedscopeServer extends AsyncDisposable {
  /** The address that shows the profile. */
  readonly url: string;
  readonly port: number;
}

/** What the app shows, and where. */
export interface SpeedscopeOptions {
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
  /** The profile in pieces, made anew for each request: it may be too large for one string. */
  profile(): Iterable<string | Uint8Array>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
};
const PROFILE = '/profile.speedscope.json';

/**
 * Serves the app of the npm package speedscope with a profile: nothing leaves the machine.
 * @throws ToolMissingError HH1973 when the package is not installed, TargetError HH1640 when the port cannot be had
 */
export async function serveSpeedscope(options: SpeedscopeOptions): Promise<SpeedscopeServer> {
  const folder = join(dirname(optionalPackage('speedscope/package.json', 'HH1973')), 'dist', 'release');
  const names = new Set(await readdir(folder));
  const server = createServer((request, response) => {
    void answer(request, response, { folder, names, options });
  });
  const port = await listen(server, options);
  const shownHost = options.host.includes(':') ? `[${options.host}]` : options.host;
  // No title: it would stand in the place of the names of the four profiles.
  const address = new URLSearchParams({ profileURL: PROFILE });
  return {
    url: `http://${shownHost}:${port}/#${address}`,
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Served {
  readonly folder: string;
  /** The files of the app: no other path is looked at. */
  readonly names: ReadonlySet<string>;
  readonly options: SpeedscopeOptions;
}

async function answer(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const { folder, names, options } = served;
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  response.setHeader('X-Content-Type-Options', 'nosniff');
  // A page of another site that a name of its own leads here must not read the profile.
  if (!isOwnHost(request.headers.host, options.host) || (request.method !== 'GET' && request.method !== 'HEAD')) {
    response.writeHead(403).end();
    return;
  }
  if (path === PROFILE) {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    // The browser may go away at any time.
    pipeline(Readable.from(request.method === 'HEAD' ? [] : options.profile()), response, () => undefined);
    return;
  }
  const name = path === '/' ? 'index.html' : path.slice(1);
  const bytes = names.has(name) ? await readFile(join(folder, name)).catch(() => undefined) : undefined;
  if (bytes === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream' }).end(bytes);
}

function isOwnHost(header: string | undefined, host: string): boolean {
  const name = (header ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return ['127.0.0.1', 'localhost', '::1', host].includes(name);
}

function listen(server: Server, { host, port }: SpeedscopeOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const remedy = 'choose another options.port, or 0 for any free one';
      reject(new TargetError('HH1640', `view: ${host}:${port}: cannot listen: ${cause.message}`, { cause, remedy }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
