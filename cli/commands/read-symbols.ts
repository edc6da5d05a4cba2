import { gunzipSync } from 'node:zlib';
import {
  createSymbolizer,
  errorMessage,
  MAX_FILE_BYTES,
  readWhole,
  type Symbolizer,
  splitFilesOf,
  UsageError,
} from '../../lib/public/index.js';

/** The bytes of a file, unpacked when they are gzip. @throws UsageError */
export async function readBytes(path: string, code: 'HH1101' | 'HH1105'): Promise<Uint8Array> {
  try {
    const bytes = await readWhole(path, code === 'HH1101' ? MAX_FILE_BYTES.elf : MAX_FILE_BYTES.dump);
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: 2 ** 30 }) : bytes;
  } catch (cause) {
    const message = errorMessage(cause);
    throw new UsageError(code, `${path}: cannot be read: ${message}`, { cause });
  }
}

/** The symbols of a firmware. @throws UsageError HH1101, SymbolError */
export async function readSymbols(path: string): Promise<Symbolizer> {
  return createSymbolizer(await readBytes(path, 'HH1101'), { splitFiles: splitFilesOf(path) });
}
