import { formatCount } from '../base/units.js';
import type { TraceContents } from './heap-event.js';
import { stackDoubts, stackDoubtTexts } from './stack-doubts.js';
import type { Trace } from './trace.js';

/** One reason why the figures of a trace are not all that they look. */
export interface TraceDoubt {
  /**
   * `incomplete`: events are missing. `doubtful`: the events contradict each other or the target. `contents`: they are no history.
   * `backtraces`: some are cut or guessed. `clock`: times are the debugger's. `note`: what a reader or an engine doubted or assumed.
   */
  readonly kind: 'incomplete' | 'doubtful' | 'contents' | 'backtraces' | 'clock' | 'note';
  /** A sentence, as the trace has it: made safe by whoever shows it. */
  readonly text: string;
}

const MAX_GAPS = 5;
const MAX_NOTES = 20;

const CONTENTS: Readonly<Record<Exclude<TraceContents, 'history'>, string>> = {
  snapshot: 'a snapshot of the blocks that were alive at one moment: frees, peaks and lifetimes are not known',
  leaks: 'leaks, as the source itself found them: frees, peaks and lifetimes are not known',
  totals: 'sums by caller, as the source gives them: no blocks, no order, no frees',
  levels: 'no events: the source only says how full the heap was',
};

/**
 * Everything that whoever sees figures of a trace, in whatever format, has to know with them, most serious first; empty for a whole, exact
 * history. What lifespans find in the events (frees of unknown blocks) is not among it: that can be found again in the events.
 */
export function traceDoubts(trace: Trace): TraceDoubt[] {
  const { info, notes } = trace;
  const doubts: TraceDoubt[] = [];
  if (!info.complete) doubts.push({ kind: 'incomplete', text: incompleteText(trace) });
  if (info.doubtful !== undefined) doubts.push({ kind: 'doubtful', text: `the capture is doubtful: ${info.doubtful}` });
  if (info.oracle?.outcome === 'differs') {
    doubts.push({
      kind: 'doubtful',
      text: `the events and the target's memory disagree at the end (${info.oracle.detail})`,
    });
  }
  const { contents = 'history' } = info;
  if (contents !== 'history') doubts.push({ kind: 'contents', text: CONTENTS[contents] });
  for (const text of stackDoubtTexts(stackDoubts(trace))) doubts.push({ kind: 'backtraces', text });
  if (trace.events.atUs !== undefined && info.clock?.kind === 'host') {
    doubts.push({
      kind: 'clock',
      text: `times are host clock microseconds (${info.clock.name}): the halts of the target are in them`,
    });
  }
  for (const { text } of notes.slice(0, MAX_NOTES)) doubts.push({ kind: 'note', text });
  if (notes.length > MAX_NOTES)
    doubts.push({ kind: 'note', text: `and ${formatCount(notes.length - MAX_NOTES)} more notes` });
  return doubts;
}

function incompleteText({ gaps, info }: Trace): string {
  if (gaps.length === 0) return `the capture is incomplete: ${info.endReason ?? 'the source says so'}`;
  const shown = gaps.slice(0, MAX_GAPS).map(({ beforeSeq, reason, lostEvents }) => {
    const lost = lostEvents === undefined ? 'events' : `${formatCount(lostEvents)} events`;
    return `${reason} (${lost} lost before event ${formatCount(beforeSeq)})`;
  });
  const more = gaps.length > MAX_GAPS ? [`and ${formatCount(gaps.length - MAX_GAPS)} more gaps`] : [];
  return `the capture is incomplete: ${[...shown, ...more].join('; ')}`;
}
