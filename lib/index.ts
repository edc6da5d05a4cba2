/** The public API of heap-harvest. cli/, examples/ and viewer/ use nothing else. */
export {
  CALL_FIGURES,
  type CallFigure,
  type CallNode,
  type CallTree,
  type CallTreeOptions,
  callTree,
} from './analysis/call-tree.js';
export { type CaptureSummary, captureSummary } from './analysis/capture-summary.js';
export { type HeapStats, type HeapStatsOptions, heapStats } from './analysis/heap-stats.js';
export { type CallTreeNode, callTreeNodes } from './analysis/tree-nodes.js';
export type { Board, MemoryArea } from './boards/board.js';
export { boardNames, loadBoard, parseBoard } from './boards/load-board.js';
export { ERROR_CATALOGUE, type ErrorExplanation } from './error-catalogue.js';
export * from './errors.js';
export { allocationHistory, allocationHistoryText, type HistoryRecord } from './formats/allocation-history.js';
export { decodeAll, type ImportOptions, type TraceDecoder, type TraceFormat } from './formats/format.js';
export { decodeStream, type LoadedTrace, type LoadOptions, loadTrace } from './formats/load-trace.js';
export { detectFormat, FORMATS, formatById } from './formats/registry.js';
export { findGdb, type GdbProgram } from './gdb/find-gdb.js';
export { loadFirmware } from './harvest/firmware-image.js';
export { type HarvestOptions, harvestEvents } from './harvest/harvest-events.js';
export { type AllocatorMatch, detectAllocators } from './harvest/profiles/detect-allocator.js';
export {
  type AllocatorProfile,
  allAllocators,
  allocatorNames,
  loadAllocator,
  parseAllocator,
} from './harvest/profiles/load-allocator.js';
export { ENGINE_NAMES, type EngineName } from './harvest/select-engine.js';
export { HeapCapture, harvest } from './harvest-api.js';
export { makeOutputFolder, OUTPUT_FILES, writeOutputs, writeWhole } from './output/write-outputs.js';
export { packageRoot } from './package-root.js';
export { type CallTreeTextOptions, callTreeText } from './report/call-tree-text.js';
export { captureSummaryText, oracleText } from './report/capture-summary-text.js';
export { heapStatsText } from './report/heap-stats-text.js';
export { sanitize } from './report/sanitize.js';
export { outputOf, runTool, type ToolResult } from './run-tool.js';
export { createSymbolizer, Symbolizer } from './symbols/symbolizer.js';
export { collectTrace, traceOf } from './trace/collect-trace.js';
export * from './trace/heap-event.js';
export { JournalFile } from './trace/journal-file.js';
export { isJournal, JournalReader, readJournal } from './trace/journal-reader.js';
export { JournalWriter, journalBytes } from './trace/journal-writer.js';
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
export { version } from './version.js';
