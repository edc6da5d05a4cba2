import { closeSync, write as fsWrite, openSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errorMessage, OutputError } from '../errors/errors.js';

/** Pieces of about half a megabyte. */
const MAX_WAITING_PIECES = 8;
const write = promisify(fsWrite);

/**
 * Writes pieces of text or bytes to a file by way of a temporary one beside it. It begins at once: the first pieces are made before
 * the call returns, and are written while the caller goes on. @throws OutputError HH1903
 */
export async function writeWhole(path: string, pieces: Iterable<string | Uint8Array>): Promise<void> {
  const partial = `${path}.partial-${process.pid}`;
  try {
    const file = openSync(partial, 'w');
    try {
      await writePieces(file, pieces);
    } finally {
      closeSync(file);
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new OutputError('HH1903', `${path}: cannot be written: ${errorMessage(cause)}`, {
      cause,
      remedy: 'make room or choose another folder with --out; `harvest capture.harvest` writes the outputs again',
    });
  }
}

/** Writes pieces one after the other while the next ones are made: up to so many wait for the disk. */
async function writePieces(file: number, pieces: Iterable<string | Uint8Array>): Promise<void> {
  const underWay: Promise<void>[] = [];
  let position = 0;
  try {
    for (const piece of joined(pieces)) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      if (underWay.length === MAX_WAITING_PIECES) await underWay.shift();
      const write = writeAt(file, bytes, position);
      write.catch(() => undefined);
      underWay.push(write);
      position += bytes.length;
    }
  } finally {
    await Promise.all(underWay);
  }
}

async function writeAt(file: number, bytes: Uint8Array, position: number): Promise<void> {
  let from = 0;
  while (from < bytes.length) {
    from += (await write(file, bytes, from, bytes.length - from, position + from)).bytesWritten;
  }
}

/** Pieces of a useful size: a write a record would cost more than the record. */
function* joined(pieces: Iterable<string | Uint8Array>): Generator<string | Uint8Array> {
  let text = '';
  for (const piece of pieces) {
    if (typeof piece !== 'string') {
      if (text !== '') yield text;
      text = '';
      yield piece;
      continue;
    }
    text += piece;
    if (text.length > 65536) {
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}
