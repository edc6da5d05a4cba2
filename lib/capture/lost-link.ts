import { errorMessage } from '../errors/errors.js';
import type { TraceInfo, TraceRecord } from '../trace/heap-event.js';
import { EndReason } from './end-reason.js';

export interface LossOptions {
  /** The error that says more of the loss than the link does (the server's end tells why); undefined where there is none. */
  readonly cause?: (error: unknown) => unknown;
  /** What the engine says of its work up to here. */
  readonly report?: () => TraceInfo['engineReport'];
}

/**
 * Passes the records of a capture on. When the link breaks they end with a gap and the reason, at once: before anything is put in order,
 * which takes its time on a link that is dead. Then the error is thrown.
 */
export async function* endingWithGap(
  records: AsyncIterable<TraceRecord>,
  { cause, report }: LossOptions = {},
): AsyncGenerator<TraceRecord, void> {
  try {
    yield* records;
  } catch (error) {
    if (error instanceof EndReason) throw error;
    const reason = cause?.(error) ?? error;
    const text = `connection lost: ${errorMessage(reason)}`;
    yield { kind: 'gap', reason: text };
    const engineReport = report?.();
    yield { kind: 'info', info: { complete: false, endReason: text, ...(engineReport ? { engineReport } : {}) } };
    throw reason;
  }
}
