import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Milliseconds } from '../base/units.js';
import { DeviceLostError, TargetError } from '../errors/errors.js';
import { ChunkQueue } from './chunk-queue.js';
import { type ReopenOptions, type SerialItem, serialItems } from './serial-finder.js';

/** Where live bytes come from. */
export type ByteStream =
  | { readonly kind: 'serial'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'file'; readonly path: string };

const CONNECT_TIMEOUT_MS: Milliseconds = 10_000;

/** Reads `tcp:HOST:PORT`, `:PORT`, or a path: a character device (or a COM port) is a serial port, all else a file. */
export async function parseByteStream(text: string): Promise<ByteStream> {
  const tcp = /^(?:tcp:(?:\/\/)?)?([\w.-]*|\[[\da-f:]+\]):(\d{1,5})$/i.exec(text);
  if (tcp && !/^COM$/i.test(tcp[1] ?? ''))
    return { kind: 'tcp', host: tcp[1]?.replace(/^\[|\]$/g, '') || '127.0.0.1', port: Number(tcp[2]) };
  if (/^(?:\\\\\.\\)?COM\d+$/i.test(text)) return { kind: 'serial', path: text };
  const found = await stat(text).catch(() => undefined);
  // A name in /dev that is not there now may be a board that is not plugged in yet.
  const serial = found ? found.isCharacterDevice() : text.startsWith('/dev/');
  return { kind: serial ? 'serial' : 'file', path: text };
}

/**
 * The bytes of a source, until it ends or `signal` aborts (a clean end).
 * @throws TargetError HH1643 when it cannot be opened, DeviceLostError HH1644 when a TCP connection breaks, and what a serial
 * port throws.
 */
export async function* streamItems(source: ByteStream, options: ReopenOptions = {}): AsyncGenerator<SerialItem> {
  switch (source.kind) {
    case 'serial':
      yield* serialItems(source.path, options);
      return;
    case 'tcp':
      yield* tcpPieces(source.host, source.port, options.signal);
      return;
    case 'file':
      yield* filePieces(source.path, options.signal);
  }
}

async function* tcpPieces(host: string, port: number, signal?: AbortSignal): AsyncGenerator<SerialItem> {
  const socket = connect({ host, port });
  const queue = new ChunkQueue((on) => (on ? socket.resume() : socket.pause()));
  let connected = false;
  socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
  socket.once('connect', () => {
    connected = true;
    socket.setTimeout(0);
  });
  socket.on('data', (bytes) => queue.push(bytes));
  socket.on('end', () => queue.finish());
  socket.on('error', (cause) => {
    const where = `${host}:${port}`;
    queue.finish(
      connected
        ? new DeviceLostError('HH1644', `${where}: the connection broke: ${cause.message}`, { cause })
        : new TargetError('HH1643', `${where}: cannot connect: ${cause.message}`, {
            cause,
            remedy: 'is the server of the SWO stream on (OpenOCD: tpiu ... -output :PORT)?',
          }),
    );
  });
  try {
    for (;;) {
      const next = await queue.next(signal ? { signal } : {});
      if (next.kind !== 'bytes') return;
      yield next;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    socket.destroy();
  }
}

async function* filePieces(path: string, signal?: AbortSignal): AsyncGenerator<SerialItem> {
  try {
    for await (const bytes of createReadStream(path, signal ? { signal } : {}) as AsyncIterable<Uint8Array>)
      yield { kind: 'bytes', bytes };
  } catch (cause) {
    if (signal?.aborted) return;
    throw new TargetError('HH1643', `${path}: cannot be read: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}
