import { NO_PLACE, type Place, placeOf, stackFrameIds, type Trace } from '../../lib/public/browser.js';
import type { LoadedTrace } from './loaded-trace.js';

/** Which stacks a list of functions names: as the beginning of the path from the outermost call, or from the source outwards. */
export interface StackPattern {
  /** Functions, in lower case, each with its `file:line` behind a blank or without. */
  readonly parts: readonly string[];
  readonly from: 'outermost' | 'innermost';
}

/** What stands between the calls of a path in the query box: from the outermost, and from the source outwards. */
export const CALLS = ' > ';
export const CALLED_BY = ' < ';

/** Whether a stack begins with the functions of a pattern; frames that reports hide may stand between them. */
export function stackMatcher(
  { trace, sources }: LoadedTrace,
  { parts, from }: StackPattern,
): (stack: number) => boolean {
  const hidden = sources.lookedThrough();
  const known = new Map<number, boolean>();
  const names = frameNames(trace);
  const matches = (stack: number): boolean => {
    const frames = stackFrameIds(trace, stack);
    if (frames.length === 0) return parts.length === 1 && parts[0] === NO_PLACE.location;
    if (from === 'outermost') frames.reverse();
    let next = 0;
    for (const frame of frames) {
      if (next === parts.length) break;
      const [name, placed] = names(frame);
      if (parts[next] === name || parts[next] === placed) next++;
      else if (hidden[frame] !== 1) return false;
    }
    return next === parts.length;
  };
  return (stack) => {
    const answer = known.get(stack) ?? matches(stack);
    known.set(stack, answer);
    return answer;
  };
}

/** By stack: 1 where a function's name fits anywhere in it. */
export function stacksWithFunction({ trace }: LoadedTrace, fits: (name: string) => boolean): Uint8Array {
  const { stacks, frames, strings } = trace;
  const named = strings.map(fits);
  const inside = new Uint8Array(stacks.count);
  for (let stack = 0; stack < stacks.count; stack++) {
    const name = frames.functionName[stacks.frame[stack] ?? -1] ?? -1;
    const up = stacks.parent[stack] ?? -1;
    // A caller is always older than what it calls.
    if (named[name] || (up >= 0 && up < stack && inside[up] === 1)) inside[stack] = 1;
  }
  return inside;
}

/** By frame: its function, and that with its place, in lower case. */
function frameNames(trace: Trace): (frame: number) => readonly [name: string, placed: string] {
  const known = new Map<number, readonly [string, string]>();
  return (frame) => {
    const before = known.get(frame);
    if (before) return before;
    const { functionName, location } = placeOf(trace, frame);
    const name = queryName(functionName);
    const made = [name, `${name} ${queryName(location)}`] as const;
    known.set(frame, made);
    return made;
  };
}

/** A name as it stands in a query: in lower case, without quotation marks. */
export function queryName(text: string): string {
  return text.replaceAll('"', ' ').toLowerCase();
}

/** The part of a query that shows what was allocated below a node of a call tree; `path` is from the root's child on. */
export function pathQuery(
  path: readonly Pick<Place, 'functionName' | 'location'>[],
  from: StackPattern['from'],
): string {
  const parts = path.map(({ functionName, location }) => `${functionName} ${location}`.replaceAll('"', ' ').trim());
  return from === 'outermost' ? `path:"${parts.join(CALLS)}"` : `by:"${parts.join(CALLED_BY)}"`;
}

/** The same by functions alone, from the outermost on: lines may have shifted. What has no function goes by its place. */
export function functionsQuery(path: readonly Pick<Place, 'functionName' | 'location'>[]): string {
  if (path.length === 0) return pathQuery([NO_PLACE], 'outermost');
  const named = path.map((place) => (place.functionName === '' ? place : { ...place, location: '' }));
  return pathQuery(named, 'outermost');
}
