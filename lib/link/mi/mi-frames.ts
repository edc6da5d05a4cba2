import { symbolName } from '../../symbols/demangle.js';
import type { Frame } from '../../trace/heap-event.js';
import { asText } from './mi-values.js';

/** A frame of gdb's list. */
export function frameOf(value: Readonly<Record<string, unknown>>): Frame {
  const functionName = asText(value.func);
  const base = {
    address: Number.parseInt(asText(value.addr), 16) || 0,
    file: asText(value.file),
    line: Number(asText(value.line)) || 0,
  };
  if (functionName === '<signal handler called>') return { ...base, functionName: '', kind: 'signal' };
  return { ...base, functionName: functionName === '??' ? '' : symbolName(functionName) };
}

/**
 * MI does not say which frames are inlined; they have the pc of the frame that they are in. Frames of a recursion have the same pc, too:
 * then the same functions come again and again, and the last of each round is the one that was called.
 */
export function markInlined(frames: readonly Frame[]): Frame[] {
  const marked: Frame[] = [];
  while (marked.length < frames.length) {
    const first = marked.length;
    const address = frames[first]?.address;
    let end = first + 1;
    while (frames[end]?.address === address && frames[end]?.kind !== 'signal' && frames[first]?.kind !== 'signal')
      end++;
    const run = frames.slice(first, end);
    // Where the backtrace was cut, the last round may be incomplete.
    const round = roundLength(run, end === frames.length);
    run.forEach((frame, i) => {
      marked.push((i + 1) % round === 0 ? frame : { ...frame, inlined: true });
    });
  }
  return marked;
}

/** After how many frames a run of frames begins anew; all of it when it does not repeat. */
function roundLength(run: readonly Frame[], mayBeCut: boolean): number {
  for (let length = 1; length < run.length; length++) {
    const repeats = run.every((frame, i) => {
      const before = run[i - length];
      return before === undefined || (before.functionName === frame.functionName && before.line === frame.line);
    });
    if (repeats && (mayBeCut || run.length % length === 0)) return length;
  }
  return run.length;
}
