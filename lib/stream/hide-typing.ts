import type { Bytes, Seq } from '../base/units.js';
import { lifespans } from '../trace/lifespans.js';
import { selectEvents } from '../trace/select-events.js';
import { backtraceOf, eventAt, type Trace } from '../trace/trace.js';

/** An allocation that typing a command makes: its size and where it comes from. */
export interface TypedAllocation {
  readonly sizeBytes: Bytes;
  /** The code addresses of its backtrace. */
  readonly callers: string;
}

/** What an empty capture recorded, in order: all of it comes from typing the commands around the capture. */
export function typedAllocations(trace: Trace): readonly TypedAllocation[] {
  const found: TypedAllocation[] = [];
  for (let seq = 0; seq < trace.eventCount; seq++) {
    const event = eventAt(trace, seq);
    if (event.kind === 'alloc') found.push({ sizeBytes: event.sizeBytes, callers: callersOf(trace, seq) });
  }
  return found;
}

/**
 * The trace without the allocations that typing made, and without their frees. The commands that end a capture are typed last,
 * so each typed allocation hides the latest one in the trace with its size and callers. What was hidden is told in a note.
 */
export function hideTyping(trace: Trace, typed: readonly TypedAllocation[]): Trace {
  const wanted = new Map<string, number>();
  for (const { sizeBytes, callers } of typed) {
    const key = `${sizeBytes} ${callers}`;
    wanted.set(key, (wanted.get(key) ?? 0) + 1);
  }
  const { openedBy, endSeq } = lifespans(trace);
  const hidden = new Set<Seq>();
  let blocks = 0;
  for (let seq = trace.eventCount - 1; seq >= 0; seq--) {
    const event = eventAt(trace, seq);
    if (event.kind !== 'alloc') continue;
    const key = `${event.sizeBytes} ${callersOf(trace, seq)}`;
    const left = wanted.get(key) ?? 0;
    if (left === 0) continue;
    wanted.set(key, left - 1);
    hidden.add(seq);
    const end = endSeq[openedBy[seq] ?? -1] ?? trace.eventCount;
    if (end < trace.eventCount && eventAt(trace, end).kind === 'free') hidden.add(end);
    blocks++;
  }
  return blocks === 0
    ? trace
    : without(trace, hidden, `${blocks} allocations made by typing the session's commands are left out`);
}

function callersOf(trace: Trace, seq: Seq): string {
  return backtraceOf(trace, trace.events.stack[seq] ?? -1)
    .map((frame) => frame.address)
    .join();
}

function without(trace: Trace, hidden: ReadonlySet<Seq>, text: string): Trace {
  const left = selectEvents(trace, (seq) => !hidden.has(seq));
  return { ...left, notes: [...left.notes, { code: 'typing-hidden', text, beforeSeq: left.eventCount }] };
}
