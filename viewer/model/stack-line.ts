import { frameName, placeOf, stackFrameIds, type Trace } from '../../lib/public/browser.js';

const MAX_FRAMES = 24;

/**
 * A backtrace on one line, innermost first: `gc_alloc ← mp_obj_new_list ← main`; addresses where there are no names. Frames that
 * `hidden` (by frame id) names are left out.
 */
export function stackText(trace: Trace, stack: number, hidden?: Uint8Array): string {
  const ids = stackFrameIds(trace, stack).filter((id) => hidden?.[id] !== 1);
  const names = ids.slice(0, MAX_FRAMES).map((id) => frameName(placeOf(trace, id)));
  return names.join(' ← ') + (ids.length > MAX_FRAMES ? ' ← …' : '');
}
