import type { LoadedTrace } from './loaded-trace.js';

/** What stands before a figure that is not exact: at least, at most, about. */
export type Sign = '' | '≥ ' | '≤ ' | '≈ ';

/** How sure the figures of a moment are, and why not. */
export interface Certainty {
  readonly live: Sign;
  readonly free: Sign;
  /** Sentences; empty when all is exact. */
  readonly reasons: readonly string[];
}

/** Of the figures right after an event: what was lost later is no matter then. */
export function certaintyAt({ trace, boundsKnown, order }: LoadedTrace, seq: number): Certainty {
  const { info, gaps } = trace;
  const lost = gaps.filter(({ beforeSeq }) => beforeSeq <= seq);
  const inTheMiddle = lost.some(({ beforeSeq }) => beforeSeq > 0);
  const partial = info.contents === 'leaks' || info.contents === 'totals';
  const reasons: string[] = [];
  if (inTheMiddle)
    reasons.push('Events were lost before this one: blocks may be missing, and some may have been freed.');
  else if (lost.length > 0) reasons.push('The trace begins in the middle: what was allocated before is in no figure.');
  if (partial) reasons.push('The source lists only some of the blocks: the others are in no figure.');
  const live: Sign = inTheMiddle ? '≈ ' : lost.length > 0 || partial ? '≥ ' : '';
  if (!order) return { live, free: '', reasons };
  if (!boundsKnown) {
    reasons.push(
      'The trace does not tell the bounds of the heap: free counts only between its lowest and highest byte.',
    );
  }
  const tooMuch = live === '≥ ' || info.sizeKind === 'requested';
  if (info.sizeKind === 'requested')
    reasons.push("The allocator's headers and rounding are not recorded: they count as free.");
  return { live, free: freeSign({ about: inTheMiddle, tooMuch, tooLittle: !boundsKnown }), reasons };
}

function freeSign(it: { readonly about: boolean; readonly tooMuch: boolean; readonly tooLittle: boolean }): Sign {
  if (it.about || (it.tooMuch && it.tooLittle)) return '≈ ';
  if (it.tooMuch) return '≤ ';
  return it.tooLittle ? '≥ ' : '';
}

/** Whether the order of the events is the order in which things happened. */
export function isHistory({ trace }: LoadedTrace): boolean {
  return (trace.info.contents ?? 'history') === 'history';
}
