import { deflatePack } from './deflate-pack.js';
import { journalPieces } from './journal-pieces.js';
import type { Trace } from './trace.js';

/**
 * A whole trace as journal bytes, with everything that it holds: to save it, or to embed it in a page.
 * The pieces come in order; joined they are the file.
 */
export function journalBytes(trace: Trace): Uint8Array[] {
  return journalPieces(trace, deflatePack);
}
