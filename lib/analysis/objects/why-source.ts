import { lastAtOrBefore } from '../../base/sorted.js';
import type { Address, Seq } from '../../base/units.js';
import { EndCause, lifespans } from '../../trace/lifespans.js';
import type { ObjectGraph } from '../../trace/object-graph.js';
import type { Trace } from '../../trace/trace.js';
import { type HideOptions, hiddenFrames } from '../hidden-frames.js';
import { NO_PLACE, type Place } from '../places.js';
import { stackSources } from '../source-table.js';

/** A block that is alive by the events, and where it was allocated. */
export interface AliveBlock {
  readonly address: Address;
  readonly seq: Seq;
  readonly source: Place;
}

/** The graph of a trace's end: the last one that was read; undefined where none was. */
export function lastGraph(trace: Trace): ObjectGraph | undefined {
  return trace.graphs.at(-1);
}

/** The block that an address lies in; -1 for none. */
export function blockAt({ address, sizeBytes }: ObjectGraph, at: Address): number {
  const block = lastAtOrBefore(address, at);
  return block >= 0 && at < (address[block] ?? 0) + Math.max(1, sizeBytes[block] ?? 0) ? block : -1;
}

/** What is alive at the end of a trace with addresses, in the order in which it was allocated. `source` where given: its function or `file:line` holds this text. */
export function aliveBlocks(trace: Trace, options: HideOptions & { readonly source?: string } = {}): AliveBlock[] {
  const spans = lifespans(trace);
  const { sourceOf, list } = stackSources(trace, hiddenFrames(trace, options));
  const wanted = options.source;
  const found: AliveBlock[] = [];
  for (let span = 0; span < spans.count; span++) {
    if (spans.endCause[span] !== EndCause.alive) continue;
    const seq = spans.startSeq[span] ?? 0;
    const source = list[sourceOf(seq)] ?? NO_PLACE;
    if (wanted !== undefined && !isNamed(source, wanted)) continue;
    found.push({ address: trace.events.address[seq] ?? 0, seq, source });
  }
  return found;
}

function isNamed({ functionName, location }: Place, text: string): boolean {
  return functionName.includes(text) || location === text || location.endsWith(`/${text}`) || location.includes(text);
}
