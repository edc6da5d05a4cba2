import type { EventRange } from '../../lib/public/browser.js';
import { inRange } from '../../lib/public/browser.js';
import { CLASS_COUNT } from '../paint/palette.js';
import type { Coloring } from './coloring.js';
import type { LoadedTrace } from './loaded-trace.js';

/** By lifespan: 1 where the event that made it matches; undefined where nothing is asked for, so that all are lit. */
export function litSpans(
  { spans }: LoadedTrace,
  matches: ((seq: number) => boolean) | undefined,
  range: EventRange | undefined,
): Uint8Array | undefined {
  if (!matches) return undefined;
  const lit = new Uint8Array(spans.count);
  for (let span = 0; span < spans.count; span++) {
    const start = spans.startSeq[span] ?? 0;
    if ((!range || inRange(range, start)) && matches(start)) lit[span] = 1;
  }
  return lit;
}

/** By lifespan what the painters look up: its class, dimmed where it is not lit. */
export function paintedClasses({ ofSpan }: Coloring, lit: Uint8Array | undefined): Uint8Array {
  if (!lit) return ofSpan;
  return ofSpan.map((index, span) => (lit[span] === 1 ? index : index + CLASS_COUNT));
}
