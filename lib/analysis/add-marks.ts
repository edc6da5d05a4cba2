import type { Seq } from '../base/units.js';
import { UsageError } from '../errors/errors.js';
import type { Mark } from '../trace/heap-event.js';
import { callerOf } from '../trace/stack-trie.js';
import type { Trace } from '../trace/trace.js';
import { sourceName } from './allocator-frames.js';

/**
 * A trace with further marks. Each is `NAME=EVENT` (before the event of this number) or `NAME=FUNCTION`: before every event
 * that is the first one inside a run of events with this function in their backtrace, so that each call of a loop's body marks.
 *
 * @throws UsageError HH1182 when a mark cannot be read, lies outside the trace, or names a function that no backtrace has
 */
export function addMarks(trace: Trace, marks: readonly string[]): Trace {
  if (marks.length === 0) return trace;
  const added = marks.flatMap((text) => parseMark(trace, text));
  const all = [...trace.marks, ...added].sort((a, b) => a.beforeSeq - b.beforeSeq);
  return { ...trace, marks: all };
}

function parseMark(trace: Trace, text: string): Mark[] {
  const [, name = '', where = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === '') throw markError(text, 'expected NAME=EVENT or NAME=FUNCTION');
  if (!/^\d+$/.test(where)) {
    const seqs = entriesOf(trace, where);
    if (seqs.length === 0) throw markError(text, `found no backtrace with the function '${where}'`);
    return seqs.map((beforeSeq) => ({ name, beforeSeq }));
  }
  const beforeSeq = Number(where);
  if (beforeSeq > trace.eventCount) throw markError(text, `found event ${where}, expected at most ${trace.eventCount}`);
  return [{ name, beforeSeq }];
}

function markError(text: string, problem: string): UsageError {
  return new UsageError('HH1182', `options.mark ${text}: ${problem}`);
}

/** The events at which a function appears in the backtrace while it was not in the one before. */
function entriesOf(trace: Trace, functionName: string): Seq[] {
  const inside = stacksWith(trace, functionName);
  const seqs: Seq[] = [];
  let before = false;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    const stack = trace.events.stack[seq] ?? -1;
    const now = stack >= 0 && inside[stack] === 1;
    if (now && !before) seqs.push(seq);
    before = now;
  }
  return seqs;
}

/** By stack id: 1 when the function is anywhere in it. */
export function stacksWith(trace: Trace, functionName: string): Uint8Array {
  const { stacks, frames, strings } = trace;
  const named = strings.map((name) => name === functionName || sourceName(name) === functionName);
  const inside = new Uint8Array(stacks.count);
  for (let stack = 0; stack < stacks.count; stack++) {
    const name = frames.functionName[stacks.frame[stack] ?? -1] ?? -1;
    if (named[name] || inside[callerOf(stacks, stack)] === 1) inside[stack] = 1;
  }
  return inside;
}
