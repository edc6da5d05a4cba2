import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  errorMessage,
  formatBytes,
  MAX_FILE_BYTES,
  oddNameRemedy,
  readWhole,
  UsageError,
} from '../lib/public/command-line.js';

/** Of an input that is no regular file, and so tells no size: a device may never end. */
const MAX_STREAM_BYTES = 2 ** 28;
/** Of a file, by its code: firmwares have their debug information, dumps and budgets are smaller. */
const MAX_BYTES = { HH1101: MAX_FILE_BYTES.elf, HH1105: MAX_FILE_BYTES.dump } as const;

/** Codes of an input that can't be read: of a firmware, of any other file. */
export type InputCode = 'HH1101' | 'HH1105';

/** A file with a path of its own, for gdb, for an emulator, or to be read twice. */
export interface InputFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * An input as a regular file: what is none (`-` for standard input, a pipe, a device) is copied to a temporary one, which is there until it
 * is disposed of. @throws UsageError, with the code
 */
export async function inputFile(path: string, code: InputCode): Promise<InputFile> {
  if (path !== '-') {
    const found = await stat(path).catch((cause: unknown) => {
      throw unreadable(path, code, cause);
    });
    if (found.isDirectory()) throw unreadable(path, code, new Error('it is a folder'));
    if (found.isFile()) return { path, [Symbol.asyncDispose]: async () => undefined };
  }
  const folder = await mkdtemp(join(tmpdir(), 'harvest-input-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const copy = join(folder, path === '-' ? 'stdin' : basename(path));
  try {
    await pipeline(pieces(path), createWriteStream(copy, { flags: 'wx' }));
  } catch (cause) {
    await remove();
    throw unreadable(path, code, cause);
  }
  return { path: copy, [Symbol.asyncDispose]: remove };
}

/** An input whole; `-` is standard input. @throws UsageError, with the code */
export async function readInput(path: string, code: InputCode): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  try {
    if (path !== '-') return await readWhole(path, MAX_BYTES[code]);
    for await (const piece of pieces(path)) parts.push(piece);
  } catch (cause) {
    throw unreadable(path, code, cause);
  }
  return Buffer.concat(parts);
}

async function* pieces(path: string): AsyncGenerator<Uint8Array> {
  const source: AsyncIterable<Uint8Array> = path === '-' ? process.stdin : createReadStream(path);
  let total = 0;
  for await (const piece of source) {
    total += piece.length;
    if (total > MAX_STREAM_BYTES) throw new Error(`found more than ${formatBytes(MAX_STREAM_BYTES)}, expected a file`);
    yield piece;
  }
}

function unreadable(path: string, code: InputCode, cause: unknown): UsageError {
  const subject = path === '-' ? 'stdin' : path;
  const elf =
    code === 'HH1101' ? 'give the ELF file that the build made (firmware.elf, not .bin, .hex or .uf2)' : undefined;
  const remedy = oddNameRemedy(path) ?? elf;
  return new UsageError(code, `${subject}: cannot be read: ${errorMessage(cause)}`, {
    cause,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
