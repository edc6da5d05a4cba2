import { setTimeout as sleep } from 'node:timers/promises';
import type { Bytes, Milliseconds } from '../base/units.js';
import { DeviceLostError, HarvestError, TargetError, UsageError } from '../errors/errors.js';
import { AlloctraceDecoder } from '../formats/alloctrace-json.js';
import type { RingSettingsChange } from '../ring/ring-settings.js';
import type { Trace } from '../trace/trace.js';
import { TraceBuilder } from '../trace/trace-builder.js';
import { type AlloctraceStatus, DEFAULT_BASE_PATH, parseStatus } from './protocol.js';

/** How a board's tracer is reached over HTTP. */
export interface AlloctraceClientOptions {
  /** For an answer to begin, and between two pieces of a download. */
  readonly timeoutMs?: Milliseconds;
  /** Further attempts after one that failed by the link, a time-out or a 5xx. */
  readonly retries?: number;
  /** Before the second attempt; doubles each time. */
  readonly retryDelayMs?: Milliseconds;
  /** A download is ended here. */
  readonly maxBytes?: Bytes;
}

/** How much of a ring is asked for, and what watches the download. */
export interface DownloadOptions {
  /** The newest so many events; all when absent. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

const DEFAULTS = { timeoutMs: 10_000, retries: 2, retryDelayMs: 250, maxBytes: 256 * 1024 * 1024 };
const HELD_UP_MS: Milliseconds = 100;
/** A status is a few hundred bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** A download and how it ended; `failure` is undefined when all of it arrived. */
interface Attempt {
  readonly builder: TraceBuilder;
  readonly failure: HarvestError | undefined;
}

/**
 * Talks to a board or to `harvest serve`.
 * Every method rejects with DeviceLostError HH1621 (no answer), TargetError HH1622 (refused), HH1623 (not the protocol).
 */
export class AlloctraceClient {
  /** With the base path, without a slash at the end. */
  readonly baseUrl: string;
  private readonly options: typeof DEFAULTS;

