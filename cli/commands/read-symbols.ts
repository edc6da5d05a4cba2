import { gunzipSync } from 'node:zlib';
import {
  createSymbolizer,
  errorMessage,
  loadFirmware,
  type Symbolizer,
  splitFilesOf,
  splitPackageOf,
  UsageError,
} from '../../lib/public/command-line.js';
import { type InputCode, inputFile, readInput } from '../input-file.js';

/** The bytes of a file, unpacked when they are gzip; `-` is standard input. @throws UsageError */
export async function readBytes(path: string, code: InputCode): Promise<Uint8Array> {
  const bytes = await readInput(path, code);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: 2 ** 30 });
  } catch (cause) {
    throw new UsageError(code, `${path}: cannot be read: ${errorMessage(cause)}`, { cause });
  }
}

/** The symbols of a firmware. @throws UsageError HH1101, SymbolError */
export async function readSymbols(path: string): Promise<Symbolizer> {
  const split = { splitFiles: splitFilesOf(path), splitPackage: splitPackageOf(path) };
  return createSymbolizer(await readBytes(path, 'HH1101'), split);
}

/** A firmware that must have its symbol table; `-` is standard input. @throws UsageError HH1101, SymbolError */
export async function readFirmware(path: string): Promise<Symbolizer> {
  await using file = await inputFile(path, 'HH1101');
  return await loadFirmware(file.path);
}
