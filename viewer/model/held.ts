import { liveBits } from './live-blocks.js';
import { nextBit } from './live-index.js';
import type { LoadedTrace } from './loaded-trace.js';

/** By class: what is alive after an event. */
export interface Held {
  readonly bytes: Float64Array;
  readonly count: Int32Array;
}

/** `classOf`: by lifespan. Blocks of no bytes are counted where the trace has no addresses only. */
export function heldBy(
  loaded: LoadedTrace,
  of: { readonly classOf: Uint8Array | ((span: number) => number); readonly count: number; readonly atSeq: number },
): Held {
  const bytes = new Float64Array(of.count);
  const count = new Int32Array(of.count);
  const { order, spans } = loaded;
  const { classOf } = of;
  const classAt = typeof classOf === 'function' ? classOf : (span: number) => classOf[span] as number;
  const add = (span: number, sizeBytes: number) => {
    const index = classAt(span);
    bytes[index] = (bytes[index] as number) + sizeBytes;
    count[index] = (count[index] as number) + 1;
  };
  const bits = liveBits(loaded, of.atSeq);
  if (order && bits) {
    for (let at = nextBit(bits, 0, spans.count); at >= 0; at = nextBit(bits, at + 1, spans.count))
      add(order.span[at] as number, order.sizeBytes[at] as number);
    return { bytes, count };
  }
  const { startSeq, endSeq, sizeBytes } = spans;
  // Lifespans are in order of their begin.
  for (let span = 0; span < spans.count && (startSeq[span] as number) <= of.atSeq; span++) {
    if ((endSeq[span] as number) > of.atSeq) add(span, sizeBytes[span] as number);
  }
  return { bytes, count };
}
