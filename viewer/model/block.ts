import type { LoadedTrace } from './loaded-trace.js';

/** Where a lifespan's block lies. */
export interface Block {
  readonly address: number;
  readonly sizeBytes: number;
}

/** Looked up at the event that made it: the columns by lifespan are long, and made for who walks over all of them. Zeros for no lifespan. */
export function blockOf({ trace, spans }: LoadedTrace, span: number): Block {
  const start = spans.startSeq[span] ?? -1;
  return { address: trace.events.address[start] ?? 0, sizeBytes: trace.events.sizeBytes[start] ?? 0 };
}
