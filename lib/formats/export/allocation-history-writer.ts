import { allocationHistoryBytes } from '../allocation-history.js';
import type { TraceWriter } from './trace-writer.js';

/** What a capture writes by itself as long as it is not too large. */
export const allocationHistoryWriter: TraceWriter = {
  id: 'allocation-history',
  title: "allocation_history.json: CircuitPython's viewer",
  extension: '.json',
  isCopy: true,
  write: allocationHistoryBytes,
};
