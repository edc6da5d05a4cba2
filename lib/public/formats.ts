/**
 * Readers and writers of heap traces, journals, and what makes a trace of records; names for the addresses in it.
 *
 * @module heap-harvest/formats
 */

export type { Microseconds } from '../base/units.js';
export { loadFirmware } from '../firmware/load-firmware.js';
export { type Resymbolized, resymbolize } from '../firmware/resymbolize.js';
export { splitFilesOf, splitPackageOf } from '../firmware/split-files.js';
export { symbolized, symbolizedTrace } from '../firmware/symbolize-records.js';
export {
  allocationHistory,
  allocationHistoryBytes,
  type HistoryFrame,
  type HistoryRecord,
} from '../formats/allocation-history.js';
export type { TraceWriter } from '../formats/export/trace-writer.js';
export { TRACE_WRITERS, writerById } from '../formats/export/trace-writers.js';
export { decodeAll, type ImportOptions, type TraceDecoder, type TraceFormat } from '../formats/format.js';
export type { HistoryDoubts } from '../formats/history-doubts.js';
export {
  decodeStream,
  type LoadedTrace,
  type LoadOptions,
  loadTrace,
  loadTraces,
  type StreamOptions,
} from '../formats/load-trace.js';
export type { NearMiss } from '../formats/near-miss.js';
export { detectFormat, FORMATS, formatById } from '../formats/registry.js';
export { type AlloctraceWriteOptions, writeAlloctraceJson } from '../formats/write-alloctrace-json.js';
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
export {
  type GcGeometries,
  gcGeometriesFromRam,
  gcGeometriesOf,
  type MemoryImage,
  type StructFields,
} from '../interpreters/micropython/gc-geometries-from-ram.js';
export type {
  MpyCode,
  MpyCodeKind,
  MpyFile,
  MpyObject,
  MpyObjectKind,
  MpyQstr,
} from '../interpreters/micropython/mpy/mpy-file.js';
export {
  type MpyCostOptions,
  type MpyFunctionCost,
  type MpyHeapCost,
  mpyHeapCost,
} from '../interpreters/micropython/mpy/mpy-heap-cost.js';
export { readMpy } from '../interpreters/micropython/mpy/read-mpy.js';
export { type GcFrame, type GcFrames, gcFrames } from '../report/gc-layout-frames.js';
export { gcLayoutSvg } from '../report/gc-layout-svg.js';
export { gcLayoutText, gcMapCharacters } from '../report/gc-layout-text.js';
export { mpyText } from '../report/mpy-text.js';
export type { ByteReader } from '../symbols/byte-reader.js';
export { callerFrames, symbolNames } from '../symbols/caller-frames.js';
export type { ElfFile } from '../symbols/elf-file.js';
export type { CodeKind, ElfSymbol } from '../symbols/elf-symbols.js';
export type { ElfSection, ElfSegment } from '../symbols/elf-tables.js';
export type { InlinedInstance } from '../symbols/inlined-instances.js';
export type { LineMatch } from '../symbols/line-search.js';
export type { Overlay } from '../symbols/overlays.js';
export type { SourceFrame } from '../symbols/source-lookup.js';
export type { SplitFiles, SplitPackageFile } from '../symbols/split-units.js';
export type { FieldPlace } from '../symbols/struct-fields.js';
export {
  createSymbolizer,
  type FunctionInfo,
  type LocateOptions,
  Symbolizer,
  type SymbolizerOptions,
} from '../symbols/symbolizer.js';
export type { RawFrame, ReadMemory, StackEnd, UnwindOptions, UnwoundStack } from '../symbols/unwound-stack.js';
export { collectTrace, traceOf } from '../trace/collect-trace.js';
export type { FrameTable } from '../trace/frame-rows.js';
export * from '../trace/heap-event.js';
export { journalBytes } from '../trace/journal-bytes.js';
export { JournalFile } from '../trace/journal-file.js';
export { isJournal } from '../trace/journal-format.js';
export { JournalReader, type JournalReaderOptions, readJournal } from '../trace/journal-reader.js';
export { JournalWriter } from '../trace/journal-writer.js';
export { recordsOf } from '../trace/records-of.js';
export type { StackTable } from '../trace/stack-trie.js';
export { FrameFlag } from '../trace/tables.js';
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
export { type OptionalName, TraceBuilder } from '../trace/trace-builder.js';
