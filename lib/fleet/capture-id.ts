import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { errorMessage, UsageError } from '../errors/errors.js';

/** The same bytes are the same capture, wherever they lie. */
export async function captureIdOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    const { size } = await stat(path);
    if (size <= 2 ** 24) hash.update(await readFile(path));
    else for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  } catch (cause) {
    throw new UsageError('HH1105', `${path}: cannot be read: ${errorMessage(cause)}`, { cause });
  }
  return hash.digest('hex').slice(0, 32);
}
