import type { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Milliseconds } from '../base/units.js';

/** So long a text is made without a look at other requests, and at whether this one is still wanted. */
const TURN_MS: Milliseconds = 10;

/**
 * Pieces of a large answer, made while others are answered, and no further once the client is gone. Empty pieces are left out: they
 * are places where the maker may be stopped.
 */
export async function* inTurns(pieces: Iterable<string>, to: Pick<Writable, 'destroyed'>): AsyncGenerator<string> {
  let since = performance.now();
  for (const piece of pieces) {
    if (performance.now() - since > TURN_MS) {
      await nextTurn();
      since = performance.now();
    }
    if (to.destroyed) return;
    if (piece !== '') yield piece;
  }
}
