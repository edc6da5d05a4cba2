import { timerMs } from '../base/timers.js';
import type { LinkRead, LinkReadOptions } from './byte-link.js';

/** What a queue may hold before its source is paused. */
const HIGH_WATER_BYTES = 1024 * 1024;

/**
 * Chunks between a source that pushes and one reader that pulls. Bounded by pausing the source: `flow(false)` is
 * called when it holds too much and `flow(true)` when it has been read empty.
 */
export class ChunkQueue {
  private chunks: Uint8Array[] = [];
  private size = 0;
  private flowing = true;
  private ending: { readonly error: Error | undefined } | undefined;
  private wake: (() => void) | undefined;

  constructor(private readonly flow: (on: boolean) => void = () => undefined) {}

  /** True once `finish` was called. */
  get ended(): boolean {
    return this.ending !== undefined;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0 || this.ending) return;
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.flowing && this.size > HIGH_WATER_BYTES) {
      this.flowing = false;
      this.flow(false);
    }
    this.wake?.();
  }

  /** No more chunks; with an error, the reader gets it after the last of them. Only the first call counts. */
  finish(error?: Error): void {
    this.ending ??= { error };
    this.wake?.();
  }

  /** Puts bytes that were read too far back to the front. */
  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.chunks.unshift(bytes);
    this.size += bytes.length;
  }

  async next({ timeoutMs, signal }: LinkReadOptions = {}): Promise<LinkRead> {
    signal?.throwIfAborted();
    if (this.chunks.length === 0 && !this.ending) await this.arrival(timeoutMs, signal);
    const bytes = this.chunks.shift();
    if (bytes) {
      this.size -= bytes.length;
      if (!this.flowing && this.size === 0) {
        this.flowing = true;
        this.flow(true);
      }
      return { kind: 'bytes', bytes };
    }
    if (this.ending?.error) throw this.ending.error;
    if (this.ending) return { kind: 'closed' };
    signal?.throwIfAborted();
    return { kind: 'timeout' };
  }

  private arrival(timeoutMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, timerMs(timeoutMs));
      const wake = done;
      this.wake = wake;
      signal?.addEventListener('abort', done, { once: true });
      const release = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        this.wake = undefined;
      };
      function done() {
        release();
        resolve();
      }
    });
  }
}
