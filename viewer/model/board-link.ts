import {
  AlloctraceDecoder,
  type AlloctraceStatus,
  DEFAULT_BASE_PATH,
  DeviceLostError,
  errorMessage,
  HarvestError,
  parseStatus,
  type RingSettingsChange,
  TargetError,
  type Trace,
  TraceBuilder,
  UsageError,
} from '../../lib/public/browser.js';

const ANSWER_MS = 10_000;
const UNREACHABLE =
  'check the address and the network; a board must allow pages of other origins (CORS) to read from it';
/** A server that lets a page read need not let it change anything, and browsers do not tell a page which of the two it was. */
const FORBIDDEN =
  'if it can be read but not changed: open the page that the server itself serves at its address, which may change it';
const MAX_TRACE_BYTES = 256 * 1024 * 1024;

/** `http://HOST/BASE` of what was typed: a host, with a port or not, or a whole address. @throws UsageError HH1930 */
export function boardUrl(host: string, base: string): string {
  const typed = host.trim();
  const text = /^https?:\/\//i.test(typed) ? typed : `http://${typed}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (typed === '' || !url || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new UsageError('HH1930', `connect: found ${JSON.stringify(host)}, expected HOST or HOST:PORT`, {
      remedy: 'type the address of the board, or the one that the server printed when it started',
    });
  }
  // A path that is part of the address wins over the field for the base path.
  const path = url.pathname === '/' ? base.trim() || DEFAULT_BASE_PATH : url.pathname;
  return `${url.origin}/${path.replace(/^\/+|\/+$/g, '')}`.replace(/\/$/, '');
}

/** Talks the alloctrace protocol from the page. Rejects with DeviceLostError HH1931, TargetError HH1932 and HH1933. */
export class BoardLink {
  constructor(readonly url: string) {}

  async status(): Promise<AlloctraceStatus> {
    return this.parsed(await this.ask('status', 'GET'));
  }

  /** What the board answers after a change; boards that answer with something else are asked again. */
  async change(
    path: 'config' | 'freeze' | 'resume' | 'reset',
    body: RingSettingsChange = {},
  ): Promise<AlloctraceStatus> {
    const answer = await this.ask(path, 'POST', JSON.stringify(body));
    await answer.text();
    return this.status();
  }

  /** The ring, as far as it arrives: a cut download gives a trace with a gap. */
  async trace(limit: number | undefined, progress: (bytes: number) => void): Promise<Trace> {
    const path = limit === undefined ? 'trace' : `trace?limit=${limit}`;
    const builder = new TraceBuilder();
    const decoder = new AlloctraceDecoder(builder, { subject: `${this.url}/${path}` });
    const answer = await this.ask(path, 'GET');
    const reader = answer.body?.getReader();
    let received = 0;
    try {
      for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
        received += next.value.length;
        if (received > MAX_TRACE_BYTES) {
          throw new TargetError('HH1933', `${this.url}: found more than ${MAX_TRACE_BYTES} bytes, expected fewer`);
        }
        decoder.push(next.value);
        progress(received);
      }
    } catch (error) {
      if (builder.eventCount === 0) throw error instanceof HarvestError ? error : this.lost(error, UNREACHABLE);
      builder.add({ kind: 'gap', reason: `the download was cut: ${reasonOf(error)}` });
    } finally {
      reader?.cancel().catch(() => undefined);
    }
    decoder.end();
    return builder.build();
  }

  private async ask(path: string, method: string, body?: string): Promise<Response> {
    const url = `${this.url}/${path}`;
    let answer: Response;
    try {
      const headers = body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body };
      answer = await fetch(url, { method, ...headers, redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS) });
    } catch (error) {
      throw this.lost(error, method === 'POST' ? FORBIDDEN : UNREACHABLE);
    }
    if (answer.ok) return answer;
    const said = /"error"\s*:\s*"([^"\\]{1,300})/.exec((await answer.text()).slice(0, 2000))?.[1];
    throw new TargetError('HH1932', `${url}: found status ${answer.status}${said ? ` (${said})` : ''}, expected 200`);
  }

  private async parsed(answer: Response): Promise<AlloctraceStatus> {
    const where = `${this.url}/status`;
    try {
      return parseStatus(await answer.json(), where);
    } catch (cause) {
      const why = cause instanceof HarvestError ? cause.message : `${where}: found no JSON, expected a status`;
      throw new TargetError('HH1933', why, { cause, remedy: 'is this the address of an alloctrace server?' });
    }
  }

  private lost(cause: unknown, remedy: string): DeviceLostError {
    return new DeviceLostError('HH1931', `${this.url}: ${reasonOf(cause)}, expected an answer`, {
      cause,
      remedy,
    });
  }
}

/** Browsers tell a page nothing about why: unreachable, refused and forbidden all look the same. */
function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return `nothing for ${ANSWER_MS / 1000} s`;
  return errorMessage(error);
}
