import { open } from 'node:fs/promises';
import { type Bytes, formatBytes } from './units.js';

/** What is no regular file (a pipe, a device) tells no size; it is read up to here. */
const MAX_STREAM_BYTES: Bytes = 64 * 1024 * 1024;
const PIECE_BYTES: Bytes = 1024 * 1024;
/** Of what: the largest that is read as a whole. Each is many times what there is. */
export const MAX_FILE_BYTES = { elf: 1024 ** 3, dump: 512 * 1024 ** 2, text: 64 * 1024 ** 2 } as const;

/**
 * A whole file, refused before it is read when it is larger than `maxBytes`, or when a device goes on beyond it: /dev/zero never ends.
 * @throws Error as the file system's, and one that says how large it is
 */
export async function readWhole(path: string, maxBytes: Bytes): Promise<Buffer> {
  const file = await open(path);
  try {
    const stat = await file.stat();
    if (stat.isFile() && stat.size > maxBytes) throw tooLarge(stat.size, maxBytes);
    // Files of /proc say 0.
    if (stat.isFile() && stat.size > 0) return await file.readFile();
    return await readPieces(file, Math.min(maxBytes, MAX_STREAM_BYTES));
  } finally {
    await file.close();
  }
}

async function readPieces(file: Awaited<ReturnType<typeof open>>, maxBytes: Bytes): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let total = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, null);
    if (bytesRead === 0) return Buffer.concat(pieces);
    total += bytesRead;
    if (total > maxBytes) throw tooLarge(total, maxBytes);
    pieces.push(buffer.subarray(0, bytesRead));
  }
}

function tooLarge(found: Bytes, maxBytes: Bytes): Error {
  return new Error(`found ${formatBytes(found)} or more, expected at most ${formatBytes(maxBytes)}`);
}
