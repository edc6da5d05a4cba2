/** The public API of heap-harvest. cli/, examples/ and viewer/ use nothing else. */

export { type AllocatorMatch, detectAllocators } from '../allocators/detect-allocator.js';
export {
  type AllocatorProfile,
  allAllocators,
  allocatorNames,
  loadAllocator,
  parseAllocator,
} from '../allocators/load-allocator.js';
export { AlloctraceClient, type AlloctraceClientOptions, type DownloadOptions } from '../alloctrace/client.js';
export type { AlloctraceStatus, RingContents, ServedRing } from '../alloctrace/protocol.js';
export { captureTracerRing, type TracerRingOptions } from '../alloctrace/ring-capture.js';
export {
  configureRing,
  type RingDrainPlan,
  type RingPort,
  readRingSettings,
  ringViaDebugPort,
} from '../alloctrace/ring-via-debug-port.js';
export { FinishedServedRing, LiveServedRing, type ServedTarget } from '../alloctrace/served-rings.js';
export { type AlloctraceServer, type AlloctraceServerOptions, serveAlloctrace } from '../alloctrace/server.js';
export { type CaptureSummary, captureSummary } from '../analysis/capture-summary.js';
export * from '../analysis/exports.js';
export { type Defined, defined } from '../base/defined.js';
export { didYouMean } from '../base/did-you-mean.js';
export { installHint, serialPermissionHint } from '../base/install-hint.js';
export { packageRoot } from '../base/package-root.js';
export { MAX_FILE_BYTES, readWhole } from '../base/read-file.js';
export { outputOf, runTool, type ToolResult } from '../base/run-tool.js';
export { type Traffic, watchTraffic } from '../base/traffic.js';
export * from '../base/units.js';
export { version } from '../base/version.js';
export type { Board, MemoryArea } from '../boards/board.js';
export { boardFileOf, chipNamed, chipsIn } from '../boards/import-board.js';
export { allBoards, boardNames, loadBoard, parseBoard, USER_BOARD_FOLDERS } from '../boards/load-board.js';
export { type UsbDevice, usbDevices } from '../boards/usb-devices.js';
export { type PluggedProbe, probesAmong, udevRuleFor } from '../boards/usb-probes.js';
export { type ConsoleWait, TargetConsole } from '../capture/console/target-console.js';
export { DirectEngine, type DirectEngineOptions } from '../capture/direct/direct-engine.js';
export { firmwareOnBoard } from '../capture/firmware-on-board.js';
export { type HarvestOptions, harvestEvents } from '../capture/harvest-events.js';
export { stopPoints } from '../capture/plan/make-plan.js';
export { type RamDump, type RamDumpPlan, ramDumps, writableRegion } from '../capture/ram-dumps.js';
export { ENGINE_NAMES, type EngineName } from '../capture/select-engine.js';
export { ERROR_CATALOGUE, type ErrorExplanation } from '../errors/catalogue.js';
export * from '../errors/errors.js';
export { firmwareNotes } from '../firmware/firmware-notes.js';
export { loadFirmware } from '../firmware/load-firmware.js';
export { type Resymbolized, resymbolize } from '../firmware/resymbolize.js';
export { splitFilesOf, splitPackageOf } from '../firmware/split-files.js';
export { symbolized, symbolizedTrace } from '../firmware/symbolize-records.js';
export { allocationHistory, allocationHistoryBytes, type HistoryRecord } from '../formats/allocation-history.js';
export type { TraceWriter } from '../formats/export/trace-writer.js';
export { TRACE_WRITERS, writerById } from '../formats/export/trace-writers.js';
export { decodeAll, type ImportOptions, type TraceDecoder, type TraceFormat } from '../formats/format.js';
export { ItmDecoder, type ItmHandler } from '../formats/itm/itm-decoder.js';
export {
  SWO_FRAMINGS,
  SwoDecoder,
  type SwoFraming,
  type SwoHandler,
  type SwoOptions,
} from '../formats/itm/swo-decoder.js';
export { TpiuDeformatter, type TpiuHandler } from '../formats/itm/tpiu-deformatter.js';
export { decodeStream, type LoadedTrace, type LoadOptions, loadTrace, loadTraces } from '../formats/load-trace.js';
export { isText, readGcText } from '../formats/micropython/mem-info.js';
export { type LinePattern, parsePattern, parsePatternFile } from '../formats/pattern/parse-pattern.js';
export { detectFormat, FORMATS, formatById } from '../formats/registry.js';
export { writeAlloctraceJson } from '../formats/write-alloctrace-json.js';
export {
  BlockKind,
  type GcDumpInput,
  type GcGeometry,
  type GcGeometryOptions,
  type GcHeapLayout,
  type GcObject,
  gcGeometry,
  readGcDump,
} from '../interpreters/micropython/gc-dump.js';
export { gcGeometryFromRam, gcGeometryOf, type MemoryImage } from '../interpreters/micropython/gc-geometry-from-ram.js';
export type { GcTextDump, GcTotals } from '../interpreters/micropython/gc-text.js';
export type { MpyCode, MpyFile, MpyObject, MpyQstr } from '../interpreters/micropython/mpy/mpy-file.js';
export { type MpyCostOptions, type MpyHeapCost, mpyHeapCost } from '../interpreters/micropython/mpy/mpy-heap-cost.js';
export { readMpy } from '../interpreters/micropython/mpy/read-mpy.js';
export { findGdb, type GdbProgram } from '../link/mi/find-gdb.js';
export { checkTarget, type TargetCheck } from '../link/server/check-target.js';
export { type ConnectOptions, connect } from '../link/server/connect.js';
export { AFTER_MODES, type AfterMode, SERVER_KINDS, SERVER_NAMES, type ServerKind } from '../link/server/target.js';
export { boardOf, RESET_MODES, type ResetMode, type TargetOptions } from '../link/server/target-options.js';
export { loadViewerPage, traceReport } from '../output/viewer-page.js';
export {
  makeOutputFolder,
  OUTPUT_FILES,
  removeUnusedFolder,
  type WrittenOutputs,
  writeOutputs,
} from '../output/write-outputs.js';
export { writeWhole } from '../output/write-whole.js';
export { captureSummaryText, oracleText } from '../report/capture-summary-text.js';
export * from '../report/exports.js';
export { type GcFrame, type GcFrames, gcFrames } from '../report/gc-layout-frames.js';
export { gcLayoutSvg } from '../report/gc-layout-svg.js';
export { type GcMoment, gcLayoutText, gcMapCharacters, gcSequenceText } from '../report/gc-layout-text.js';
export { type HtmlReport, htmlReport } from '../report/html-report.js';
export { mpyText } from '../report/mpy-text.js';
export { HeapRing, type RingCounters, type RingState } from '../ring/heap-ring.js';
export { keepInRing } from '../ring/keep-in-ring.js';
export { MAX_RING_RECORDS, type RingOptions } from '../ring/ring-options.js';
export { DEFAULT_RING_SETTINGS, type RingSettings, type RingSettingsChange } from '../ring/ring-settings.js';
export {
  LiveHeapSession,
  type LiveSessionOptions,
  type TargetSessionOptions,
} from '../session/live-heap-session.js';
export { type NodeMcuOptions, NodeMcuSession } from '../session/nodemcu-session.js';
export type { HeapTraceSession, SessionMode, SessionState } from '../session/session.js';
export { type ByteLink, linkChunks } from '../stream/byte-link.js';
export { type ByteStream, parseByteStream, streamItems } from '../stream/byte-stream.js';
export { type LiveItem, liveDecode } from '../stream/live-decode.js';
export {
  durableSelector,
  findSerialPort,
  listSerialPorts,
  type PortSelector,
  type ReopenOptions,
  reopenSerialPort,
  type SerialItem,
  type SerialPortInfo,
  serialItems,
} from '../stream/serial-finder.js';
export { openSerialPort, type SerialOptions, SerialPort } from '../stream/serial-port.js';
export { captureSwo, liveSwoFormat, type SwoCaptureOptions } from '../stream/swo-capture.js';
export { callerFrames, symbolNames } from '../symbols/caller-frames.js';
export type { SourceFrame } from '../symbols/source-lookup.js';
export { createSymbolizer, Symbolizer } from '../symbols/symbolizer.js';
export { collectTrace, traceOf } from '../trace/collect-trace.js';
export * from '../trace/heap-event.js';
export { journalBytes } from '../trace/journal-bytes.js';
export { JournalFile } from '../trace/journal-file.js';
export { isJournal } from '../trace/journal-format.js';
export { JournalReader, readJournal } from '../trace/journal-reader.js';
export { JournalWriter } from '../trace/journal-writer.js';
export { END_CAUSES, EndCause, type Finding, type Lifespans, lifespans } from '../trace/lifespans.js';
export { LiveHeap } from '../trace/live-heap.js';
export { recordsOf } from '../trace/records-of.js';
export { FrameFlag, type FrameTable, type StackTable } from '../trace/tables.js';
export {
  backtraceOf,
  EVENT_KINDS,
  type EventColumns,
  EventKind,
  eventAt,
  frameAt,
  stackFrameIds,
  type Trace,
} from '../trace/trace.js';
export { TraceBuilder } from '../trace/trace-builder.js';
export { HeapCapture, harvest, openCapture } from './heap-capture.js';
