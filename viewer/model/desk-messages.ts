import type { GapTimeline, Trace } from '../../lib/public/browser.js';
import type { Message } from '../state/app-state.js';
import type { JobName, Jobs } from './jobs.js';
import type { SentTrace } from './loaded-trace.js';

/** What the page sends to the worker that holds a trace. */
export type DeskRequest =
  | { readonly kind: 'open'; readonly file: Blob; readonly name: string; readonly hide: readonly string[] }
  | {
      readonly kind: 'job';
      readonly name: JobName;
      readonly args: Jobs[JobName]['args'];
      /** For the rows of the answer: that of rows which are shown no more. */
      readonly room: ArrayBuffer | undefined;
    }
  /** Other names for the same events. */
  | { readonly kind: 'names'; readonly names: TraceNames; readonly hide: readonly string[] }
  /** Other frames are passed over. */
  | { readonly kind: 'hide'; readonly hide: readonly string[] }
  /** Marks that were set in the page: all of the trace, in their order. */
  | { readonly kind: 'marks'; readonly marks: Trace['marks'] }
  /** The curves of a trace that the page has read itself. */
  | { readonly kind: 'gaps'; readonly trace: Trace };

export interface TraceNames extends Pick<Trace, 'strings' | 'frames' | 'stacks'> {
  /** By event. */
  readonly stack: Int32Array;
}

/** What the worker answers. */
export type DeskReply =
  | { readonly kind: 'progress'; readonly doing: string; readonly share: number }
  | { readonly kind: 'opened'; readonly loaded: SentTrace }
  /** Undefined: the tables for it do not fit into memory. */
  | { readonly kind: 'gaps'; readonly gaps: GapTimeline | undefined }
  | { readonly kind: 'done'; readonly name: JobName; readonly result: Jobs[JobName]['result'] }
  | { readonly kind: 'failed'; readonly name: JobName | undefined; readonly message: Message };
