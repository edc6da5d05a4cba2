import type { Trace } from '../../trace/trace.js';

/** Writes a trace in a format of another tool. */
export interface TraceWriter {
  /** What `--format` takes. */
  readonly id: string;
  /** The format and the tool that opens it. */
  readonly title: string;
  /** With the dot. */
  readonly extension: string;
  /**
   * A copy of the trace that is read again: it keeps the allocator's frames unless somebody hides them. All others are views, which show what
   * reports show (see `shownTrace`).
   */
  readonly isCopy?: boolean;
  /** It is no text: nothing for a terminal, or a pipe of text. */
  readonly isBinary?: boolean;
  /** In pieces, text ones at whole characters, so that a large trace never is one string. */
  write(trace: Trace): Iterable<string | Uint8Array>;
}
