export * from './errors.js';
export { collectTrace, traceOf } from './trace/collect-trace.js';
export type {
  Backtrace,
  Epoch,
  Frame,
  Gap,
  HeapEvent,
  HeapRegion,
  Mark,
  Note,
  OracleResult,
  RawSample,
  TraceInfo,
  TraceRecord,
} from './trace/heap-event.js';
export { END_CAUSES, EndCause, type Finding, type Lifespans, lifespans } from './trace/lifespans.js';
export { LiveHeap } from './trace/live-heap.js';
export { FrameFlag, type FrameTable, type StackTable } from './trace/tables.js';
export {
  backtraceOf,
  EVENT_KINDS,
  type EventColumns,
  EventKind,
  eventAt,
  frameAt,
  stackFrameIds,
  type Trace,
} from './trace/trace.js';
export { TraceBuilder } from './trace/trace-builder.js';
export * from './units.js';
