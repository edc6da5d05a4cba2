import type { Milliseconds } from '../base/units.js';

/** A two-way stream of bytes with one reader: a serial port, or what stands in for one. */
export interface ByteLink extends AsyncDisposable {
  /** For messages: `/dev/ttyACM0`. */
  readonly name: string;
  /**
   * The next bytes, as soon as there are any; `timeout` after `timeoutMs` without one; `closed` after `close`.
   * @throws DeviceLostError when the device is gone; what arrived before is handed out first. The abort reason on abort.
   */
  read(options?: LinkReadOptions): Promise<LinkRead>;
  /** Resolves when the bytes are with the operating system. @throws DeviceLostError */
  write(bytes: Uint8Array | string): Promise<void>;
  /** Closing twice is fine. */
  close(): Promise<void>;
}

/** How long a read waits, and what ends it early. */
export interface LinkReadOptions {
  readonly timeoutMs?: Milliseconds;
  readonly signal?: AbortSignal;
}

/** What a read gave: bytes, nothing in time, or the end of the link. */
export type LinkRead =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'closed' };

/** Yields the bytes of a link until it is closed, idle for `timeoutMs`, or aborted (a clean end). @throws DeviceLostError */
export async function* linkChunks(link: ByteLink, options: LinkReadOptions = {}): AsyncGenerator<Uint8Array> {
  while (!options.signal?.aborted) {
    const next = await link.read(options).catch((error: unknown) => {
      if (options.signal?.aborted) return { kind: 'closed' as const };
      throw error;
    });
    if (next.kind !== 'bytes') return;
    yield next.bytes;
  }
}
