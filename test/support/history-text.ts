import { allocationHistoryBytes } from '../../lib/formats/allocation-history.js';
import type { Trace } from '../../lib/trace/trace.js';

/** allocation_history.json of a trace as one text. */
export function historyText(trace: Trace): string {
  return Buffer.concat([...allocationHistoryBytes(trace)]).toString();
}
