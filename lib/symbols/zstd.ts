import { decompress } from 'fzstd';
import type { Bytes } from '../base/units.js';
import { errorMessage, SymbolError } from '../errors/errors.js';

/** Zstandard (RFC 8878) for compressed debug sections, by fzstd: runs in Node and in a browser. @throws SymbolError HH1304 */
export function inflateZstd(stream: Uint8Array, sizeBytes: Bytes): Uint8Array {
  let found: string;
  try {
    const bytes = decompress(stream, new Uint8Array(sizeBytes));
    if (bytes.length === sizeBytes) return bytes;
    found = `${bytes.length} bytes`;
  } catch (cause) {
    found = errorMessage(cause);
  }
  throw new SymbolError('HH1304', `compressed section: found ${found}, expected ${sizeBytes} bytes of Zstandard`, {
    remedy: 'Build or copy the ELF file again: it is damaged.',
  });
}
