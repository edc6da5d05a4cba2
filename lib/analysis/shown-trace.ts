import type { FrameId, StackId } from '../base/units.js';
import type { FrameTable } from '../trace/frame-rows.js';
import { callerOf, StackTrie } from '../trace/stack-trie.js';
import type { Trace } from '../trace/trace.js';
import { framesToHide, type HideOptions } from './hidden-frames.js';

/**
 * The trace with the backtraces that reports show, for programs that know nothing of allocators: frames of the allocator and its recognised
 * wrappers are gone, as in {@link callTree}. From the outermost hidden frame on everything counts as its caller's own; where nothing but
 * hidden frames was recorded, the outermost of them stands. Events, their order and their sizes stay. What was looked through is a note.
 */
export function shownTrace(trace: Trace, options: HideOptions = {}): Trace {
  const { hidden, assumptions } = framesToHide(trace, options);
  if (!hidden.includes(1)) return trace;
  const { stackOf, trie } = shownStacks(trace, hidden);
  const { stack } = trace.events;
  const frames = usedFrames(trace.frames, trie);
  return {
    ...trace,
    events: { ...trace.events, stack: stack.map((id) => (id < 0 ? -1 : (stackOf[id] ?? -1))) },
    frames,
    stacks: trie.table(),
    notes: [...trace.notes, ...assumptions.map((text) => ({ code: 'looked-through', text }))],
  };
}

/** What is seen of a stack: nothing but hidden frames yet, shown frames only, or hidden ones inside of shown ones. */
const Seen = { allHidden: 1, shown: 2, pruned: 3 } as const;

function shownStacks(trace: Trace, hidden: Uint8Array): { stackOf: Int32Array; trie: StackTrie } {
  const { frame, count } = trace.stacks;
  const trie = new StackTrie();
  const stackOf = new Int32Array(count).fill(-1);
  const seen = new Uint8Array(count);
  for (let stack: StackId = 0; stack < count; stack++) {
    const caller = callerOf(trace.stacks, stack);
    const atStart = caller < 0 || seen[caller] === Seen.allHidden;
    const id: FrameId = frame[stack] ?? -1;
    const isHidden = hidden[id] === 1;
    if (atStart) {
      seen[stack] = isHidden ? Seen.allHidden : Seen.shown;
      stackOf[stack] = isHidden && caller >= 0 ? (stackOf[caller] ?? -1) : trie.push(-1, id);
    } else if (isHidden || seen[caller] === Seen.pruned) {
      seen[stack] = Seen.pruned;
      stackOf[stack] = stackOf[caller] ?? -1;
    } else {
      seen[stack] = Seen.shown;
      stackOf[stack] = trie.push(stackOf[caller] ?? -1, id);
    }
  }
  return { stackOf, trie };
}

/** The frames that the stacks have, renumbered in the order of their first use: other tools list them all. */
function usedFrames(frames: FrameTable, { frame }: StackTrie): FrameTable {
  const kept: FrameId[] = [];
  const numberOf = new Int32Array(frames.count).fill(-1);
  for (let node = 0; node < frame.length; node++) {
    const id = frame.values[node] ?? -1;
    if (numberOf[id] === -1) numberOf[id] = kept.push(id) - 1;
    frame.values[node] = numberOf[id] ?? -1;
  }
  return {
    count: kept.length,
    address: Float64Array.from(kept, (id) => frames.address[id] ?? 0),
    functionName: Int32Array.from(kept, (id) => frames.functionName[id] ?? -1),
    file: Int32Array.from(kept, (id) => frames.file[id] ?? -1),
    line: Int32Array.from(kept, (id) => frames.line[id] ?? 0),
    flags: Uint8Array.from(kept, (id) => frames.flags[id] ?? 0),
  };
}
