import type { ShownFrame } from '../analysis/shown-stack.js';
import { sanitize } from './sanitize.js';

/** `tls_session_new  src/net/tls.c:118`; `(no backtrace)` for none. */
export function frameText(frame: ShownFrame | undefined): string {
  return frame ? `${sanitize(frame.functionName)}  ${sanitize(frame.location)}` : '(no backtrace)';
}

/** What a frame is called within a line or a sentence: its place, or its address, where it has no name. */
export function frameName({ functionName, location }: Pick<ShownFrame, 'functionName' | 'location'>): string {
  return functionName === '' || functionName === '??' ? location : functionName;
}

/** The callers on one line: `<- net_reconnect src/net/link.c:77 <- repl_exec src/repl.c:203`; empty without callers. */
export function callersText(frames: readonly ShownFrame[], limit = 4): string {
  const callers = frames.slice(1, 1 + limit);
  const more = frames.length - 1 > limit ? ' <- ...' : '';
  return callers.map((frame) => `<- ${sanitize(frame.functionName)} ${sanitize(frame.location)}`).join(' ') + more;
}
