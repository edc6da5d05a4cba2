import type { Symbolizer } from '../symbols/symbolizer.js';
import type { Backtrace, Frame } from '../trace/heap-event.js';

/**
 * A backtrace of gdb's with the root of a task as it is. gdb takes what the scheduler put into lr for the address behind a call, names
 * the function before, and goes on from there. The backtrace ends with the root here; the same backtrace when it has none.
 */
export function withTaskRoot(backtrace: Backtrace, symbolizer: Symbolizer): Backtrace {
  const at = backtrace.findIndex((frame, index) => isRoot(frame, backtrace[index - 1], symbolizer));
  const root = backtrace[at];
  if (!root) return backtrace;
  const places = symbolizer.locate(root.address);
  const frames = places.map(({ functionName, file, line, inlined }): Frame => {
    const base = {
      address: root.address,
      functionName: functionName === '??' ? '' : functionName,
      file: file ?? '',
      line,
    };
    return inlined ? { ...base, inlined } : base;
  });
  return [...backtrace.slice(0, at), ...frames];
}

/** The frame at the top and one that an exception interrupted are where they are, not behind a call. */
function isRoot(frame: Frame, callee: Frame | undefined, symbolizer: Symbolizer): boolean {
  if (!callee || callee.kind === 'signal' || frame.kind !== undefined || callee.address === frame.address) return false;
  return symbolizer.isTaskRoot(frame.address);
}
