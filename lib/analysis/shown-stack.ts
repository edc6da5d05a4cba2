import type { FrameId, StackId } from '../base/units.js';
import { stackFrameIds, type Trace } from '../trace/trace.js';
import { placeOf } from './places.js';

/** A frame as reports show it. */
export interface ShownFrame {
  readonly functionName: string;
  readonly location: string;
}

/** A long stack is shown up to this depth. */
const MAX_SHOWN = 64;

const known = new WeakMap<Trace, Map<FrameId, ShownFrame>>();

/** One object a frame of a trace: thousands of stacks share them. */
function shownFrame(trace: Trace, id: FrameId): ShownFrame {
  let ofTrace = known.get(trace);
  if (!ofTrace) {
    ofTrace = new Map();
    known.set(trace, ofTrace);
  }
  let shown = ofTrace.get(id);
  if (!shown) {
    const { functionName, location } = placeOf(trace, id);
    shown = { functionName, location };
    ofTrace.set(id, shown);
  }
  return shown;
}

/** The frames of a stack, innermost first, without hidden ones (the outermost where all are hidden); empty without a backtrace. */
export function shownStack(trace: Trace, stack: StackId, hidden: Uint8Array): ShownFrame[] {
  const ids = stackFrameIds(trace, stack);
  const shown = ids.filter((id) => hidden[id] !== 1);
  return (shown.length > 0 ? shown : ids.slice(-1)).slice(0, MAX_SHOWN).map((id) => shownFrame(trace, id));
}
