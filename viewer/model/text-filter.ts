import { parseAddress } from '../../lib/public/browser.js';
import { blockOf } from './block.js';
import { eventSpans } from './event-spans.js';
import type { LoadedTrace } from './loaded-trace.js';

/**
 * Whether an event matches what was typed: part of a function or file name anywhere in its backtrace (any case), or an address
 * (`0x2000`) that lies in its block. Undefined for an empty query. Names are looked at once each, not once an event.
 */
export function textMatcher(loaded: LoadedTrace, query: string): ((seq: number) => boolean) | undefined {
  const text = query.trim().toLowerCase();
  if (text === '') return undefined;
  const { trace } = loaded;
  const address = text.startsWith('0x') ? parseAddress(text) : undefined;
  const inStack = stacksMatching(loaded, text);
  const spans = eventSpans(loaded.spans);
  return (seq) => {
    const stack = trace.events.stack[seq] ?? -1;
    if (stack >= 0 && inStack[stack] === 1) return true;
    if (address === undefined) return false;
    const span = spans.of(seq);
    const start = trace.events.address[seq] ?? -1;
    return address === start || (span >= 0 && address >= start && address < start + blockOf(loaded, span).sizeBytes);
  };
}

function stacksMatching({ trace }: LoadedTrace, text: string): Uint8Array {
  const { strings, frames, stacks } = trace;
  const named = strings.map((name) => name.toLowerCase().includes(text));
  const inFrame = new Uint8Array(frames.count);
  const pc = text.startsWith('0x') ? parseAddress(text) : undefined;
  for (let id = 0; id < frames.count; id++) {
    const hit = named[frames.functionName[id] ?? -1] || named[frames.file[id] ?? -1];
    if (hit || (pc !== undefined && frames.address[id] === pc)) inFrame[id] = 1;
  }
  const inStack = new Uint8Array(stacks.count);
  for (let stack = 0; stack < stacks.count; stack++) {
    const up = stacks.parent[stack] ?? -1;
    if (inFrame[stacks.frame[stack] ?? -1] || (up >= 0 && up < stack && inStack[up])) inStack[stack] = 1;
  }
  return inStack;
}
