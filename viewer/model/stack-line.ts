import { placeOf, stackFrameIds, type Trace } from '../library.js';

const MAX_FRAMES = 24;

/** A backtrace on one line, innermost first: `gc_alloc ← mp_obj_new_list ← main`; addresses where there are no names. */
export function stackText(trace: Trace, stack: number): string {
  const ids = stackFrameIds(trace, stack);
  const names = ids.slice(0, MAX_FRAMES).map((id) => {
    const { functionName, location } = placeOf(trace, id);
    return functionName === '??' ? location : functionName;
  });
  return names.join(' ← ') + (ids.length > MAX_FRAMES ? ' ← …' : '');
}
