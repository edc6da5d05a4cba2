import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { TraceFormatError } from '../errors/errors.js';
import { formatBytes } from './units.js';

/** Large, so that reading is a few system calls and what is worked on lies in one piece. */
const PIECE_BYTES = 1 << 20;
const SMALL_PIECE_BYTES = 1 << 16;
/** A compressed input may not grow beyond this, nor beyond 200:1 once it is larger than 16 MiB. */
const MAX_UNPACKED_BYTES = 2 ** 30;
const MAX_RATIO = 200;
const RATIO_FROM_BYTES = 16 * 2 ** 20;

/**
 * A file in pieces that are valid until the next one is asked for. Of a regular file each is read while the one before is worked on; a
 * pipe or a device may never have more, so nobody waits for more than is asked for.
 */
export async function* filePieces(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  let ahead: Promise<unknown> | undefined;
  try {
    const state = await file.stat();
    const isRegular = state.isFile();
    // A file of /proc has no size; a small file needs no large buffers.
    const { size } = state;
    const pieceBytes = isRegular && size > 0 ? Math.min(PIECE_BYTES, size) : SMALL_PIECE_BYTES;
    let [now, next] = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)];
    let { bytesRead } = await file.read(now);
    while (bytesRead > 0) {
      const reading = isRegular ? file.read(next) : undefined;
      ahead = reading?.catch(() => undefined);
      yield now.subarray(0, bytesRead);
      ({ bytesRead } = await (reading ?? file.read(next)));
      [now, next] = [next, now];
    }
  } finally {
    await ahead;
    await file.close();
  }
}

/** Unpacks gzip, with caps; passes everything else on as it is. @throws TraceFormatError HH1405 beyond a cap; zlib's errors as they are */
export async function* unpacked(source: AsyncIterable<Uint8Array>, subject: string): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return;
  const rest = { [Symbol.asyncIterator]: () => iterator };
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield first.value;
    yield* rest;
    return;
  }
  let packed = 0;
  const gunzip = createGunzip();
  const feed = async () => {
    // Copies: the stream keeps what it has not yet unpacked.
    gunzip.write(Uint8Array.from(first.value));
    packed = first.value.length;
    for await (const chunk of rest) {
      packed += chunk.length;
      if (!gunzip.write(Uint8Array.from(chunk))) await new Promise((resolve) => gunzip.once('drain', resolve));
    }
    gunzip.end();
  };
  feed().catch((error: Error) => gunzip.destroy(error));
  let total = 0;
  for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
    total += chunk.length;
    if (total > MAX_UNPACKED_BYTES || (total > RATIO_FROM_BYTES && total > packed * MAX_RATIO)) {
      gunzip.destroy();
      throw new TraceFormatError(
        'HH1405',
        `${subject}: unpacks to more than ${formatBytes(total)} from ${formatBytes(packed)}`,
        {
          remedy: 'unpack it yourself if you trust it, and import the result',
        },
      );
    }
    yield chunk;
  }
}
