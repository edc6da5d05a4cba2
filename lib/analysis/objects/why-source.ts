import type { Address, Seq, StackId } from '../../base/units.js';
import { EndCause, lifespans } from '../../trace/lifespans.js';
import type { Trace } from '../../trace/trace.js';
import { type HideOptions, hiddenFrames } from '../hidden-frames.js';
import { NO_PLACE, type Place } from '../places.js';
import { shownStack } from '../shown-stack.js';
import { stackSources } from '../source-table.js';

/** A block that is alive by the events, and where it was allocated. */
export interface AliveBlock {
  readonly address: Address;
  readonly seq: Seq;
  readonly source: Place;
}

/**
 * What is alive at the end of a trace with addresses, in the order in which it was allocated. `source` where given: a function or `file:line` of its
 * backtrace holds this text.
 */
export function aliveBlocks(trace: Trace, options: HideOptions & { readonly source?: string } = {}): AliveBlock[] {
  const spans = lifespans(trace);
  const hidden = hiddenFrames(trace, options);
  const { sourceOf, list } = stackSources(trace, hidden);
  const isWanted = options.source === undefined ? () => true : stacksNaming(trace, hidden, options.source);
  const found: AliveBlock[] = [];
  for (let span = 0; span < spans.count; span++) {
    const seq = spans.startSeq[span] ?? 0;
    if (spans.endCause[span] !== EndCause.alive || !isWanted(trace.events.stack[seq] ?? -1)) continue;
    found.push({ address: trace.events.address[seq] ?? 0, seq, source: list[sourceOf(seq)] ?? NO_PLACE });
  }
  return found;
}

/** Whether a stack has a frame that is not hidden and whose function or `file:line` holds a text. */
function stacksNaming(trace: Trace, hidden: Uint8Array, text: string): (stack: StackId) => boolean {
  const known = new Map<StackId, boolean>();
  return (stack) => {
    const answer =
      known.get(stack) ??
      shownStack(trace, stack, hidden).some(
        ({ functionName, location }) => functionName.includes(text) || location.includes(text),
      );
    known.set(stack, answer);
    return answer;
  };
}
