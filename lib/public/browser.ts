/**
 * What runs in a browser too: readers, analyses and names, nothing of Node. The viewer is made of it.
 *
 * @module heap-harvest/browser
 */
export { type AlloctraceStatus, DEFAULT_BASE_PATH, parseStatus } from '../alloctrace/protocol.js';
export {
  CALL_FIGURES,
  type CallFigure,
  type CallNode,
  type CallTree,
  callTree,
  isTemporary,
} from '../analysis/call-tree.js';
export { type DiffRow, type HeapDiff, heapDiff } from '../analysis/diff.js';
export { type EventRange, inRange } from '../analysis/event-range.js';
export { type GapTimeline, gapTimeline } from '../analysis/gap-timeline.js';
export { fragmentationOf, type HeapMap, heapMap } from '../analysis/heap-map.js';
export { type HeapRegions, heapRegions } from '../analysis/heap-regions.js';
export { type HeapStats, heapStats } from '../analysis/heap-stats.js';
export { heapPeak, type UsageCurve, usageCurve } from '../analysis/heap-usage.js';
export { hiddenFrames, sourceFrames } from '../analysis/hidden-frames.js';
export { type Holder, holdersOf } from '../analysis/holders.js';
export { regionVerdicts, verdictsBy } from '../analysis/in-the-way.js';
export { heapLeaks, type Leaks, type LeakVerdict } from '../analysis/leaks.js';
export { ObjectMap, type TypeRow, type WhyAlive } from '../analysis/objects/object-map.js';
export { typeOf } from '../analysis/objects/path-text.js';
export { compareText, NO_PLACE, type Place, placeOf } from '../analysis/places.js';
export { type PoolPlan, poolPlan } from '../analysis/pools/pool-plan.js';
export { type RegionLevel, type RegionTimeline, regionLevelAt } from '../analysis/region-timeline.js';
export { type Room, roomFor } from '../analysis/room.js';
export { shownTrace } from '../analysis/shown-trace.js';
export { type SpanSources, type StackSources, spanSources, stackSources } from '../analysis/source-table.js';
export { traceWindow } from '../analysis/trace-window.js';
export { partingWalls, type Wall } from '../analysis/walls.js';
export { firstAtOrAfter, lastAtOrBefore, type Sorted } from '../base/sorted.js';
export type { PackZlib } from '../base/stored-zlib.js';
export { formatAddress, formatBytes, formatCount, parseAddress, parseSize } from '../base/units.js';
export {
  DeviceLostError,
  ExitCode,
  errorMessage,
  HarvestError,
  TargetError,
  TraceFormatError,
  UsageError,
} from '../errors/errors.js';
export type { AlloctraceHeader, AlloctraceRegion } from '../formats/alloctrace-document.js';
export { AlloctraceDecoder } from '../formats/alloctrace-json.js';
export { perfettoWriter } from '../formats/export/perfetto.js';
export { speedscopeWriter } from '../formats/export/speedscope.js';
export type { TraceWriter } from '../formats/export/trace-writer.js';
export { detectPageFormat as detectFormat, PAGE_FORMATS as FORMATS } from '../formats/page-formats.js';
export { htmlReport } from '../report/html-report.js';
export { poolsCHeader, poolsDroneToml, poolsZephyr } from '../report/pools-output.js';
export { type VerdictAbout, type VerdictPart, verdictParts } from '../report/room-text.js';
export { sanitize } from '../report/sanitize.js';
export { frameName } from '../report/stack-text.js';
export { type Trust, trustLines } from '../report/trust-text.js';
export type { RingSettingsChange } from '../ring/ring-settings.js';
export { callerFrames } from '../symbols/caller-frames.js';
export { createSymbolizer, type Symbolizer } from '../symbols/symbolizer.js';
export type { Column, NumberColumn, Numbers } from '../trace/column.js';
export type { FrameRow } from '../trace/frame-rows.js';
export type { Epoch, Frame, Gap, HeapRegion, Mark, TraceInfo } from '../trace/heap-event.js';
export { isJournal } from '../trace/journal-format.js';
export { journalPieces } from '../trace/journal-pieces.js';
export { JournalReader } from '../trace/journal-reader.js';
export {
  END_CAUSES,
  EndCause,
  type LifespanParts,
  type Lifespans,
  lifespanParts,
  lifespans,
  lifespansFromParts,
  rememberLifespans,
} from '../trace/lifespans.js';
export type { StackTrie } from '../trace/stack-trie.js';
export { FrameFlag, InternTables } from '../trace/tables.js';
export { EVENT_KINDS, EventKind, frameAt, stackFrameIds, type Trace } from '../trace/trace.js';
export { TraceBuilder } from '../trace/trace-builder.js';
export { type TraceDoubt, traceDoubts } from '../trace/trace-doubts.js';
