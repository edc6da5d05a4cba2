import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { bracketed, closed, type ListenAddress, listen } from '../base/http-listen.js';
import { optionalPackage } from '../base/optional-package.js';

/** A running server of the speedscope app. It stops with `await using`. */
export interface SpeedscopeServer extends AsyncDisposable {
  /** The address that shows the profile. */
  readonly url: string;
  readonly port: number;
}

/** What the app shows, and where. */
export interface SpeedscopeOptions extends ListenAddress {
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
 * @throws ToolMissingError HH1973 when the package is not installed, UsageError HH1900 for what is no port, TargetError
 * HH1640 when it cannot be opened
 */
export async function serveSpeedscope(options: SpeedscopeOptions): Promise<SpeedscopeServer> {
  const folder = join(dirname(optionalPackage('speedscope/package.json', 'HH1973')), 'dist', 'release');
  const names = new Set(await readdir(folder));
  const server = createServer((request, response) => {
    void answer(request, response, { folder, names, options });
  });
  const port = await listen(server, options, 'view');
  // No title: it would stand in the place of the names of the four profiles.
  const address = new URLSearchParams({ profileURL: PROFILE });
  return {
    url: `http://${bracketed(options.host)}:${port}/#${address}`,
    port,
    [Symbol.asyncDispose]: () => closed(server),
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
