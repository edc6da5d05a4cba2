import type { Backtrace, Frame } from './heap-event.js';

/** A backtrace without the frames of scripts. */
export function withoutScripts(backtrace: Backtrace): Backtrace {
  return backtrace.some(isScript) ? backtrace.filter((frame) => !isScript(frame)) : backtrace;
}

/** The same calls unwound anew, with the script frames of `old`: each stands before the frames of the interpreter's function that ran it. */
export function withScriptsOf(old: Backtrace, anew: Backtrace): Backtrace {
  if (!old.some(isScript)) return anew;
  const made: Frame[] = [];
  let from = 0;
  // Where the next loop is looked for: behind all frames of the last one, which share its address where calls were inlined.
  let search = 0;
  for (let index = 0; index < old.length; index++) {
    if (!isScript(old[index])) continue;
    const first = index;
    while (isScript(old[index])) index++;
    const loop = old[index]?.address;
    const at = loop === undefined ? -1 : anew.findIndex(({ address }, i) => i >= search && address === loop);
    if (at < 0) continue;
    made.push(...anew.slice(from, at), ...old.slice(first, index));
    from = at;
    search = at;
    while (anew[search]?.address === loop) search++;
  }
  return [...made, ...anew.slice(from)];
}

function isScript(frame: Frame | undefined): boolean {
  return frame?.kind === 'script';
}
