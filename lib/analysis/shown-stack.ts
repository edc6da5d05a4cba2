import type { FrameId, StackId } from '../base/units.js';
import { callerOf } from '../trace/stack-trie.js';
import type { Trace } from '../trace/trace.js';
import { placeOf } from './places.js';

/** A frame as reports show it. */
export interface ShownFrame {
  readonly functionName: string;
  readonly location: string;
}

/** A long stack is shown up to this depth. */
const MAX_SHOWN = 64;

const known = new WeakMap<Trace, (ShownFrame | undefined)[]>();

/** By frame: one object a frame of a trace, as thousands of stacks share them. */
function shownFrames(trace: Trace): (ShownFrame | undefined)[] {
  const before = known.get(trace);
  if (before) return before;
  const frames = new Array<ShownFrame | undefined>(trace.frames.count).fill(undefined);
  known.set(trace, frames);
  return frames;
}

/** The frames of a stack, innermost first, without hidden ones (the outermost where all are hidden); empty without a backtrace. */
export function shownStack(trace: Trace, stack: StackId, hidden: Uint8Array): ShownFrame[] {
  const { stacks } = trace;
  const ofTrace = shownFrames(trace);
  const shown: ShownFrame[] = [];
  const show = (id: FrameId) => {
    const frame = ofTrace[id] ?? shownFrame(trace, id);
    if (id >= 0) ofTrace[id] = frame;
    shown.push(frame);
  };
  let outermost: StackId = -1;
  for (let at = stack < stacks.count ? stack : -1; at >= 0; at = callerOf(stacks, at)) {
    const id = stacks.frame[at] ?? -1;
    if (hidden[id] !== 1 && shown.length < MAX_SHOWN) show(id);
    outermost = at;
  }
  if (shown.length === 0 && outermost >= 0) show(stacks.frame[outermost] ?? -1);
  return shown;
}

function shownFrame(trace: Trace, id: FrameId): ShownFrame {
  const { functionName, location } = placeOf(trace, id);
  return { functionName, location };
}
