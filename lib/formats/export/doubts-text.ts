import type { Trace } from '../../trace/trace.js';
import { type TraceDoubt, traceDoubts } from '../../trace/trace-doubts.js';

/** What can end a line or act on a terminal. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;
const MAX_LINE = 2000;

/** The doubts of a trace as lines for the comments of a file; empty for a whole, exact history. */
export function doubtLines(trace: Trace): string[] {
  return linesOf(traceDoubts(trace));
}

/**
 * Those on which the figures hang, and which part of a trace it is, for a format that has no good place for them: not what was assumed, not whose
 * clock it was.
 */
export function seriousDoubtLines(trace: Trace): string[] {
  const serious = traceDoubts(trace).filter(({ kind }) => kind !== 'note' && kind !== 'clock');
  const parts = trace.notes.filter(({ code }) => code === 'window');
  return linesOf([...serious, ...parts]);
}

function linesOf(doubts: readonly Pick<TraceDoubt, 'text'>[]): string[] {
  return doubts.map(({ text }) => text.replace(CONTROL, ' ').slice(0, MAX_LINE));
}

/** The same in one line, in brackets behind a blank, for a field that a program shows; empty without doubts. */
export function doubtSuffix(trace: Trace): string {
  const lines = doubtLines(trace);
  return lines.length === 0 ? '' : ` [${lines.join('; ')}]`;
}
