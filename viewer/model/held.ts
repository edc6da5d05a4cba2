import type { Lifespans } from '../../lib/public/browser.js';

/** By class: what is alive after an event. */
export interface Held {
  readonly bytes: Float64Array;
  readonly count: Int32Array;
}

export function heldBy(
  { startSeq, endSeq, sizeBytes, count: spanCount }: Lifespans,
  of: { readonly classOf: Uint8Array | Int32Array; readonly count: number; readonly atSeq: number },
): Held {
  const bytes = new Float64Array(of.count);
  const count = new Int32Array(of.count);
  for (let span = 0; span < spanCount; span++) {
    // Lifespans are in order of their begin.
    if ((startSeq[span] ?? 0) > of.atSeq) break;
    if ((endSeq[span] ?? 0) <= of.atSeq) continue;
    const index = of.classOf[span] ?? 0;
    bytes[index] = (bytes[index] ?? 0) + (sizeBytes[span] ?? 0);
    count[index] = (count[index] ?? 0) + 1;
  }
  return { bytes, count };
}