  /**
   * `url`: `http://HOST[:PORT][/BASE]`; without a path the base path is `/alloctrace`.
   * @throws UsageError HH1620 when it is no such URL.
   */
  constructor(url: string, options: AlloctraceClientOptions = {}) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username || parsed.search)
      throw new UsageError('HH1620', `alloctrace: found ${JSON.stringify(url)}, expected http://HOST[:PORT][/BASE]`);
    const path = parsed.pathname.replace(/\/+$/, '');
    this.baseUrl = parsed.origin + (path || DEFAULT_BASE_PATH);
    this.options = { ...DEFAULTS, ...options };
  }

  status(signal?: AbortSignal): Promise<AlloctraceStatus> {
    return this.withRetries(async () => {
      const url = `${this.baseUrl}/status`;
      return this.parsed(url, await this.smallAnswer(url, { method: 'GET' }, signal));
    }, signal);
  }

  /** Changes settings for the next capture; resolves when the board has taken them. */
  async configure(change: RingSettingsChange, signal?: AbortSignal): Promise<void> {
    await this.post('config', change, signal);
  }

  async freeze(signal?: AbortSignal): Promise<void> {
    await this.post('freeze', {}, signal);
  }

  async resume(signal?: AbortSignal): Promise<void> {
    await this.post('resume', {}, signal);
  }

  async reset(signal?: AbortSignal): Promise<void> {
    await this.post('reset', {}, signal);
  }

  /**
   * Downloads the ring. When the link fails half-way it is tried again; if no attempt brings it whole, the one with most events
   * is returned with a gap and a note `alloctrace-cut` (`info.complete` is false). Throws only when there is nothing at all.
   */
  async download({ limit, signal }: DownloadOptions = {}): Promise<Trace> {
    const url = `${this.baseUrl}/trace${limit === undefined ? '' : `?limit=${limit}`}`;
    let best: Attempt | undefined;
    for (let attempt = 0; attempt <= this.options.retries; attempt++) {
      if (attempt > 0) await this.pause(attempt, signal);
      const result = await this.downloadOnce(url, signal);
      if (!best || !result.failure || result.builder.eventCount > best.builder.eventCount) best = result;
      if (!result.failure || !worthRetrying(result.failure) || signal?.aborted) break;
    }
    if (!best) throw this.lost(url, undefined);
    const { builder, failure } = best;
    if (!failure) return builder.build();
    if (builder.eventCount === 0) throw failure;
    builder.add({ kind: 'note', code: 'alloctrace-cut', text: failure.message });
    return builder.build();
  }

  private async downloadOnce(url: string, signal: AbortSignal | undefined): Promise<Attempt> {
    const builder = new TraceBuilder();
    const decoder = new AlloctraceDecoder(builder, { subject: url });
    let failure: HarvestError | undefined;
    try {
      let received = 0;
      for await (const piece of this.body(url, { method: 'GET' }, signal)) {
        received += piece.length;
        if (received > this.options.maxBytes)
          throw new TargetError('HH1624', `${url}: found more than ${this.options.maxBytes} bytes, expected fewer`);
        decoder.push(piece);
      }
    } catch (error) {
      failure = error instanceof HarvestError ? error : this.lost(url, error);
    }
    decoder.end();
    // A short body without a Content-Length ends without an error: only the document shows it.
    if (!failure && !decoder.complete)
      failure = new DeviceLostError('HH1621', `${url}: the answer ended after ${decoder.eventCount} events`);
    return { builder, failure };
  }

  private post(path: string, body: unknown, signal: AbortSignal | undefined): Promise<string> {
    const init = { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
    // All of them may be sent twice: they set a state, they do not add to one.
    return this.withRetries(() => this.smallAnswer(`${this.baseUrl}/${path}`, init, signal), signal);
  }

  private async withRetries<T>(act: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await act();
      } catch (error) {
        const again = error instanceof HarvestError && worthRetrying(error) && attempt < this.options.retries;
        if (!again || signal?.aborted) throw error;
      }
      await this.pause(attempt + 1, signal);
    }
  }

  private async pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
    await sleep(this.options.retryDelayMs * 2 ** (attempt - 1), undefined, signal ? { signal } : {});
  }

  private async smallAnswer(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<string> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const piece of this.body(url, init, signal)) {
      size += piece.length;
      if (size > MAX_ANSWER_BYTES)
        throw new TargetError('HH1623', `${url}: found more than ${MAX_ANSWER_BYTES} bytes, expected a short answer`);
      parts.push(piece);
    }
    return Buffer.concat(parts).toString('utf8');
  }

  private parsed(url: string, text: string): AlloctraceStatus {
    try {
      return parseStatus(JSON.parse(text), `${url}: status`);
    } catch (cause) {
      const why = cause instanceof HarvestError ? cause.message : `${url}: found no JSON`;
      throw new TargetError('HH1623', why, { cause, remedy: 'is this the address of an alloctrace server?' });
    }
  }

  /** The pieces of an answer with a good status. The time-out starts anew with each piece. */
  private async *body(url: string, init: RequestInit, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    // A controller of our own: a signal that AbortSignal.any makes may be collected before it fires.
    const ended = new AbortController();
    let isIdle = false;
    const end = () => ended.abort(signal?.reason);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
    let last: NodeJS.Timeout | undefined;
    // A process that was held up sees its timers before what arrived meanwhile: that gets a moment to be read.
    const timer = setTimeout(() => {
      last = setTimeout(() => {
        isIdle = true;
        ended.abort();
      }, HELD_UP_MS);
    }, this.options.timeoutMs);
    try {
      const response = await fetch(url, { ...init, redirect: 'error', signal: ended.signal });
      if (!response.ok) throw await refusal(url, response);
      if (!response.body) return;
      const reader = response.body.getReader();
      // Of a body that is being read, fetch forgets the signal at a garbage collection.
      ended.signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined), { once: true });
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        clearTimeout(last);
        timer.refresh();
        yield next.value;
      }
      ended.signal.throwIfAborted();
    } catch (error) {
      if (error instanceof HarvestError) throw error;
      signal?.throwIfAborted();
      throw this.lost(url, isIdle ? new Error(`nothing for ${this.options.timeoutMs} ms`) : error);
    } finally {
      clearTimeout(timer);
      clearTimeout(last);
      signal?.removeEventListener('abort', end);
      ended.abort();
    }
  }

  private lost(url: string, cause: unknown): DeviceLostError {
    return new DeviceLostError('HH1621', `${url}: ${reasonOf(cause)}, expected an answer`, {
      cause,
      remedy: 'check the address, the power and the network of the board',
    });
  }
}

/** undici hides the reason (`ECONNREFUSED`, `other side closed`) behind `fetch failed`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}

async function refusal(url: string, response: Response): Promise<TargetError> {
  const text = (await response.text().catch(() => '')).slice(0, 500);
  const message = /"error"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  const code = response.status >= 500 ? 'HH1625' : 'HH1622';
  return new TargetError(
    code,
    `${url}: found status ${response.status}${message ? ` (${message})` : ''}, expected 200`,
  );
}

/** HH1625 is a 5xx: a board that is short of memory may answer a moment later. */
function worthRetrying(error: HarvestError): boolean {
  return error instanceof DeviceLostError || error.code === 'HH1625' || error.code === 'HH1490';
}
