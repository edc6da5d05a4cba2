import type { StackId } from '../base/units.js';
import { callerOf, StackTrie } from '../trace/stack-trie.js';
import { FrameFlag } from '../trace/tables.js';
import type { Trace } from '../trace/trace.js';

/**
 * Which frames of backtraces are looked at where the firmware runs scripts. `mixed`: all, a script's function before the interpreter's that runs
 * it. `script`: those of scripts; a backtrace without any keeps its own. `native`: all but those of scripts.
 */
export const FRAME_VIEWS = ['mixed', 'script', 'native'] as const;
/** One of {@link FRAME_VIEWS}. */
export type FrameView = (typeof FRAME_VIEWS)[number];

/** Whether any backtrace of a trace has the frame of a script. */
function hasScriptFrames({ frames }: Trace): boolean {
  return frames.flags.some((flags) => (flags & FrameFlag.script) !== 0);
}

/** The trace with those frames only; the same object where nothing changes. The events, and how many there are, stay. */
export function selectFrames(trace: Trace, view: FrameView): Trace {
  if (view === 'mixed' || !hasScriptFrames(trace)) return trace;
  const { stacks, frames, events } = trace;
  const trie = new StackTrie();
  /** By stack: what stands for it with frames of scripts only, and without any. */
  const script = new Int32Array(stacks.count).fill(-1);
  const native = new Int32Array(stacks.count).fill(-1);
  const isOfScript = new Uint8Array(stacks.count);
  for (let stack: StackId = 0; stack < stacks.count; stack++) {
    const frame = stacks.frame[stack] ?? -1;
    const caller = callerOf(stacks, stack);
    const flags = frames.flags[frame] ?? 0;
    const isScript = (flags & FrameFlag.script) !== 0;
    const [outerScript, outerNative] = [script[caller] ?? -1, native[caller] ?? -1];
    isOfScript[stack] = isScript ? 1 : (isOfScript[caller] ?? 0);
    // That callers are missing is true of both.
    const inScript = isScript || (flags & FrameFlag.cut) !== 0;
    script[stack] = view === 'script' && inScript ? trie.push(outerScript, frame) : outerScript;
    const inNative = !isScript && (view === 'native' || isOfScript[stack] === 0);
    native[stack] = inNative ? trie.push(outerNative, frame) : outerNative;
  }
  const seen = (stack: StackId): StackId =>
    stack < 0 ? -1 : ((view === 'script' && isOfScript[stack] === 1 ? script[stack] : native[stack]) ?? -1);
  return {
    ...trace,
    events: { ...events, stack: events.stack.map(seen) },
    stacks: trie.table(),
  };
}
