import { write as fsWrite } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errorMessage, HarvestError, OutputError } from '../errors/errors.js';
import { type Destination, isCode, openDestination } from './destination.js';

/** Pieces of about a quarter of a mebibyte. */
const MAX_WAITING_PIECES = 8;
/** From here on a piece is worth a write of its own. */
const USEFUL_BYTES = 65_536;
const write = promisify(fsWrite);

/**
 * Writes pieces of text or bytes to a file, which appears under its name when it is whole; to a pipe or a device straight
 * (openDestination). It begins at once: the first pieces are made before the call returns, and are written while the caller goes on.
 * @throws OutputError HH1903, HH1905
 */
export async function writeWhole(path: string, pieces: Iterable<string | Uint8Array>): Promise<void> {
  try {
    const opened = openDestination(path);
    const destination = opened instanceof Promise ? await opened : opened;
    try {
      await writePieces(destination, pieces);
      await destination.commit();
    } catch (error) {
      await destination.abandon();
      throw error;
    }
  } catch (cause) {
    if (cause instanceof HarvestError) throw cause;
    throw new OutputError('HH1903', `${path}: cannot be written: ${errorMessage(cause)}`, {
      cause,
      remedy: 'make room, or name another place',
    });
  }
}

/** Writes pieces one after the other while the next ones are made: up to so many wait for the disk, one for a pipe. */
async function writePieces(destination: Destination, pieces: Iterable<string | Uint8Array>): Promise<void> {
  const mostWaiting = destination.seekable ? MAX_WAITING_PIECES : 1;
  const underWay: Promise<void>[] = [];
  let position = 0;
  try {
    for (const bytes of joined(pieces)) {
      if (underWay.length === mostWaiting) await underWay.shift();
      const write = writeAt(destination, bytes, position);
      write.catch(() => undefined);
      underWay.push(write);
      position += bytes.length;
    }
  } finally {
    await Promise.all(underWay);
  }
}

async function writeAt({ descriptor, seekable }: Destination, bytes: Uint8Array, position: number): Promise<void> {
  for (let from = 0; from < bytes.length; ) {
    try {
      const at = seekable ? position + from : null;
      from += (await write(descriptor, bytes, from, bytes.length - from, at)).bytesWritten;
    } catch (error) {
      // A pipe that somebody made non-blocking is full.
      if (!isCode(error, 'EAGAIN')) throw error;
      await delay(5);
    }
  }
}

/** Pieces of a useful size: a write a record would cost more than the record. Large ones are handed on as they are. */
function* joined(pieces: Iterable<string | Uint8Array>): Generator<Uint8Array> {
  const small = new SmallPieces();
  for (const piece of pieces) {
    if (typeof piece === 'string') small.addText(piece);
    else if (piece.length < USEFUL_BYTES) small.add(piece);
    else {
      yield* small.take();
      yield piece;
    }
    if (small.bytes >= USEFUL_BYTES) yield* small.take();
  }
  yield* small.take();
}

/** Pieces that wait until they are worth a write. */
class SmallPieces {
  /** About how many there are. */
  bytes = 0;
  private text = '';
  private pieces: Uint8Array[] = [];

  addText(text: string): void {
    this.text += text;
    this.bytes += text.length;
  }

  add(piece: Uint8Array): void {
    this.endText();
    this.pieces.push(piece);
    this.bytes += piece.length;
  }

  /** All of them as one, in their order; nothing where there is none. */
  take(): Uint8Array[] {
    this.endText();
    const { pieces } = this;
    this.pieces = [];
    this.bytes = 0;
    return pieces.length > 1 ? [Buffer.concat(pieces)] : pieces;
  }

  private endText(): void {
    if (this.text !== '') this.pieces.push(Buffer.from(this.text));
    this.text = '';
  }
}
