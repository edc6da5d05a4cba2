/** The public API of heap-harvest. cli/, examples/ and viewer/ use nothing else. */
export { type CaptureSummary, captureSummary } from './analysis/capture-summary.js';
export * from './analysis/exports.js';
export type { Board, MemoryArea } from './boards/board.js';
export { boardNames, loadBoard, parseBoard } from './boards/load-board.js';
export { type Defined, defined } from './defined.js';
export { didYouMean } from './did-you-mean.js';
export { ERROR_CATALOGUE, type ErrorExplanation } from './error-catalogue.js';
export * from './errors.js';
export { allocationHistory, allocationHistoryBytes, type HistoryRecord } from './formats/allocation-history.js';
export type { TraceWriter } from './formats/export/trace-writer.js';
export { TRACE_WRITERS, writerById } from './formats/export/trace-writers.js';
export { decodeAll, type ImportOptions, type TraceDecoder, type TraceFormat } from './formats/format.js';
export {
  BlockKind,
  type GcDumpInput,
  type GcGeometry,
  type GcGeometryOptions,
  type GcHeapLayout,
  type GcObject,
  gcGeometry,
  readGcDump,
} from './formats/gc-dump.js';
export { gcGeometryFromRam, gcGeometryOf, type MemoryImage } from './formats/gc-geometry-from-ram.js';
export { ItmDecoder, type ItmHandler } from './formats/itm/itm-decoder.js';
export {
  SWO_FRAMINGS,
  SwoDecoder,
  type SwoFraming,
  type SwoHandler,
  type SwoOptions,
} from './formats/itm/swo-decoder.js';
export { TpiuDeformatter, type TpiuHandler } from './formats/itm/tpiu-deformatter.js';
export { decodeStream, type LoadedTrace, type LoadOptions, loadTrace } from './formats/load-trace.js';
export type { MpyCode, MpyFile, MpyObject, MpyQstr } from './formats/mpy/mpy-file.js';
export { type MpyCostOptions, type MpyHeapCost, mpyHeapCost } from './formats/mpy/mpy-heap-cost.js';
export { readMpy } from './formats/mpy/read-mpy.js';
export { detectFormat, FORMATS, formatById } from './formats/registry.js';
export { writeAlloctraceJson } from './formats/write-alloctrace-json.js';
export { findGdb, type GdbProgram } from './gdb/find-gdb.js';
export { type CaptureRing, MAX_RING_RECORDS } from './harvest/capture-ring.js';
export { DirectEngine, type DirectEngineOptions } from './harvest/direct-engine.js';
export { loadFirmware } from './harvest/firmware-image.js';
export { type HarvestOptions, harvestEvents } from './harvest/harvest-events.js';
export { HeapRing, keepInRing, type RingCounters, type RingState } from './harvest/heap-ring.js';
export { stopPoints } from './harvest/make-plan.js';
export { type AllocatorMatch, detectAllocators } from './harvest/profiles/detect-allocator.js';
export {
  type AllocatorProfile,
  allAllocators,
  allocatorNames,
  loadAllocator,
  parseAllocator,
} from './harvest/profiles/load-allocator.js';
export { type RamDump, type RamDumpPlan, ramDumps, writableRegion } from './harvest/ram-dumps.js';
export { type Resymbolized, resymbolize } from './harvest/resymbolize.js';
export { DEFAULT_RING_SETTINGS, type RingSettings, type RingSettingsChange } from './harvest/ring-settings.js';
export { ENGINE_NAMES, type EngineName } from './harvest/select-engine.js';
export { splitFilesOf } from './harvest/split-files.js';
export { type ConsoleWait, TargetConsole } from './harvest/target-console.js';
export { HeapCapture, harvest } from './harvest-api.js';
export { loadViewerPage, traceReport } from './output/viewer-page.js';
export {
  makeOutputFolder,
  OUTPUT_FILES,
  type WrittenOutputs,
  writeOutputs,
} from './output/write-outputs.js';
export { writeWhole } from './output/write-whole.js';
export { packageRoot } from './package-root.js';
export { captureSummaryText, oracleText } from './report/capture-summary-text.js';
export * from './report/exports.js';
export { type GcFrame, type GcFrames, gcFrames } from './report/gc-layout-frames.js';
export { gcLayoutSvg } from './report/gc-layout-svg.js';
export { gcLayoutText, gcMapCharacters } from './report/gc-layout-text.js';
export { type HtmlReport, htmlReport } from './report/html-report.js';
export { mpyText } from './report/mpy-text.js';
export { outputOf, runTool, type ToolResult } from './run-tool.js';
export { AlloctraceClient, type AlloctraceClientOptions, type DownloadOptions } from './sources/alloctrace/client.js';
export type { AlloctraceStatus, RingContents, RingSource } from './sources/alloctrace/protocol.js';
export { FinishedTraceSource, LiveRingSource, type ServedTarget } from './sources/alloctrace/ring-sources.js';
export { type AlloctraceServer, type AlloctraceServerOptions, serveAlloctrace } from './sources/alloctrace/server.js';
export { type ByteLink, linkChunks } from './sources/byte-link.js';
export { type ByteSource, parseByteSource, sourcePieces } from './sources/byte-source.js';
export { type LivePiece, liveDecode } from './sources/live-decode.js';
export {
  LiveHeapSession,
  type LiveSessionOptions,
  type TargetSessionOptions,
} from './sources/live-heap-session.js';
export { type NodeMcuOptions, NodeMcuSession } from './sources/nodemcu-session.js';
export { captureRing, type RingCaptureOptions } from './sources/ring-capture.js';
export {
  configureRing,
  type RingDrainPlan,
  type RingPort,
  readRingSettings,
  ringViaDebugPort,
} from './sources/ring-via-debug-port.js';
export {
  durableSelector,
  findSerialPort,
  listSerialPorts,
  type PortSelector,
  type ReopenOptions,
  reopenSerialPort,
  type SerialPiece,
  type SerialPortInfo,
  serialPieces,
} from './sources/serial-finder.js';
export { openSerialPort, type SerialOptions, SerialPort } from './sources/serial-port.js';
export type { HeapTraceSession, SessionMode, SessionState } from './sources/session.js';
export { captureSwo, liveSwoFormat, type SwoCaptureOptions } from './sources/swo-capture.js';
export { symbolized } from './sources/symbolize-records.js';
export { callerFrames, symbolNames } from './symbols/caller-frames.js';
export type { SourceFrame } from './symbols/source-lookup.js';
export { createSymbolizer, Symbolizer } from './symbols/symbolizer.js';
export { type ConnectOptions, connect } from './targets/connect.js';
export { SERVER_KINDS, type ServerKind } from './targets/target.js';
export { collectTrace, traceOf } from './trace/collect-trace.js';
export * from './trace/heap-event.js';
export { JournalFile } from './trace/journal-file.js';
export { isJournal } from './trace/journal-format.js';
export { JournalReader, readJournal } from './trace/journal-reader.js';
export { JournalWriter, journalBytes } from './trace/journal-writer.js';
export { END_CAUSES, EndCause, type Finding, type Lifespans, lifespans } from './trace/lifespans.js';
export { LiveHeap } from './trace/live-heap.js';
export { recordsOf } from './trace/records-of.js';
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
export { type Traffic, watchTraffic } from './traffic.js';
export * from './units.js';
export { version } from './version.js';
